#pragma once
// UTF-8, one character at a time and whole, and the characters that CloudEvents forbids in strings (CORE-12).

#include <cstddef>
#include <string>
#include <string_view>

namespace millrace::cloudevents {

struct Character {
  char32_t code = 0;
  std::size_t length = 0;  ///< in bytes; 0 when the bytes are not UTF-8
};

/// The first character of a text that is not empty: shortest form only, no surrogates, at most U+10FFFF.
[[nodiscard]] Character first_of(std::string_view text) noexcept;

void append_utf8(std::string& out, char32_t code);

/// At memory speed.
[[nodiscard]] bool is_valid_utf8(std::string_view text) noexcept;

}  // namespace millrace::cloudevents
