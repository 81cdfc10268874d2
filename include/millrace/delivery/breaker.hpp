#pragma once
// Breaker: whether whoever takes events is well enough to be given more: a sink that is pushed to, or the consumers of
// a subscription that is asked for its events.
//
// Owned: one caller at a time. It never waits or asks for the time: each call takes an instant, which must not go back.
// Chance has no part in it.
//
//   closed      all flows; of what ended in the last `window` too much failed → open
//   open        nothing flows until `open_first` has passed; then, with the next begin() → half_open
//   half_open   one probe at a time; `probes` good ones in a row → closed, with nothing counted;
//               a bad one → open, for twice as long as before, at most `open_max`
//
// What began before the breaker changed its state counts no more when it ends.

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "millrace/core/result.hpp"
#include "millrace/core/time.hpp"

namespace millrace::delivery {

struct BreakerPolicy {
  std::uint32_t failed_percent = 50;  ///< of all that ended in the window; from there on it opens
  std::uint32_t ended_min = 100;      ///< fewer say nothing
  Milliseconds window{60'000};
  Milliseconds open_first{30'000};
  Milliseconds open_max{5 * 60'000};
  std::uint32_t probes = 3;
  bool operator==(const BreakerPolicy&) const = default;
};
/// Errc::invalid names the field, its value and the rule.
[[nodiscard]] Result<void> check(const BreakerPolicy& policy);

enum class BreakerState : std::uint8_t { closed, open, half_open };
/// As in "half-open".
[[nodiscard]] std::string_view name_of(BreakerState state) noexcept;

/// What an end says of who took the event.
enum class Health : std::uint8_t {
  good,
  bad,
  unknown,  ///< it was no word about the event
};

class Breaker {
 public:
  /// For one that is under way.
  struct Ticket {
    std::uint64_t era = 0;  ///< opaque
  };

  /// Requires: check(policy) passed.
  Breaker(const BreakerPolicy& policy, Instant now) : policy_(policy), start_(now) {}

  /// How much may flow now.
  struct Room {
    bool is_limited = false;        ///< to a probe
    bool has_place = true;          ///< for one; otherwise nothing may flow
    std::optional<Instant> wake{};  ///< without a place: until then; nothing: until ended()
  };
  [[nodiscard]] Room room(Instant now) const;
  /// Requires: room() has a place.
  [[nodiscard]] Ticket begin();
  void ended(Ticket ticket, Health health, Instant now);
  /// Of what flowed without tickets: counted while it is closed.
  void settled(std::uint32_t good, std::uint32_t bad, Instant now);
  /// Other rules from now on; an open breaker stays so. Requires: check(policy) passed.
  void set_policy(const BreakerPolicy& policy);

  struct Facts {
    BreakerState state = BreakerState::closed;
    std::optional<Instant> open_until{};  ///< of an open one
    std::uint32_t ended = 0;              ///< that it counts
    std::uint32_t failed = 0;             ///< of them
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

  [[nodiscard]] std::int64_t slot_at(Instant now) const;
  [[nodiscard]] Slot counted(Instant now) const;
  void become(BreakerState state);
  void open(Instant now);
  void close();
  void forget() { std::vector<Slot>().swap(window_); }
  [[nodiscard]] bool is_probing() const { return state_ == BreakerState::half_open; }

  BreakerPolicy policy_;
  Instant start_;
  BreakerState state_ = BreakerState::closed;
  std::uint64_t era_ = 0;   ///< another one with each change
  bool has_probe_ = false;  ///< under way, in this half-open era
  std::uint32_t good_probes_ = 0;
  Instant open_until_{};
  Milliseconds open_for_{0};    ///< how long it was open last; 0: it has closed since
  std::vector<Slot> window_{};  ///< empty until something has ended, which for most is never
};

}  // namespace millrace::delivery
