#pragma once
// Letters, digits and blanks of header fields. Pure.

#include <algorithm>
#include <string_view>

namespace millrace::push {

[[nodiscard]] constexpr char lower(char c) noexcept {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}
[[nodiscard]] constexpr bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }
[[nodiscard]] constexpr bool is_alphanumeric(char c) noexcept {
  return is_digit(c) || (lower(c) >= 'a' && lower(c) <= 'z');
}
[[nodiscard]] constexpr bool is_visible(char c) noexcept { return c > ' ' && c < '\x7f'; }

[[nodiscard]] inline bool equals_ignoring_case(std::string_view one, std::string_view other) noexcept {
  return std::ranges::equal(one, other, {}, lower, lower);
}

[[nodiscard]] inline std::string_view without_blanks(std::string_view text) noexcept {
  const auto first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

}  // namespace millrace::push
