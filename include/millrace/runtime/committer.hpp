#pragma once
// The committer: one thread per data directory that makes appends durable for everybody at once (group commit).
//
// Each round takes everything that was submitted, flushes it, and tells who asked; whatever is submitted meanwhile
// rides in the next round, which begins when this one ends. No artificial delay: rounds grow by themselves under load.
// A round over several files spreads them over a few helper threads, for fdatasync waits in the device, not on a CPU.
// What need not be durable at once is submitted for later, and rides with whatever is flushed when its time has come.
// Shared: submit() from any thread; callbacks come on the committer's thread.

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "millrace/core/time.hpp"
#include "millrace/log/log.hpp"
#include "millrace/runtime/counts.hpp"

namespace millrace::runtime {

/// A log that can be flushed: takes its own lock in each of these.
class Flushable {
 public:
  Flushable() = default;
  Flushable(const Flushable&) = delete;
  Flushable& operator=(const Flushable&) = delete;
  virtual ~Flushable() = default;

  [[nodiscard]] virtual std::optional<log::FlushTicket> prepare_flush() = 0;
  virtual void flushed(const log::FlushTicket& ticket) = 0;
  /// Final: the log is offline from here on.
  virtual void flush_failed(const Error& error) = 0;

 private:
  friend class Committer;
  using Due = std::chrono::steady_clock::time_point;
  std::atomic<bool> submitted_ = false;
  std::atomic<Due::rep> submitted_at_ = 0;                             ///< when it was, if it is
  std::atomic<Due::rep> due_ = Due::max().time_since_epoch().count();  ///< the earliest submission for later
};

class Committer {
 public:
  /// `helpers`: further threads for rounds of more than one file.
  Committer(disk::Disk& disk, std::size_t helpers);
  /// Ends after the round under way; what is still queued is flushed first.
  ~Committer();
  Committer(const Committer&) = delete;
  Committer& operator=(const Committer&) = delete;

  void submit(std::shared_ptr<Flushable> log);
  /// Submits it once `delay` has passed, if it still lives then. An earlier time that was given before stays.
  void submit_within(const std::shared_ptr<Flushable>& log, Milliseconds delay);
  /// Returns when everything submitted before is flushed and its callbacks have returned.
  void drain();
  [[nodiscard]] const FlushCounts& counts() const { return counts_; }

 private:
  struct Entry {
    std::shared_ptr<Flushable> log;
    std::optional<log::FlushTicket> ticket;
    Result<void> outcome;
  };
  using Due = Flushable::Due;
  void run();
  /// Until there is something in the queue, or it is time to stop.
  void wait_for_work(std::unique_lock<std::mutex>& lock);
  /// Moves what is due into the queue.
  void take_due(Due now);
  void help();
  /// False when it is in the queue already.
  [[nodiscard]] static bool mark_submitted(Flushable& log);
  void commit(std::vector<std::shared_ptr<Flushable>> logs);
  void perform_some();

  disk::Disk& disk_;
  FlushCounts counts_;
  std::mutex mutex_;
  std::condition_variable work_;
  std::vector<std::shared_ptr<Flushable>> queue_;
  std::multimap<Due, std::weak_ptr<Flushable>> later_;
  bool stopping_ = false;
  bool committing_ = false;
  std::condition_variable idle_;

  // The round under way, shared with the helpers.
  std::mutex round_mutex_;
  std::condition_variable round_begins_;
  std::condition_variable round_ends_;
  std::vector<Entry> round_;
  std::atomic<std::size_t> next_entry_ = 0;
  std::uint64_t round_number_ = 0;
  std::size_t helping_ = 0;
  bool helpers_stop_ = false;

  std::vector<std::thread> helpers_;
  std::thread thread_;
};

}  // namespace millrace::runtime
