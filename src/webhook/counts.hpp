#pragma once
// What is counted of all web hooks together; no series names a subscription. Any thread.

#include <array>
#include <atomic>
#include <cstdint>
#include <string_view>

#include "millrace/push/sink_state.hpp"
#include "millrace/sender/sender.hpp"

namespace millrace::webhook {

/// How a request has ended: by the class of its status, or why there was none.
inline constexpr std::array<std::string_view, 8> request_ends{"2xx",   "3xx",     "4xx",           "5xx",
                                                              "other", "timeout", "connect_error", "tls_error"};
[[nodiscard]] std::size_t end_of(const sender::Outcome& outcome);

/// What became of an event that was in hand.
enum class EventEnd : std::uint8_t { delivered, released, failed, rejected, expired, gone };
inline constexpr std::array<std::string_view, 6> event_ends{"delivered", "released", "failed",
                                                            "rejected",  "expired",  "gone"};

/// Where a subscription is. The last three are its breaker.
enum class SinkPhase : std::uint8_t { pending, closed, open, half_open };
inline constexpr std::array<std::string_view, 4> sink_phases{"pending", "closed", "open", "half-open"};
[[nodiscard]] SinkPhase phase_of(push::Breaker breaker);

struct Counts {
  std::array<std::atomic<std::uint64_t>, request_ends.size()> requests{};
  std::array<std::atomic<std::uint64_t>, event_ends.size()> events{};
  std::array<std::atomic<std::int64_t>, sink_phases.size()> sinks{};
  std::atomic<std::int64_t> in_flight = 0;

  void ended(EventEnd how, std::size_t count) { events[static_cast<std::size_t>(how)] += count; }
};

}  // namespace millrace::webhook
