#pragma once
// Machine: every decision of partition_delivery.hpp, split over the files beside it. That header says what it promises;
// here are the parts that the requests share.
//
// A call makes one Turn, hands it down, and ends with conclude(), which writes down what the turn has settled in the
// order that docs/formats/delivery.md gives. Nothing here waits or asks for the time. Owned by its PartitionDelivery.

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "chains.hpp"
#include "leases.hpp"
#include "millrace/core/rarely.hpp"
#include "millrace/delivery/partition_delivery.hpp"
#include "queues.hpp"
#include "slots.hpp"

namespace millrace::delivery {

class Machine {
 public:
  Machine(PolicyPtr policy, std::uint64_t seed);
  Machine(const Machine&) = delete;
  Machine& operator=(const Machine&) = delete;

  using Loaded = PartitionDelivery::Loaded;
  using Told = PartitionDelivery::Told;
  using HandOut = PartitionDelivery::HandOut;
  using Answer = PartitionDelivery::Answer;
  using Redriven = PartitionDelivery::Redriven;
  using Facts = PartitionDelivery::Facts;
  using Counts = PartitionDelivery::Counts;

  void replay(const Record& record);
  [[nodiscard]] Loaded loaded();
  [[nodiscard]] Effects begin(Offset at);
  [[nodiscard]] std::optional<Wanted> wanted() const;
  [[nodiscard]] Told tell(Offset from, Offset to, std::span<const Event> events, Now now);
  [[nodiscard]] Effects log_begins(Offset at, Now now);
  [[nodiscard]] HandOut acquire(std::size_t max, ConsumerId consumer, Now now, bool is_probe);
  [[nodiscard]] Answer acknowledge(std::span<const Token> tokens, Now now);
  [[nodiscard]] Answer release(std::span<const Token> tokens, Milliseconds delay, Now now);
  [[nodiscard]] Answer fail(std::span<const Token> tokens, const FailedAttempt& failure, Milliseconds at_least,
                            Now now);
  [[nodiscard]] Answer reject(std::span<const Token> tokens, const FailedAttempt& failure, Now now);
  [[nodiscard]] Answer renew(std::span<const Token> tokens, Now now);
  [[nodiscard]] Effects consumer_gone(ConsumerId consumer, Now now);
  [[nodiscard]] Effects shut_down(Now now);
  [[nodiscard]] Effects archived(Offset event, Offset letter, Now now);
  [[nodiscard]] Effects archive_failed(Offset event, Now now);
  [[nodiscard]] Redriven redrive(std::span<const Redrive> events, Now now);
  [[nodiscard]] Effects discard(std::span<const Offset> events, Now now);
  void judge_anew();
  [[nodiscard]] Effects set_policy(PolicyPtr policy, Now now);
  [[nodiscard]] Effects tick(Now now);
  [[nodiscard]] std::optional<Instant> next_deadline() const;
  [[nodiscard]] bool is_unsettled(Offset event) const;
  [[nodiscard]] std::vector<Record> forget() const;
  [[nodiscard]] Facts facts() const;
  [[nodiscard]] const Counts& counts() const { return counts_; }

 private:
  struct Turn {
    Now now;
    Effects effects = {};
    bool has_decided = false;            ///< something was settled that must be written down now
    std::set<std::int64_t> dirty = {};   ///< pages in which it was
    std::vector<Offset> forgotten = {};  ///< events whose own record is to go
  };

  /// What is known of an event that failed or was redriven, beside its slot.
  struct Trouble {
    std::uint32_t life = 0;
    std::uint32_t archive_failures = 0;
    Reason death = Reason::none;
    Timestamp at = no_timestamp;  ///< waiting: until when; dead or dying: since when
    Offset mark = no_offset;
    Timestamp first_failure = no_timestamp;
    std::int32_t code = 0;
    std::string message;
    std::vector<Past> history;
  };

  /// What was replayed, until delivery comes to it.
  struct Remembered {
    std::optional<Progress> progress{};        ///< until it is loaded
    std::map<Offset, EventState> events{};     ///< not told since
    std::map<std::int64_t, PageBits> pages{};  ///< what is settled where delivery has not come to
  };

  // slots and their states: states.cpp
  [[nodiscard]] KeyHash chain_of(const Slot& slot) const;
  [[nodiscard]] bool is_held_back(Offset at, const Slot& slot) const;
  [[nodiscard]] bool is_expired(Offset at, const Slot& slot, Instant now) const;
  void enter(Slot& slot, State state);
  void make_available(Offset at, Slot& slot, Turn& turn);
  void make_ready(Offset at, Slot& slot);
  void make_unready(Slot& slot);
  void put_off(Offset at, Slot& slot, Instant due);
  void settle(Offset at, Turn& turn);
  void link(Offset at, Slot& slot);
  void note_age(Offset at, const Slot& slot);
  [[nodiscard]] std::uint32_t next_number();

