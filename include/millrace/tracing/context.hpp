#pragma once
// Which trace a piece of work belongs to, and which span of it: ids, and how they travel in header fields and
// attributes (W3C Trace Context, `traceparent` and `tracestate`). Values; pure.

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace millrace::tracing {

struct TraceId {
  std::array<std::byte, 16> bytes{};
  auto operator<=>(const TraceId&) const = default;
};

/// All zero means "none", as it does in a TraceId.
struct SpanId {
  std::array<std::byte, 8> bytes{};
  auto operator<=>(const SpanId&) const = default;
};

inline constexpr std::uint8_t sampled_flag = 0x01;  ///< somebody keeps this trace
inline constexpr std::uint8_t random_flag = 0x02;   ///< the last 56 bits of the trace id are chance (level 2)

struct SpanContext {
  TraceId trace;
  SpanId span;
  std::uint8_t flags = 0;
  std::string state{};  ///< what the tracing systems before us have to say; passed on as it is

  [[nodiscard]] bool is_sampled() const { return (flags & sampled_flag) != 0; }
  [[nodiscard]] bool is_same_span(const SpanContext& other) const { return trace == other.trace && span == other.span; }
};

/// What is kept of a tracestate: whole members from its front. Each link and each span may carry one.
inline constexpr std::size_t state_bytes_max = 512;  ///< what everybody should pass on (section 3.3.1.5)
inline constexpr std::size_t state_members_max = 32;

/// `traceparent` as it came, without blanks around it. Nothing when it breaks the grammar of version 00, or, of a later
/// version, of the part that all have in common (section 4.1). Flags that have no name here are not kept. A tracestate
/// that is wrong is dropped and spoils nothing.
[[nodiscard]] std::optional<SpanContext> parse_context(std::string_view traceparent, std::string_view tracestate = {});

/// In version 00.
[[nodiscard]] std::string traceparent_of(const SpanContext& context);

}  // namespace millrace::tracing
