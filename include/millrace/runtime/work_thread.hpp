#pragma once
// One thread that does slow things in order: what may block never runs on a network thread. Shared: post from any
// thread; finish() does what was posted and joins. What was to be done later is then never done.

#include <chrono>
#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "millrace/runtime/callback.hpp"

namespace millrace::runtime {

class WorkThread {
 public:
  using OnEscape = std::function<void(std::string_view what)>;
  WorkThread(const char* name, OnEscape on_escape);
  ~WorkThread();
  WorkThread(const WorkThread&) = delete;
  WorkThread& operator=(const WorkThread&) = delete;

  void post(Callback<void()> work);
  /// Without a delay it is posted.
  void post_after(std::chrono::milliseconds delay, Callback<void()> work);
  /// Repeats until stop_repeating(), first after one `interval`.
  void repeat(std::chrono::milliseconds interval, std::function<void()> work);
  void stop_repeating();
  /// Returns when all that was posted is done; the work may still post meanwhile. Once, or by the destructor: whoever
  /// holds this by a pointer that the work uses has to call it before the pointer goes.
  void finish();

 private:
  struct Repeated {
    std::chrono::milliseconds interval;
    std::function<void()> work;
    std::chrono::steady_clock::time_point due;
  };
  using TimePoint = std::chrono::steady_clock::time_point;
  void run();
  /// Of what repeats or was to be done later.
  [[nodiscard]] std::optional<TimePoint> next_due() const;
  /// Does what is due by `now`, one thing; the lock is open meanwhile.
  void do_due(TimePoint now, std::unique_lock<std::mutex>& lock);
  template <class F>
  void guarded(F&& work);

  OnEscape on_escape_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<Callback<void()>> queue_;
  std::vector<Repeated> repeated_;
  std::multimap<TimePoint, Callback<void()>> later_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace millrace::runtime
