#pragma once
// Who has to be woken, and when: one timer for all subscriptions, and none while nobody waits for a moment.
//
// Shared: any thread. Whoever is woken is told on the timer's thread, outside of the lock, and only if they are still
// there.

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <utility>

#include "millrace/core/time.hpp"
#include "millrace/runtime/io.hpp"

namespace millrace::webhook {

class Sleeper {
 public:
  Sleeper() = default;
  Sleeper(const Sleeper&) = delete;
  Sleeper& operator=(const Sleeper&) = delete;
  virtual ~Sleeper() = default;
  virtual void on_alarm() = 0;
};

class Alarms : public std::enable_shared_from_this<Alarms> {
 public:
  using Now = std::function<Instant()>;

  Alarms(const runtime::Executor& executor, Now now) : timer_(executor), now_(std::move(now)) {}

  /// In place of what was set for it before.
  void set(std::uint64_t number, std::weak_ptr<Sleeper> sleeper, Instant at);
  void clear(std::uint64_t number);
  /// Wakes who is due.
  void ring();
  /// Nobody is woken any more.
  void stop();

 private:
  struct Entry {
    Instant at;
    std::weak_ptr<Sleeper> sleeper;
  };
  void forget(std::uint64_t number);  // under the lock
  void arm();

  runtime::Timer timer_;  ///< used on its executor's thread
  Now now_;
  std::mutex mutex_;
  std::map<std::uint64_t, Entry> by_number_;
  std::set<std::pair<Instant, std::uint64_t>> by_time_;
  std::optional<Instant> armed_for_;
  bool is_stopped_ = false;
};

}  // namespace millrace::webhook
