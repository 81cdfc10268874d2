#include "retry.hpp"

#include <algorithm>
#include <charconv>

namespace millrace::tracing {

Fate fate_of(const ExportAnswer& answer) {
  if (!answer.status) return Fate::again;
  if (*answer.status >= 200 && *answer.status < 300) return Fate::taken;
  switch (*answer.status) {
    case 429:
    case 502:
    case 503:
    case 504: return Fate::again;
    default: return Fate::refused;
  }
}

std::optional<Milliseconds> read_retry_after(std::string_view field) {
  std::uint32_t seconds = 0;
  const auto* const end = field.data() + field.size();
  const auto [at, error] = std::from_chars(field.data(), end, seconds);
  if (field.empty() || error != std::errc{} || at != end) return std::nullopt;
  return Milliseconds(std::int64_t{seconds} * 1'000);
}

std::optional<Milliseconds> Backoff::pause(const ExportAnswer& answer, Milliseconds since) {
  auto longest = first_pause;
  for (unsigned doubled = 0; doubled < failures_ && longest < pause_max; ++doubled) longest *= 2;
  longest = std::min(longest, pause_max);
  ++failures_;
  const auto half = longest.count() / 2;
  auto pause = Milliseconds(half + static_cast<std::int64_t>(random_.next() % static_cast<std::uint64_t>(half + 1)));
  pause = std::max(pause, std::min(answer.retry_after.value_or(Milliseconds(0)), asked_pause_max));
  if (since >= patience) return std::nullopt;
  return pause;
}

}  // namespace millrace::tracing
