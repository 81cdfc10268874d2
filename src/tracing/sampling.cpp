#include "sampling.hpp"

#include <algorithm>
#include <cmath>

namespace millrace::tracing {

std::uint64_t threshold_of(double ratio) {
  const auto share = std::clamp(ratio, 0.0, 1.0);
  return static_cast<std::uint64_t>(std::llround((1.0 - share) * static_cast<double>(trace_ids)));
}

bool is_kept(const std::optional<SpanContext>& parent, const TraceId& trace, std::uint64_t threshold) {
  if (parent) return parent->is_sampled();
  std::uint64_t chance = 0;
  for (std::size_t at = trace.bytes.size() - 7; at < trace.bytes.size(); ++at) {
    chance = chance << 8U | std::to_integer<std::uint64_t>(trace.bytes[at]);
  }
  return chance >= threshold;
}

}  // namespace millrace::tracing
