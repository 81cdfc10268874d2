#pragma once
// SinkState: whether a sink may be sent something now: the rate that it granted, a pause that it asked for, how many
// requests are under way, and a breaker for one that fails. One for each sink, and nothing is shared: a dead sink holds
// its own places and no other's.
//
// Owned: one caller at a time. It never waits or asks for the time: each call takes an instant, which must not go back,
// and the wall clock is nobody's affair here. Chance has no part in it.
//
// Life: begin() before each request; if it gives a ticket, ended() when the request has ended, however it did; else the
// wait says why not, and when to come again. Whatever is refused is put off, never lost.
//
// Of the breaker (docs/push.md is the prose):
//
//   closed      requests flow; of those that ended in the last `window` too many failed → open
//   open        nothing is sent until `open_first` has passed; then → half_open
//   half_open   one request at a time; `probes` good ones in a row → closed, with nothing counted;
//               a bad one → open, for twice as long as before, at most `open_max`
//
// A request that began before the breaker changed its state gives back its place when it ends, and counts no more.

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "millrace/core/result.hpp"
#include "millrace/core/time.hpp"
#include "millrace/push/handshake.hpp"
#include "millrace/push/verdict.hpp"

namespace millrace::push {

struct BreakerPolicy {
  std::uint32_t failed_percent = 50;  ///< of all that ended in the window; from there on it opens
  std::uint32_t ended_min = 100;      ///< fewer say nothing
  Milliseconds window{60'000};
  Milliseconds open_first{30'000};
  Milliseconds open_max{5 * 60'000};
  std::uint32_t probes = 3;
  bool operator==(const BreakerPolicy&) const = default;
};

struct SinkPolicy {
  Rate rate{};  ///< that the sink has granted (WH-13)
  std::size_t in_flight_max = 10;
  BreakerPolicy breaker{};
  bool operator==(const SinkPolicy&) const = default;
};
/// Errc::invalid names the field, its value and the rule.
[[nodiscard]] Result<void> check(const SinkPolicy& policy);

/// Why nothing may be sent.
enum class Wait : std::uint8_t { none, paused, breaker, in_flight, rate };
[[nodiscard]] std::string_view name_of(Wait wait) noexcept;

enum class Breaker : std::uint8_t { closed, open, half_open };
[[nodiscard]] std::string_view name_of(Breaker breaker) noexcept;

class SinkState {
 public:
  /// For one request that is under way.
  struct Ticket {
    std::uint64_t era = 0;  ///< opaque
  };
  struct Answer {
    std::optional<Ticket> ticket{};  ///< send
    Wait wait = Wait::none;          ///< or not
    std::optional<Instant> wake{};   ///< until then; nothing: until ended()
  };

  /// Requires: check(policy) passed.
  SinkState(const SinkPolicy& policy, Instant now);

  [[nodiscard]] Answer begin(Instant now);
  /// How many of begin() in a row would give tickets now, at most in_flight_max; none: why not, and until when.
  struct Room {
    std::size_t requests = 0;
    Wait wait = Wait::none;
    std::optional<Instant> wake{};
  };
  [[nodiscard]] Room room(Instant now) const;
  void ended(Ticket ticket, Health health, Instant now);
  /// Nothing is sent for so long, at most a day; the longest of several pauses holds.
  void pause(Milliseconds length, Instant now);
  /// Other rules from now on; a pause and an open breaker stay what they are. Requires: check(policy) passed.
  void set_policy(const SinkPolicy& policy, Instant now);

  struct Facts {
    Breaker breaker = Breaker::closed;
    std::size_t in_flight = 0;
    std::optional<Instant> paused_until{};  ///< it may have passed
    std::optional<Instant> open_until{};    ///< of an open breaker
    std::uint32_t ended = 0;                ///< that the breaker counts
    std::uint32_t failed = 0;               ///< of them
    bool operator==(const Facts&) const = default;
  };
  [[nodiscard]] Facts facts(Instant now) const;

 private:
  /// Of the window: what ended in one twelfth of it.
  struct Slot {
    std::int64_t number = -1;
    std::uint32_t ended = 0;
    std::uint32_t failed = 0;
  };
  static constexpr std::int64_t slots = 12;

  [[nodiscard]] std::int64_t lived_ns(Instant now) const;
  [[nodiscard]] std::int64_t slot_at(Instant now) const;
  [[nodiscard]] Slot counted(Instant now) const;
  void count(Health health, Instant now);
  void become(Breaker breaker);
  void open(Instant now);
  void close();
  [[nodiscard]] bool is_probing() const { return breaker_ == Breaker::half_open; }

  SinkPolicy policy_;
  std::size_t in_flight_ = 0;
  Instant start_;
  std::int64_t full_at_ns_ = 0;  ///< when the bucket of the rate is full again, since the start
  std::optional<Instant> paused_until_;
  Breaker breaker_ = Breaker::closed;
  std::uint64_t era_ = 0;    ///< of the breaker: another one with each change
  std::size_t probing_ = 0;  ///< under way in this half-open era
  std::uint32_t good_probes_ = 0;
  Instant open_until_{};
  Milliseconds open_for_{0};  ///< how long it was open last; 0: it has closed since
  std::array<Slot, slots> window_{};
};

}  // namespace millrace::push
