#pragma once
// Which traces are kept. Whoever began a trace has decided, and everybody after it follows, or traces would have holes;
// of those that begin here a share is kept, by the last 56 bits of the trace id, so that two brokers with one share
// keep the same (OpenTelemetry, "consistent probability sampling"). Pure.

#include <cstdint>
#include <optional>

#include "millrace/tracing/context.hpp"

namespace millrace::tracing {

/// Of `trace_ids_kept()` and above are kept.
inline constexpr std::uint64_t trace_ids = std::uint64_t{1} << 56U;

/// The number that 56 bits of a trace id must reach for a share of `ratio`, from 0 to 1, to be kept.
[[nodiscard]] std::uint64_t threshold_of(double ratio);

[[nodiscard]] bool is_kept(const std::optional<SpanContext>& parent, const TraceId& trace, std::uint64_t threshold);

}  // namespace millrace::tracing
