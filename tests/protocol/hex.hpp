#pragma once
// Bytes written as hexadecimal digits; blanks and line ends between them mean nothing.

#include <cctype>
#include <charconv>
#include <string>
#include <string_view>

#include "millrace/core/bytes.hpp"
#include "millrace/core/check.hpp"

namespace millrace::protocol::testing {

[[nodiscard]] inline Bytes from_hex(std::string_view text) {
  std::string digits;
  for (const char character : text) {
    if (std::isspace(static_cast<unsigned char>(character)) == 0) digits.push_back(character);
  }
  CHECK(digits.size() % 2 == 0, "a byte has two digits");
  Bytes bytes;
  for (std::size_t at = 0; at < digits.size(); at += 2) {
    unsigned value = 0;
    const auto [end, fault] = std::from_chars(&digits[at], &digits[at] + 2, value, 16);
    CHECK(fault == std::errc() && end == &digits[at] + 2, "hexadecimal digits only");
    bytes.push_back(static_cast<std::byte>(value));
  }
  return bytes;
}

[[nodiscard]] inline std::string to_hex(ByteView bytes) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string text;
  for (const auto byte : bytes) {
    text.push_back(digits[std::to_integer<std::size_t>(byte) >> 4U]);
    text.push_back(digits[std::to_integer<std::size_t>(byte) & 0x0fU]);
  }
  return text;
}

}  // namespace millrace::protocol::testing
