#include "durations.hpp"

#include <array>
#include <charconv>
#include <utility>

namespace millrace::cli {

namespace {

constexpr std::int64_t milliseconds_max = std::int64_t{1} << 53;
constexpr std::array<std::pair<std::string_view, std::int64_t>, 5> units{
    {{"ms", 1}, {"s", 1'000}, {"m", 60'000}, {"h", 3'600'000}, {"d", 86'400'000}}};

}  // namespace

std::optional<std::int64_t> milliseconds_of(std::string_view text) {
  std::int64_t count = 0;
  const auto* last = text.data() + text.size();
  const auto [end, error] = std::from_chars(text.data(), last, count);
  if (error != std::errc{} || count < 0) return std::nullopt;
  const std::string_view unit(end, static_cast<std::size_t>(last - end));
  for (const auto& [name, milliseconds] : units) {
    if (unit != name) continue;
    if (count > milliseconds_max / milliseconds) return std::nullopt;
    return count * milliseconds;
  }
  return std::nullopt;
}

std::string is_duration(const std::string& text) {
  return milliseconds_of(text) ? "" : "\"" + text + "\" is not a number with ms, s, m, h or d behind it, as 30s";
}

}  // namespace millrace::cli
