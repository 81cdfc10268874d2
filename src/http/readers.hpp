#pragma once
// Threads on which records are read from disk, inflated and taken apart for readers over HTTP: none of it is for
// network threads. Shared: any thread posts. What is posted runs at once where a thread is free, else in turn.

#include <boost/asio/post.hpp>
#include <boost/asio/thread_pool.hpp>
#include <exception>

#include "millrace/runtime/callback.hpp"
#include "millrace/runtime/work_thread.hpp"

namespace millrace::http {

class Readers {
 public:
  explicit Readers(runtime::WorkThread::OnEscape on_escape) : on_escape_(std::move(on_escape)) {}

  void post(runtime::Callback<void()> work) {
    boost::asio::post(threads_, [this, work = std::move(work)]() mutable {
      try {
        work();
      } catch (const std::exception& fault) {
        on_escape_(fault.what());
      }
    });
  }
  /// Returns when all that was posted is done; nothing may be posted afterwards.
  void finish() { threads_.join(); }

 private:
  static constexpr std::size_t thread_count = 2;

  runtime::WorkThread::OnEscape on_escape_;
  boost::asio::thread_pool threads_{thread_count};
};

}  // namespace millrace::http
