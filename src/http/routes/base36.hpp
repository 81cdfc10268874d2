#pragma once
// Numbers to the base of 36 in words that readers take as a whole: cursors, ids of acknowledgements. Pure.

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace millrace::http::routes {

inline void append_base36(std::string& out, std::int64_t number) {
  constexpr std::size_t digits_max = 13;  // of 63 bits
  std::array<char, digits_max> digits{};
  const auto [end, error] = std::to_chars(digits.data(), digits.data() + digits.size(), number, 36);
  out.append(digits.data(), end);
}

/// Takes the number up to `mark`, or to the end, and the mark off `text`. Nothing when there is none from 0 on.
[[nodiscard]] inline std::optional<std::int64_t> take_base36(std::string_view& text, char mark) {
  const auto size = std::min(text.find(mark), text.size());
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + size, number, 36);
  if (error != std::errc{} || end != text.data() + size || number < 0) return std::nullopt;
  text.remove_prefix(std::min(size + 1, text.size()));
  return number;
}

}  // namespace millrace::http::routes
