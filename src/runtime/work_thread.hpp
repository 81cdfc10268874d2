#pragma once
// One thread that does slow things in order: what may block never runs on a network thread. Shared: post from any
// thread; the destructor finishes what was posted and joins.

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
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
  /// Repeats until stop_repeating(), first after one `interval`.
  void repeat(std::chrono::milliseconds interval, std::function<void()> work);
  void stop_repeating();

 private:
  struct Repeated {
    std::chrono::milliseconds interval;
    std::function<void()> work;
    std::chrono::steady_clock::time_point due;
  };
  void run();
  template <class F>
  void guarded(F&& work);

  OnEscape on_escape_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<Callback<void()>> queue_;
  std::vector<Repeated> repeated_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace millrace::runtime
