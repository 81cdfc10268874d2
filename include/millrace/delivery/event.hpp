#pragma once
// What delivery knows of an event, and the words for what happens to it. Values.
//
// The event itself stays in its log: here are its offset, a hash of its key, its time, and what failed. The reasons and
// their names are those of dead letters, for readers of a dead-letter topic.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "millrace/core/bytes.hpp"
#include "millrace/core/ids.hpp"
#include "millrace/core/time.hpp"

namespace millrace::delivery {

/// A key as delivery knows it. Two keys with one hash are taken for one: the order holds, and they share their fate.
using KeyHash = std::uint64_t;
inline constexpr KeyHash no_key = 0;
/// FNV-1a with its bits mixed once more; never no_key.
[[nodiscard]] KeyHash hash_of_key(ByteView key) noexcept;

/// An event of the log that passed the subscription's filter.
struct Event {
  Offset offset;
  KeyHash key = no_key;
  Timestamp time = no_timestamp;  ///< of the record; no_timestamp: it is new
};

/// The right to settle an event, for who acquired it, while the lock lasts. It is good for this hand-out alone: a lock
/// that ran out, another hand-out or a restart make it worthless.
struct Token {
  Offset offset;
  std::uint64_t hand_out = 0;  ///< opaque
  bool operator==(const Token&) const = default;
};

/// Who acquires: a connection, a member. The engine must not use one twice while the first is there.
enum class ConsumerId : std::uint64_t {};

/// The numbers are those of the records (docs/formats/delivery.md).
enum class Reason : std::int8_t {
  none = -1,
  rejected = 0,
  max_deliveries = 1,
  expired = 2,
  http_status = 3,
  http_timeout = 4,
  lock_timeout = 5,
  schema_invalid = 6,
  event_invalid = 7,
  too_large = 8,
  key_blocked = 9,
  manual = 10,
};
inline constexpr std::int8_t newest_reason = 10;

/// As in "max-deliveries"; empty for none.
[[nodiscard]] std::string_view name_of(Reason reason) noexcept;

/// An attempt that failed.
struct FailedAttempt {
  Reason reason = Reason::rejected;
  std::int32_t code = 0;  ///< HTTP's or an application's; 0: none
  std::string message;    ///< for people; cut to the policy's bound
};

/// All failures of one event for one reason.
struct Past {
  Reason reason = Reason::none;
  std::uint32_t count = 0;
  Timestamp first = no_timestamp;
  Timestamp last = no_timestamp;
  bool operator==(const Past&) const = default;
};

/// What is remembered of an event that failed. Bounded: one entry for each reason, one text.
struct Failures {
  std::uint16_t count = 0;
  std::uint16_t hand_outs = 0;  ///< releases, lost connections and shut-downs too; some are forgotten in a crash
  Timestamp first = no_timestamp;
  std::int32_t code = 0;  ///< of the last one, as is the message
  std::string message;
  std::vector<Past> history;  ///< in the order of their first occurrence
  bool operator==(const Failures&) const = default;
};

/// An event that is to be written to the dead-letter topic. `offset` and `life` together name the letter: it is to be
/// there once.
struct DeadLetter {
  Offset offset;
  std::uint32_t life = 0;  ///< how often the event was redriven before
  Reason reason = Reason::none;
  Timestamp died_at = no_timestamp;
  Failures failures;
  /// It may have been written before a crash: if so, it lies in the dead-letter partition behind this offset.
  Offset look_behind = no_offset;
  bool may_be_there = false;
  bool operator==(const DeadLetter&) const = default;
};

}  // namespace millrace::delivery
