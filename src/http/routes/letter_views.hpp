#pragma once
// Dead letters and what their topics hold, as JSON. Pure.

#include <string>

#include "json.hpp"
#include "millrace/redrive/letters.hpp"

namespace millrace::http::routes {

[[nodiscard]] Json json_of(const redrive::Summary& summary);
/// As it stands in a list. What is not known is null.
[[nodiscard]] Json json_of(const redrive::Found& letter);
/// All of it as a JSON text: its history, key and headers, and the event whole, or the value in Base64 where it is
/// none.
[[nodiscard]] std::string whole_text_of(const redrive::Found& letter);

}  // namespace millrace::http::routes
