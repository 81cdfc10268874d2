#pragma once
// PartitionDelivery: the delivery of one partition's events to one subscription, event by event, and every decision
// about it: who has which event in hand, what is tried again and when, what is dead, what is settled.
//
// Owned: one caller at a time. It never waits, prints, or asks for the time: each call takes `now` and gives back what
// should happen. State changes at once; the engine appends the records in their order, and lets an answer go, that of
// acquire() too, only when every record appended so far is durable. So nobody sees what a crash could undo: an
// acknowledgement that was answered is never forgotten, nor a failure. If an append fails, the engine throws the
// machine away, makes a new one and replays the log into it. Chance comes from the seed.
//
// Life: construct, replay() every record of the partition's home in order, loaded() once; for a new subscription
// begin(). Then: while there is something wanted(), tell() what the log has; acquire() and settle; tick() whenever
// next_deadline() has come. `now.steady` must not go back; `now.wall` may jump: it dates failures, and says once, when
// an event is told, how old that is.
//
// States of an event that was told (docs/delivery.md is the prose):
//
//   available   to be handed out; with an order only when nothing before it holds it back (else it is parked)
//     acquire → acquired      its age ends → archiving
//   acquired    in the hand of one consumer, in memory only
//     acknowledge → settled   release, consumer gone, shut-down → available, not counted as failures
//     fail, lock runs out → waiting; at the last failure → archiving       reject → archiving       renew: locked anew
//   waiting     failed, or released with a delay; the delay over → available; its age ends → archiving
//   archiving   its dead letter is being written; archived → settled, or dead; archive_failed → again later, or dropped
//   dead        with an order: its letter is written and it holds back its key; redrive → available, discard → settled
//   settled     nothing is kept of it: acknowledged, archived, dropped, passed over, or gone from the log

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "millrace/core/ids.hpp"
#include "millrace/core/time.hpp"
#include "millrace/delivery/event.hpp"
#include "millrace/delivery/policy.hpp"
#include "millrace/delivery/records.hpp"

namespace millrace::delivery {

/// A redriven event that was acknowledged.
struct Resolved {
  Offset offset;
  std::uint32_t life = 0;  ///< of the dead letter that was redriven
  bool operator==(const Resolved&) const = default;
};

/// Hand-outs that have ended, for who judges their consumers: an event that was given back says nothing about them.
struct Settled {
  std::uint32_t good = 0;  ///< acknowledged
  std::uint32_t bad = 0;   ///< failed, rejected, or the lock ran out
  /// Of those that were handed out as probes: how many were good, were bad, or came back otherwise.
  std::uint32_t probes_good = 0;
  std::uint32_t probes_bad = 0;
  std::uint32_t probes_back = 0;
  bool operator==(const Settled&) const = default;
};

/// What should happen: records to append in this order, then, once they are durable, letters to write and letters to
/// be known as resolved. And what has been settled.
struct Effects {
  std::vector<Record> records;
  std::vector<DeadLetter> letters;
  std::vector<Resolved> resolved{};
  Settled settled{};
};

/// What to read from the log: events at and after `from`, `events_max` of them that pass the filter.
struct Wanted {
  Offset from;
  std::optional<Offset> to;  ///< not from here on; unset: to the end of the log
  std::size_t events_max = 0;
};

struct Acquired {
  Token token;
  std::uint16_t attempt = 1;    ///< failures so far, plus one
  std::uint16_t hand_outs = 1;  ///< with this one
  bool is_redriven = false;     ///< it died once: its expirytime is no matter any more, as its age is none
  bool operator==(const Acquired&) const = default;
};

enum class TokenError : std::uint8_t {
  none,
  lost,     ///< the lock ran out, the event is settled, it was handed out again, or the broker has restarted
  unknown,  ///< nothing with this offset was ever handed out
};
[[nodiscard]] std::string_view name_of(TokenError error) noexcept;

enum class RedriveError : std::uint8_t {
  none,
  not_dead,  ///< it is being delivered, or its letter is being written
  not_told,  ///< delivery has not come there
  full,      ///< as many are unsettled as may
};
[[nodiscard]] std::string_view name_of(RedriveError error) noexcept;

/// A dead event that is to be delivered again, under its offset and to this subscription alone.
struct Redrive {
  Event event;
  std::uint32_t life = 0;  ///< of its dead letter
  Failures failures;       ///< what the letter says, or nothing to begin anew
};

/// Why no further events are taken from the log.
enum class Stop : std::uint8_t { none, key, total };

class Machine;

class PartitionDelivery {
 public:
  /// `seed` must be another one for each life of a machine: tokens of one before it are then not taken for its own.
  PartitionDelivery(PolicyPtr policy, std::uint64_t seed);
  PartitionDelivery(PartitionDelivery&&) noexcept;
  PartitionDelivery& operator=(PartitionDelivery&&) noexcept;
  ~PartitionDelivery();

  void replay(const Record& record);
  /// The log has been replayed. True in `known`: there was progress in it; otherwise begin() says where to begin.
  struct Loaded {
    bool known = false;
    Effects effects;
  };
  [[nodiscard]] Loaded loaded();
  [[nodiscard]] Effects begin(Offset at);

  // Requires of everything below: loaded() was called.

