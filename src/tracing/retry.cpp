#include "retry.hpp"

#include <algorithm>

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
