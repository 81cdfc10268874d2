#pragma once
// Policy: what an operator or the owner of a subscription decides about delivery, with defaults; and the back-off that
// follows from it. A value. docs/delivery.md is the prose.
//
// Beyond a limit a partition stops: it takes no further events from its log until there is room. It never hands out in
// another order than it promised, and it never forgets an event to make room.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>

#include "millrace/core/limits.hpp"
#include "millrace/core/result.hpp"
#include "millrace/core/time.hpp"

namespace millrace::delivery {

/// What is promised about the order of hand-outs.
enum class Order : std::uint8_t {
  none,       ///< nothing
  key,        ///< no event while an earlier one of its key is in hand, failing or dead; events without key are free
  partition,  ///< no event while an earlier one is in hand, failing or dead; failures do not kill, only age does
};

/// What becomes of an event whose dead letter cannot be written.
enum class OnTargetError : std::uint8_t {
  hold,  ///< it is tried again, with back-off, and the event stays unsettled until it is done
  drop,  ///< the event is settled without a letter
};

struct Backoff {
  Milliseconds base{1'000};            ///< after the first failure
  std::uint32_t factor_percent = 200;  ///< each further one multiplies; 100: always the base
  Milliseconds cap{5 * 60'000};
  std::uint32_t jitter_percent = 20;  ///< of the delay, by which it may be shorter: so that not all come back at once
  bool operator==(const Backoff&) const = default;
};

/// Events that one partition may have unsettled: 40 to 400 bytes each (docs/delivery.md), so 400 MB at worst.
inline constexpr std::size_t unsettled_ceiling = 1'000'000;
/// Nothing is put off for longer, whatever a sink or a consumer asks for.
inline constexpr Milliseconds delay_ceiling = std::chrono::hours(24);

struct Policy {
  /// With so many failures an event is dead. None: it is tried for ever, or until its age ends.
  std::optional<std::uint16_t> max_deliveries = 5;
  /// Since its timestamp; an event that is older is dead. None: there is no such age.
  std::optional<Milliseconds> max_age;
  Backoff backoff;
  Order order = Order::none;
  /// With an order: a dead event holds back those behind it until it is redriven or discarded.
  bool dead_holds = true;

  /// How long who acquired an event has it alone.
  Milliseconds lock_time{30'000};
  /// Events in hand at once; beyond it none is handed out.
  std::size_t in_flight_max = 10'000;
  /// Unsettled events of one key; beyond it the partition stops. Only with an order.
  std::size_t per_key_max = 1'000;
  /// Unsettled events in total; beyond it the partition stops.
  std::size_t unsettled_max = 100'000;
  /// Events that are kept ready to be handed out.
  std::size_t read_ahead = 1'000;

  /// Whether dead events become dead letters; otherwise they are settled and counted, and that is all.
  bool dead_letters = true;
  OnTargetError on_target_error = OnTargetError::hold;
  /// Of the text of a failure, in bytes; what is longer is cut.
  std::size_t message_bytes_max = 1 * limits::KiB;
  /// Of all texts of one partition in memory. Beyond it a text is only in what is written when the attempt fails.
  std::size_t texts_bytes_max = 1 * limits::MiB;

  bool operator==(const Policy&) const = default;
};

/// Shared by the partitions of one subscription, and never changed.
using PolicyPtr = std::shared_ptr<const Policy>;

/// Errc::invalid names the field, its value and the rule: what is zero and may not be, what is beyond its ceiling.
[[nodiscard]] Result<void> check(const Policy& policy);

/// How long to wait after the n-th failure: base × factor^(n−1), not beyond the cap, less up to the jitter as `chance`
/// decides. Requires: failures ≥ 1, check() passed.
[[nodiscard]] Milliseconds delay_after(const Backoff& backoff, std::uint32_t failures, std::uint64_t chance);

}  // namespace millrace::delivery
