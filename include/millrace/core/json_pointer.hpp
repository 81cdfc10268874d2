#pragma once
// Places in JSON, for people (RFC 6901). Pure.

#include <string>
#include <string_view>

#include "millrace/core/limits.hpp"

namespace millrace::inline core {

/// A name of a stranger as one token of a pointer, without the slash before it: "~" and "/" are "~0" and "~1", and the
/// rest is escaped and cut as by escaped().
[[nodiscard]] std::string pointer_token(std::string_view name, std::size_t bytes_max = limits::client_text_max);

}  // namespace millrace::inline core
