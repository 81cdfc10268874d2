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
// The breaker is delivery/breaker.hpp's, and docs/push.md is the prose. A request that began before the breaker changed
// its state gives back its place when it ends, and counts no more.

#include <cstddef>
#include <cstdint>
#include <optional>

#include "millrace/core/result.hpp"
#include "millrace/core/time.hpp"
#include "millrace/delivery/breaker.hpp"
#include "millrace/push/handshake.hpp"
#include "millrace/push/verdict.hpp"

namespace millrace::push {

using BreakerPolicy = delivery::BreakerPolicy;
using Breaker = delivery::BreakerState;

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

class SinkState {
 public:
  /// For one request that is under way.
  using Ticket = delivery::Breaker::Ticket;
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
  [[nodiscard]] std::int64_t lived_ns(Instant now) const;

  SinkPolicy policy_;
  std::size_t in_flight_ = 0;
  Instant start_;
  std::int64_t full_at_ns_ = 0;  ///< when the bucket of the rate is full again, since the start
  std::optional<Instant> paused_until_;
  delivery::Breaker breaker_;
};

}  // namespace millrace::push
