#include "millrace/runtime/work_thread.hpp"

#include <pthread.h>

#include <algorithm>
#include <exception>
#include <string_view>

#include "due.hpp"

namespace millrace::runtime {

using Clock = std::chrono::steady_clock;

WorkThread::WorkThread(const char* name, OnEscape on_escape) : on_escape_(std::move(on_escape)) {
  thread_ = std::thread([this] { run(); });
  pthread_setname_np(thread_.native_handle(), name);
}

WorkThread::~WorkThread() { finish(); }

void WorkThread::finish() {
  if (!thread_.joinable()) return;
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    repeated_.clear();
    later_.clear();
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

void WorkThread::post_after(std::chrono::milliseconds delay, Callback<void()> work) {
  if (delay <= delay.zero()) return post(std::move(work));
  {
    const std::lock_guard lock(mutex_);
    if (stopping_) return;
    later_.emplace(due_in(delay), std::move(work));
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
    const auto due = next_due();
    if (!due) {
      changed_.wait(lock);
    } else if (*due > Clock::now()) {
      changed_.wait_until(lock, *due);
    } else {
      do_due(Clock::now(), lock);
    }
  }
}

std::optional<WorkThread::TimePoint> WorkThread::next_due() const {
  std::optional<TimePoint> next;
  if (!later_.empty()) next = later_.begin()->first;
  for (const auto& each : repeated_) next = next ? std::min(*next, each.due) : each.due;
  return next;
}

void WorkThread::do_due(TimePoint now, std::unique_lock<std::mutex>& lock) {
  const auto repeated = std::min_element(repeated_.begin(), repeated_.end(),
                                         [](const Repeated& a, const Repeated& b) { return a.due < b.due; });
  if (!later_.empty() && (repeated == repeated_.end() || later_.begin()->first <= repeated->due)) {
    auto work = std::move(later_.extract(later_.begin()).mapped());
    lock.unlock();
    guarded(work);
    lock.lock();
    return;
  }
  repeated->due = now + repeated->interval;
  const auto work = repeated->work;
  lock.unlock();
  guarded(work);
  lock.lock();
}

}  // namespace millrace::runtime
