#pragma once
// The network threads: one io_context each, one thread each. A connection belongs to one of them for life; everything
// of it runs there and needs no lock. Work is handed over with asio::post(threads.at(i), …).
//
// Owned by app. start() once, finish() once; the destructor stops and joins. An exception that escapes a handler is
// handed to `on_escape` and the thread goes on.

#include <boost/asio/executor_work_guard.hpp>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string_view>
#include <thread>
#include <vector>

#include "millrace/runtime/io.hpp"

namespace millrace::runtime {

class IoThreads {
 public:
  using OnEscape = std::function<void(std::string_view what)>;

  /// `count` 0 means one per CPU that this process may use.
  IoThreads(std::size_t count, OnEscape on_escape);
  ~IoThreads();
  IoThreads(const IoThreads&) = delete;
  IoThreads& operator=(const IoThreads&) = delete;

  void start();
  /// Ends the threads when nothing is left to do: no connection, no timer, nothing posted. What a context still holds
  /// when it is destroyed is destroyed with it, at a moment when the rest is gone. After `limit` it stops them anyway
  /// and says false.
  bool finish(std::chrono::milliseconds limit);

  [[nodiscard]] std::size_t size() const { return lanes_.size(); }
  [[nodiscard]] asio::io_context& at(std::size_t index) { return lanes_[index]->context; }

 private:
  struct Lane {
    asio::io_context context{1};
    asio::executor_work_guard<Executor> work{context.get_executor()};
    std::thread thread;
  };
  void run(Lane& lane);
  void stop();

  OnEscape on_escape_;
  std::vector<std::unique_ptr<Lane>> lanes_;
  std::mutex mutex_;
  std::condition_variable ended_;
  std::size_t running_ = 0;
};

/// CPUs in this process's affinity mask, at least 1.
[[nodiscard]] std::size_t usable_cpus();

}  // namespace millrace::runtime
