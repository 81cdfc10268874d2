#pragma once
// UTF-8, written and checked as a whole, and the characters that CloudEvents forbids in strings (CORE-12).

#include <cstddef>
#include <string>
#include <string_view>

#include "millrace/core/utf8.hpp"

namespace millrace::cloudevents {

void append_utf8(std::string& out, char32_t code);

/// At memory speed.
[[nodiscard]] bool is_valid_utf8(std::string_view text) noexcept;

}  // namespace millrace::cloudevents
