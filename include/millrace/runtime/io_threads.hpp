#pragma once
// The network threads: one io_context each, one thread each. A connection belongs to one of them for life; everything
// of it runs there and needs no lock. Work is handed over with asio::post(threads.at(i), …).
//
// Owned by app. start() once; stop() from any thread lets the contexts run dry of ready handlers and ends them;
// the destructor joins. An exception that escapes a handler is handed to `on_escape` and the thread goes on.

#include <atomic>
#include <boost/asio/executor_work_guard.hpp>
#include <functional>
#include <memory>
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
  void stop();

  [[nodiscard]] std::size_t size() const { return lanes_.size(); }
  [[nodiscard]] asio::io_context& at(std::size_t index) { return lanes_[index]->context; }

 private:
  struct Lane {
    asio::io_context context{1};
    asio::executor_work_guard<Executor> work{context.get_executor()};
    std::thread thread;
  };
  void run(Lane& lane);

  OnEscape on_escape_;
  std::vector<std::unique_ptr<Lane>> lanes_;
};

/// CPUs in this process's affinity mask, at least 1.
[[nodiscard]] std::size_t usable_cpus();

}  // namespace millrace::runtime
