#pragma once
// A partition at work: broker::Partition behind its lock, with everyone who waits for it.
//
// Two kinds wait. An AppendWait is told when the log is durable up to its offset, or that this will never be. A
// FetchWait is told as soon as readers can see further than it has seen; only those of the partition that grew are.
// Shared: any thread. Callbacks come on the thread that made the progress, after the lock was released.

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "millrace/broker/partition.hpp"
#include "millrace/runtime/committer.hpp"
#include "millrace/runtime/counts.hpp"
#include "millrace/runtime/guarded.hpp"

namespace millrace::runtime {

class AppendWait {
 public:
  AppendWait() = default;
  AppendWait(const AppendWait&) = delete;
  AppendWait& operator=(const AppendWait&) = delete;
  virtual ~AppendWait() = default;
  /// Called once for each slot that was registered; `error` is none or kafka_storage_error.
  virtual void settled(std::size_t slot, ErrorCode error) = 0;
};

class FetchWait {
 public:
  FetchWait() = default;
  FetchWait(const FetchWait&) = delete;
  FetchWait& operator=(const FetchWait&) = delete;
  virtual ~FetchWait() = default;
  /// Readers see `bytes` more than before, or something about the partition changed (0).
  virtual void grew(std::uint64_t bytes) = 0;
};

class HostedPartition;

/// Records of a batch that go elsewhere as letters, in the same step.
struct PutAside {
  std::vector<std::int32_t> indexes;    ///< in their batch, ascending; not empty
  std::shared_ptr<HostedPartition> to;  ///< of a topic whose name is longer: so no two wait for each other's lock
  /// The letters, in batches, for a batch that begins at that offset.
  std::function<std::vector<Bytes>(Offset)> letters;
  // What append_once() says of them.
  Offset first = no_offset;  ///< of the letters, which follow each other; none where they had been written before
  Offset next = no_offset;   ///< behind them; none: nothing was appended
};

class HostedPartition final : public Flushable, public std::enable_shared_from_this<HostedPartition> {
 public:
  /// A person must know: records cannot be stored. Once for each time that it begins; any thread.
  using OnTrouble = std::function<void(const std::string& log, const std::string& why)>;
  HostedPartition(std::string directory, std::unique_ptr<broker::Partition> partition, Committer& committer,
                  OnTrouble on_trouble = nullptr);

  /// Appends one validated batch. When the answer must wait for a flush, `wait` is registered with `slot` and the
  /// result is true; `answer` is final but for an error that settled() may bring.
  [[nodiscard]] bool append(MutableBytes batch, const record::BatchHeader& validated, Now now,
                            const std::shared_ptr<AppendWait>& wait, std::size_t slot, broker::AppendAnswer& answer) {
    return append(batch, validated, now, nullptr, nullptr, wait, slot, answer);
  }
  /// The same where `topic` looks for repeated events: those that the partition has are not appended. Nor is what is
  /// put aside, if anything is: its letters are appended first, unless the whole batch was here before and they with
  /// it. Whether they must be flushed, wait_for_append() tells. What takes long is done without the lock.
  [[nodiscard]] bool append_once(MutableBytes batch, const record::BatchHeader& validated,
                                 const broker::EventSettings& topic, Now now, PutAside* aside,
                                 const std::shared_ptr<AppendWait>& wait, std::size_t slot,
                                 broker::AppendAnswer& answer);
  /// What was appended below `next` must be flushed before it is answered, if the topic says so: then `wait` is told,
  /// maybe at once, of a log that is offline. False when there is nothing to wait for.
  [[nodiscard]] bool wait_for_append(Offset next, const std::shared_ptr<AppendWait>& wait, std::size_t slot);
  /// False when everything below `until` is durable already; else `wait` is told, and a flush is under way.
  [[nodiscard]] bool wait_for_flush(Offset until, const std::shared_ptr<AppendWait>& wait, std::size_t slot);
  [[nodiscard]] broker::FetchAnswer read(const broker::FetchSpec& spec);
  /// Registers for growth beyond what `seen` could see. False when there is more already: read again instead.
  [[nodiscard]] bool wait_for_growth(const std::shared_ptr<FetchWait>& wait, broker::Isolation isolation, Offset seen);
  void stop_waiting(const FetchWait* wait);