  /// What could be handed out soon and was not told yet, or is to be told again: after judge_anew() for those that were
  /// told. Unset: enough is there, or the partition has stopped.
  [[nodiscard]] std::optional<Wanted> wanted() const;
  struct Told {
    Offset until;  ///< taken in so far; behind it nothing, for lack of room
    Effects effects;
  };
  /// What the log has in [from, to): these events, by ascending offset, and nothing else that is to be delivered; what
  /// lies between them is passed over. Requires: `from` is not behind what is wanted().
  [[nodiscard]] Told tell(Offset from, Offset to, std::span<const Event> events, Now now);
  /// Nothing below is in the log any more. What nobody has in hand is settled, but what was redriven: a dead letter has
  /// it.
  [[nodiscard]] Effects log_begins(Offset at, Now now);

  struct HandOut {
    std::vector<Acquired> events;  ///< by ascending offset, unless some came back late
    Instant locked_until{};
    Effects effects;
  };
  /// `is_probe`: how each of them ends is told among Settled's probes.
  [[nodiscard]] HandOut acquire(std::size_t max, ConsumerId consumer, Now now, bool is_probe = false);

  /// One error for each token, in their order; those that are good are settled whatever the others are.
  struct Answer {
    std::vector<TokenError> errors;
    Effects effects;
  };
  [[nodiscard]] Answer acknowledge(std::span<const Token> tokens, Now now);
  /// Given back without a failure, to be handed out again after `delay`, which a crash forgets.
  [[nodiscard]] Answer release(std::span<const Token> tokens, Milliseconds delay, Now now);
  /// Failed, to be tried again: after the back-off, or after `at_least` if that is longer.
  [[nodiscard]] Answer fail(std::span<const Token> tokens, const FailedAttempt& failure, Milliseconds at_least,
                            Now now);
  /// Failed for good.
  [[nodiscard]] Answer reject(std::span<const Token> tokens, const FailedAttempt& failure, Now now);
  /// Locked anew, from now on. The tokens stay the same.
  [[nodiscard]] Answer renew(std::span<const Token> tokens, Now now);

  /// Its connection was lost: what it has in hand is given back.
  [[nodiscard]] Effects consumer_gone(ConsumerId consumer, Now now);
  /// The broker stops: everything in hand is given back.
  [[nodiscard]] Effects shut_down(Now now);

  /// Its letter is durable, at this offset of the dead-letter partition. Of an event that is not archiving: nothing.
  [[nodiscard]] Effects archived(Offset event, Offset letter, Now now);
  [[nodiscard]] Effects archive_failed(Offset event, Now now);
  /// One error for each, in their order.
  struct Redriven {
    std::vector<RedriveError> errors;
    Effects effects;
  };
  [[nodiscard]] Redriven redrive(std::span<const Redrive> events, Now now);
  /// Dead events are given up: they hold back nothing any longer. Others are left alone.
  [[nodiscard]] Effects discard(std::span<const Offset> events, Now now);

  /// The filter is another one: what is told from now on has passed it. What was told before and neither failed nor was
  /// redriven is wanted() once more; until all of it is told again nothing is handed out, and what does not come again
  /// is passed over, that in hand when it is given back.
  void judge_anew();
  /// Other rules from now on. What failed too often by them dies when it fails next.
  [[nodiscard]] Effects set_policy(PolicyPtr policy, Now now);
  /// Locks that run out, delays that are over, ages that end; a bounded amount each time, what is left is due at once.
  [[nodiscard]] Effects tick(Now now);
  [[nodiscard]] std::optional<Instant> next_deadline() const;

  /// Whether it is not settled: to be delivered, in hand, waiting, dying, or dead and holding back others.
  [[nodiscard]] bool is_unsettled(Offset event) const;

  /// Tombstones for everything that was written: the subscription or the topic is deleted.
  [[nodiscard]] std::vector<Record> forget() const;

  struct Facts {
    Offset start;  ///< what a consumer group would have committed
    Offset told;   ///< delivery has come so far
    std::size_t unsettled = 0;
    std::size_t ready = 0;   ///< to be had at once
    std::size_t parked = 0;  ///< available, held back by another
    std::size_t acquired = 0;
    std::size_t waiting = 0;
    std::size_t archiving = 0;
    std::size_t unwritten = 0;  ///< of those: the letter could not be written, and is tried again
    std::size_t dead = 0;
    Stop stop = Stop::none;
    bool operator==(const Facts&) const = default;
  };
  [[nodiscard]] Facts facts() const;

  /// Since it was made.
  struct Counts {
    std::uint64_t handed_out = 0;
    std::uint64_t redelivered = 0;  ///< of those: events that had been handed out before
    std::uint64_t acknowledged = 0;
    std::uint64_t failed = 0;     ///< in whatever way
    std::uint64_t rejected = 0;   ///< of those: for good
    std::uint64_t timed_out = 0;  ///< of those: the lock ran out
    std::uint64_t released = 0;
    std::uint64_t lost = 0;       ///< with a connection
    std::uint64_t shut_down = 0;  ///< given back as the broker stopped
    std::uint64_t died = 0;
    std::uint64_t dropped = 0;  ///< of them without a letter
    std::uint64_t gone = 0;     ///< from the log before they were settled
    Counts& operator+=(const Counts& more);
    bool operator==(const Counts&) const = default;
  };
  [[nodiscard]] const Counts& counts() const;

 private:
  std::unique_ptr<Machine> machine_;
};

}  // namespace millrace::delivery
