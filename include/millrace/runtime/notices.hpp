#pragma once
// Notices: what the broker has to say of itself, as CloudEvents in the topic `__millrace.events`, which any client may
// read and nobody else may write. The topic is made when the first of them is written. docs/dead_letters.md has them.
//
// tell() takes its time for a look at a queue and never waits: what cannot be written, or comes faster than it is, is
// counted and said in the log, and is gone. Shared: any thread. Whoever owns it keeps it by a shared_ptr, and calls
// close() before the broker goes.

#include <atomic>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <string>

#include "millrace/core/time.hpp"
#include "millrace/runtime/broker_runtime.hpp"

namespace millrace::runtime {

struct Notice {
  std::string type{};     ///< "dev.millrace.deadletter.written"
  std::string subject{};  ///< UTF-8
  std::string key{};      ///< of the record: what it is about, so that its notices keep their order
  std::string json{};     ///< its data: an object
};

class Notices : public std::enable_shared_from_this<Notices> {
 public:
  Notices(BrokerRuntime& broker, std::shared_ptr<spdlog::logger> diagnostics)
      : broker_(broker), diagnostics_(std::move(diagnostics)) {}

  void tell(Notice notice);
  /// Nothing is written any more but what is under way.
  void close();
  struct Counts {
    std::uint64_t written = 0;
    std::uint64_t lost = 0;
  };
  [[nodiscard]] Counts counts() const { return {written_.load(), lost_.load()}; }

  /// "/millrace/<cluster id>": ce_source of all of them.
  [[nodiscard]] std::string source() const;

 private:
  struct Waiting {
    Notice notice;
    Timestamp time = 0;
  };
  /// The next ones, or nobody is busy any more.
  void go_on();
  void make_topic();
  void write_next();
  [[nodiscard]] std::vector<Waiting> take_next();
  void lose(std::size_t count, const std::string& why);

  BrokerRuntime& broker_;
  std::shared_ptr<spdlog::logger> diagnostics_;
  std::mutex mutex_;
  std::deque<Waiting> waiting_;
  std::size_t waiting_bytes_ = 0;
  bool is_busy_ = false;
  bool is_closed_ = false;
  std::atomic<std::uint64_t> written_ = 0;
  std::atomic<std::uint64_t> lost_ = 0;
};

}  // namespace millrace::runtime
