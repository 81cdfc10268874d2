#pragma once
// Characters of ASCII and of names, as URLs, header fields and topics have them.

#include <algorithm>
#include <string>
#include <string_view>

#include "millrace/subscriptions/limits.hpp"

namespace millrace::subscriptions {

[[nodiscard]] constexpr bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }
[[nodiscard]] constexpr char lower(char c) noexcept {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}
[[nodiscard]] constexpr bool is_alpha(char c) noexcept { return lower(c) >= 'a' && lower(c) <= 'z'; }
[[nodiscard]] constexpr int hex_of(char c) noexcept {
  if (is_digit(c)) return c - '0';
  return lower(c) >= 'a' && lower(c) <= 'f' ? lower(c) - 'a' + 10 : -1;
}

[[nodiscard]] inline std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = lower(c);
  return out;
}

/// What Kafka lets a topic be called.
[[nodiscard]] inline bool is_topic_name(std::string_view name) noexcept {
  return !name.empty() && name.size() <= limits::topic_name_max && name != "." && name != ".." &&
         std::ranges::all_of(name,
                             [](char c) { return is_alpha(c) || is_digit(c) || c == '.' || c == '_' || c == '-'; });
}

}  // namespace millrace::subscriptions
