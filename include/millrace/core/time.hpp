#pragma once
// Time as a parameter. Two notions that are never mixed: Instant, a steady reading that only moves forward and
// drives timers, sessions and back-off; and Timestamp, milliseconds since the Unix epoch as Kafka writes them,
// which may jump and is only ever data. Nobody below the engine asks for the time: it is handed down as `Now`.

#include <chrono>
#include <cstdint>

namespace millrace::inline core {

using Milliseconds = std::chrono::milliseconds;

/// The epoch of Instant is arbitrary; only differences mean something.
struct SteadyTime {
  using duration = Milliseconds;
  using rep = duration::rep;
  using period = duration::period;
  using time_point = std::chrono::time_point<SteadyTime>;
  static constexpr bool is_steady = true;
};
using Instant = SteadyTime::time_point;

/// Milliseconds since 1970-01-01T00:00:00Z; -1 where Kafka means "none".
using Timestamp = std::int64_t;
inline constexpr Timestamp no_timestamp = -1;

struct Now {
  Instant steady{};
  Timestamp wall = 0;
};

/// Shared: any thread may ask. The real one is app's; tests push a ManualClock by hand.
class Clock {
 public:
  Clock() = default;
  Clock(const Clock&) = delete;
  Clock& operator=(const Clock&) = delete;
  virtual ~Clock() = default;
  [[nodiscard]] virtual Now now() const = 0;
};

}  // namespace millrace::inline core
