#pragma once
// Texts of dead letters: made fit for an attribute, cut, and read as numbers and times. Pure.

#include <charconv>
#include <concepts>
#include <optional>
#include <string>
#include <string_view>

#include "millrace/core/time.hpp"

namespace millrace::deadletter {

/// A string as CORE-12 has it, at most `bytes_max` long: control characters become spaces, noncharacters and bytes that
/// are not UTF-8 become U+FFFD, and the end is between two characters. What is fit already comes back as it is.
[[nodiscard]] std::string fit(std::string_view text, std::size_t bytes_max);

/// A decimal number of that type, and nothing else.
template <std::integral T>
[[nodiscard]] std::optional<T> number(std::string_view text) noexcept {
  T value = 0;
  const char* const end = text.data() + text.size();
  const auto [at, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc() || at != end) return std::nullopt;
  return value;
}

/// RFC 3339 to the millisecond; empty for no_timestamp and for what RFC 3339 cannot say.
[[nodiscard]] std::string time_text(Timestamp time);
/// no_timestamp for an empty text, and for what is no time.
[[nodiscard]] Timestamp time_of(std::string_view text);

/// What stands before the separator, or all of it; both are taken from `text`.
[[nodiscard]] std::string_view take_until(std::string_view& text, char separator) noexcept;

/// [a-zA-Z0-9._-]
[[nodiscard]] constexpr bool is_topic_character(char c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-';
}
/// 1 to limits::topic_name_max of [a-zA-Z0-9._-], neither "." nor "..": the names that Kafka allows.
[[nodiscard]] bool is_topic_name(std::string_view text) noexcept;

}  // namespace millrace::deadletter
