#pragma once
// The committer: one thread per data directory that makes appends durable for everybody at once (group commit).
//
// Each round takes everything that was submitted, flushes it, and tells who asked; whatever is submitted meanwhile
// rides in the next round, which begins when this one ends. No artificial delay: rounds grow by themselves under load.
// A round over several files spreads them over a few helper threads, for fdatasync waits in the device, not on a CPU.
// Shared: submit() from any thread; callbacks come on the committer's thread.

#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "millrace/log/log.hpp"

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
  std::atomic<bool> submitted_ = false;
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
  /// Returns when everything submitted before is flushed and its callbacks have returned.
  void drain();

 private:
  struct Entry {
    std::shared_ptr<Flushable> log;
    std::optional<log::FlushTicket> ticket;
    Result<void> outcome;
  };
  void run();
  void help();
  void commit(std::vector<std::shared_ptr<Flushable>> logs);
  void perform_some();

  disk::Disk& disk_;
  std::mutex mutex_;
  std::condition_variable work_;
  std::vector<std::shared_ptr<Flushable>> queue_;
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
