#include "work_thread.hpp"

#include <pthread.h>

#include <algorithm>
#include <exception>
#include <string_view>

namespace millrace::runtime {

using Clock = std::chrono::steady_clock;

WorkThread::WorkThread(const char* name, OnEscape on_escape) : on_escape_(std::move(on_escape)) {
  thread_ = std::thread([this] { run(); });
  pthread_setname_np(thread_.native_handle(), name);
}

WorkThread::~WorkThread() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    repeated_.clear();
  }
  changed_.notify_one();
  thread_.join();
}

void WorkThread::post(Callback<void()> work) {
  {
    const std::lock_guard lock(mutex_);
    queue_.push_back(std::move(work));
  }
  changed_.notify_one();
}

void WorkThread::repeat(std::chrono::milliseconds interval, std::function<void()> work) {
  {
    const std::lock_guard lock(mutex_);
    repeated_.push_back({interval, std::move(work), Clock::now() + interval});
  }
  changed_.notify_one();
}

void WorkThread::stop_repeating() {
  const std::lock_guard lock(mutex_);
  repeated_.clear();
}

template <class F>
void WorkThread::guarded(F&& work) {
  try {
    work();
  } catch (const std::exception& escaped) {
    on_escape_(escaped.what());
  } catch (...) {
    on_escape_("unknown exception");
  }
}

void WorkThread::run() {
  std::unique_lock lock(mutex_);
  for (;;) {
    if (!queue_.empty()) {
      auto work = std::exchange(queue_, {});
      lock.unlock();
      for (auto& each : work) guarded(each);
      work.clear();
      lock.lock();
      continue;
    }
    if (stopping_) return;
    const auto due = std::min_element(repeated_.begin(), repeated_.end(),
                                      [](const Repeated& a, const Repeated& b) { return a.due < b.due; });
    if (due == repeated_.end()) {
      changed_.wait(lock);
    } else if (const auto at = due->due; at > Clock::now()) {
      changed_.wait_until(lock, at);  // a copy: repeat() may move the table while we wait
    } else {
      due->due = Clock::now() + due->interval;
      const auto work = due->work;
      lock.unlock();
      guarded(work);
      lock.lock();
    }
  }
}

}  // namespace millrace::runtime