  /// Calls f(broker::Partition&) under the lock; for what has no method of its own here. f must not block for long.
  template <class F>
  decltype(auto) with(F&& f) {
    return state_.with([&](State& state) -> decltype(auto) { return f(*state.partition); });
  }

  /// Where damage ends that `offset` lies in, as far as it was noticed: by a read that failed there, for one.
  [[nodiscard]] std::optional<Offset> damaged_until(Offset offset);
  [[nodiscard]] const std::string& directory() const { return directory_; }
  [[nodiscard]] const Traffic& traffic() const { return traffic_; }
  /// What read() gave for `asked` is on its way to a client.
  void count_sent(const log::Slice& slice, Offset asked) noexcept;
  /// The same of what a view has let pass.
  void count_sent(std::size_t bytes, std::size_t records) noexcept {
    traffic_.sent_bytes.add(bytes);
    traffic_.sent_records.add(records);
  }
  void count_quarantined(std::size_t records) noexcept { traffic_.quarantined_records.add(records); }
  [[nodiscard]] LeaderEpoch leader_epoch() const { return leader_epoch_.load(std::memory_order_relaxed); }
  [[nodiscard]] bool is_gone() const { return gone_.load(); }
  /// Something was appended since the last call.
  [[nodiscard]] bool take_dirty() { return dirty_.exchange(false); }

  /// Records were appended or read since the last call.
  [[nodiscard]] bool take_used() { return used_.exchange(false); }
  /// Closes its files, which are opened again when they are needed. False when something is not flushed: then it
  /// cannot.
  bool let_go_of_files();

  /// Durable soon: joins the committer's next round.
  void request_flush();
  /// In force from now on, also for what was appended before and is not flushed.
  void set_settings(const broker::TopicSettings& settings);
  /// The topic is deleted: everyone who waits is told, nobody may append or wait any more.
  void retire_for_good();
  /// Wakes every parked fetch, for a broker that is stopping.
  void wake_readers();

  [[nodiscard]] std::optional<log::FlushTicket> prepare_flush() override;
  void flushed(const log::FlushTicket& ticket) override;
  void flush_failed(const Error& error) override;

 private:
  struct DurableWait {
    Offset next;
    std::shared_ptr<AppendWait> wait;
    std::size_t slot = 0;
  };
  struct State {
    std::unique_ptr<broker::Partition> partition;
    std::vector<DurableWait> appends;
    std::vector<std::shared_ptr<FetchWait>> fetches;
  };
  /// What is left to do once the lock of an append is released.
  struct Left {
    bool is_stored = false;
    std::optional<std::string> trouble;  ///< why it could not be stored
    bool flush = false;
    std::optional<Milliseconds> flush_within;
    std::uint64_t grown = 0;
    std::vector<std::shared_ptr<FetchWait>> woken;
  };
  [[nodiscard]] bool append(MutableBytes batch, const record::BatchHeader& validated, Now now,
                            const broker::BatchEvents* events, PutAside* aside, const std::shared_ptr<AppendWait>& wait,
                            std::size_t slot, broker::AppendAnswer& answer);
  [[nodiscard]] broker::AppendAnswer store(State& state, MutableBytes batch, const record::BatchHeader& validated,
                                           Now now, const broker::BatchEvents* events, Left& left);
  /// Nothing: the batch may follow. Under the lock of the partition that it is for.
  [[nodiscard]] static std::optional<broker::AppendAnswer> write_letters(const broker::Partition& source,
                                                                         const record::BatchHeader& validated, Now now,
                                                                         const broker::BatchEvents& events,
                                                                         PutAside& aside, Left& left);
  [[nodiscard]] broker::AppendAnswer append_letters(std::vector<Bytes> batches, Now now, Offset& next, Left& left);
  void finish(const Left& left);
  /// Nothing is flushed any more, because the log went offline or is gone: tells everyone who waits for it.
  void fail_appends();
  void tell_trouble(const std::string& why);

  std::string directory_;
  Guarded<State> state_;
  Committer& committer_;
  OnTrouble on_trouble_;
  Traffic traffic_;
  std::atomic<LeaderEpoch> leader_epoch_;
  const SipKey event_key_;
  std::atomic<bool> gone_ = false;
  std::atomic<bool> dirty_ = false;
  std::atomic<bool> used_ = false;
  std::atomic<bool> troubled_ = false;  ///< it was told that records cannot be stored, and none could be since
};

}  // namespace millrace::runtime
