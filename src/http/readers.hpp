#pragma once
// Threads on which records are read from disk, inflated and taken apart for readers over HTTP: none of it is for
// network threads. Shared: any thread posts. What is posted runs at once where a thread is free, else in turn.

#include <array>
#include <atomic>

#include "millrace/runtime/work_thread.hpp"

namespace millrace::http {

class Readers {
 public:
  explicit Readers(const runtime::WorkThread::OnEscape& on_escape)
      : threads_{{{"reader-0", on_escape}, {"reader-1", on_escape}}} {}

  void post(runtime::Callback<void()> work) { threads_[next_++ % threads_.size()].post(std::move(work)); }
  /// Before the broker closes; nothing may be posted afterwards.
  void finish() {
    for (auto& thread : threads_) thread.finish();
  }

 private:
  std::atomic<std::size_t> next_ = 0;
  std::array<runtime::WorkThread, 2> threads_;
};

}  // namespace millrace::http
