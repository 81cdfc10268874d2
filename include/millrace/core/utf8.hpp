#pragma once
// UTF-8, one character at a time (RFC 3629). Pure, callable from anywhere.

#include <cstddef>
#include <string_view>

namespace millrace::inline core {

struct Character {
  char32_t code = 0;
  std::size_t length = 0;  ///< in bytes; 0 when the bytes are not UTF-8
};

/// The first character of a text that is not empty: shortest form only, no surrogates, at most U+10FFFF.
[[nodiscard]] Character first_of(std::string_view text) noexcept;

}  // namespace millrace::inline core
