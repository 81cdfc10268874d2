#pragma once
// Letters of protocols: ASCII, whatever the locale says.

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace millrace::cloudevents {

[[nodiscard]] constexpr bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }
[[nodiscard]] constexpr char lower(char c) noexcept { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; }
[[nodiscard]] constexpr bool is_alpha(char c) noexcept { return lower(c) >= 'a' && lower(c) <= 'z'; }

/// The value of a hexadecimal digit; -1 for anything else.
[[nodiscard]] constexpr int hex_of(char c) noexcept {
  if (is_digit(c)) return c - '0';
  const char small = lower(c);
  return small >= 'a' && small <= 'f' ? small - 'a' + 10 : -1;
}

/// Requires: `small` is in lower case.
[[nodiscard]] constexpr bool equals_ignoring_case(std::string_view text, std::string_view small) noexcept {
  if (text.size() != small.size()) return false;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (lower(text[at]) != small[at]) return false;
  }
  return true;
}

[[nodiscard]] constexpr bool starts_ignoring_case(std::string_view text, std::string_view small) noexcept {
  return text.size() >= small.size() && equals_ignoring_case(text.substr(0, small.size()), small);
}

/// Without spaces and tabs around.
[[nodiscard]] constexpr std::string_view trimmed(std::string_view text) noexcept {
  const auto first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

// Eight characters at once. A byte of the result has its high bit set where the question is answered with yes, and
// perhaps in bytes behind the first such one.

inline constexpr std::uint64_t ones = 0x0101'0101'0101'0101;
inline constexpr std::uint64_t high_bits = 0x8080'8080'8080'8080;

[[nodiscard]] inline std::uint64_t load_eight(const char* from) noexcept {
  std::uint64_t word = 0;
  std::memcpy(&word, from, sizeof word);
  return word;
}
[[nodiscard]] constexpr std::uint64_t has_less(std::uint64_t word, std::uint8_t than) noexcept {
  return (word - ones * than) & ~word & high_bits;
}
[[nodiscard]] constexpr std::uint64_t has_byte(std::uint64_t word, char wanted) noexcept {
  return has_less(word ^ (ones * static_cast<std::uint8_t>(wanted)), 1);
}

}  // namespace millrace::cloudevents