  // what fails: failures.cpp
  Trouble& trouble_of(Offset at, Slot& slot);
  void forget_trouble(Offset at);
  void note_failure(Offset at, Slot& slot, const FailedAttempt& failure, Turn& turn);
  void fail_one(Offset at, Slot& slot, const FailedAttempt& failure, Milliseconds at_least, Turn& turn);
  void die(Offset at, Slot& slot, Reason reason, Turn& turn);
  void send_letter(Offset at, const Slot& slot, bool may_be_there, Turn& turn) const;
  [[nodiscard]] Failures failures_of(Offset at, const Slot& slot) const;
  [[nodiscard]] std::uint64_t chance_for(Offset at, std::uint32_t turn) const;
  void keep_text_if_there_is_room(Offset at);

  // who has what in hand: hands.cpp
  [[nodiscard]] TokenError check(const Token& token) const;
  template <class Do>
  [[nodiscard]] Answer each(std::span<const Token> tokens, Turn& turn, Do act);
  void leave_lease(const Slot& slot) { leases_.edit().leave(slot.turn); }
  /// Counts a hand-out that ends so, if it was a probe.
  static void end_probe(Slot& slot, std::uint32_t& count) {
    count += slot.is_probe ? 1U : 0U;
    slot.is_probe = false;
  }
  void take_back(std::optional<ConsumerId> consumer, std::uint64_t& count, Turn& turn);
  /// What a lease still has in hand, so many at most.
  [[nodiscard]] std::vector<Offset> still_in(std::uint32_t lease, std::size_t max) const;

  // what the log has: tell.cpp
  void take_in(const Event& event, const std::optional<EventState>& remembered, Turn& turn);
  void tell_left_behind(Offset from, Offset to, std::span<const Event> events, Turn& turn);
  [[nodiscard]] bool has_room(const Event& event);
  [[nodiscard]] bool is_settled_ahead(Offset at) const;
  void set_settled_ahead(Offset at, bool is_settled, Turn& turn);
  [[nodiscard]] std::optional<EventState> recall(Offset at);
  [[nodiscard]] std::optional<EventState> take_untold(Offset until);
  void pass_over(Offset until, Turn& turn);
  [[nodiscard]] Stop stop() const;

  // what is told again, for its filter is another: tell.cpp
  [[nodiscard]] static bool is_to_be_judged(const Slot& slot);
  [[nodiscard]] std::optional<Offset> next_to_judge(Offset from) const;
  [[nodiscard]] bool is_judging();
  [[nodiscard]] std::optional<Wanted> wanted_again() const;
  void judge(Offset from, Offset to, std::span<const Event> events, Turn& turn);

  // redrive.cpp
  [[nodiscard]] RedriveError redrive_one(const Redrive& redriven, Turn& turn);
  [[nodiscard]] RedriveError redrive_untold(const Redrive& redriven, Turn& turn);
  void discard_untold(Offset at, Turn& turn);

  // time: tick.cpp
  void end_locks(std::size_t& budget, Turn& turn);
  void end_waits(std::size_t& budget, Turn& turn);
  void end_ages(std::size_t& budget, Turn& turn);

  // what is written down: conclude.cpp
  void record(Offset at, Slot& slot, Turn& turn);
  [[nodiscard]] Effects conclude(Turn& turn);
  void advance();
  void write_pages(Turn& turn);
  void leave_behind(std::set<std::int64_t>& pages, Turn& turn);
  [[nodiscard]] PageBits bits_of(std::int64_t page);
  [[nodiscard]] bool has_settled(std::int64_t page, const PageBits& bits) const;

  [[nodiscard]] std::size_t in(State state) const { return in_state_[static_cast<std::size_t>(state)]; }

  PolicyPtr policy_;
  std::uint64_t seed_;
  Offset settled_until_;  ///< everything below is settled, but what has a record of its own
  Offset written_until_;  ///< the same, as written down
  Offset start_;
  Offset told_;
  Offset log_start_;
  Offset judged_until_;  ///< what lies in [judged_until_, old_filter_until_) has passed a filter that is no more
  Offset old_filter_until_;
  Offset newest_letter_ = no_offset;  ///< of those known to be in the dead-letter partition
  Slots slots_;
  Chains chains_{slots_};
  ReadyQueue ready_queue_;
  std::size_t ready_ = 0;
  WaitQueue waits_;
  Rarely<Leases> leases_;
  std::uint32_t number_ = 0;  ///< of leases and waits
  Rarely<std::unordered_map<std::int64_t, Trouble>> troubles_;
  std::size_t texts_bytes_ = 0;
  std::size_t unwritten_ = 0;  ///< troubles with archive_failures
  Rarely<Remembered> remembered_;
  Rarely<std::set<std::int64_t>> recorded_pages_;
  std::array<std::size_t, states> in_state_{};
  std::optional<KeyHash> stopping_key_;
  std::optional<Instant> next_age_;  ///< when to look for ages that have ended
  Counts counts_;
};

}  // namespace millrace::delivery
