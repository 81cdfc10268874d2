#pragma once
// Names that are looked up, on threads that may wait for it: a few at once, and each name once at a time. So whoever
// asks for a name whose servers do not answer holds one thread, however often he asks, and not everybody else.
//
// Shared, any thread. Threads are made when they are needed, and end with close().

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "millrace/sender/sender.hpp"

namespace millrace::sender {

class Lookups {
 public:
  using Found = Result<std::vector<subscriptions::Address>>;
  using Done = std::function<void(const Found&)>;

  Lookups(std::size_t threads_max, Lookup lookup) : threads_max_(threads_max), lookup_(std::move(lookup)) {}
  ~Lookups() { close(); }
  Lookups(const Lookups&) = delete;
  Lookups& operator=(const Lookups&) = delete;

  /// `done` is called on another thread, or never when close() comes before it.
  void find(const std::string& name, Done done);
  /// Waits for lookups that are under way, and begins no other.
  void close();

 private:
  void run();
  /// Those that were not found have half of the threads at most.
  [[nodiscard]] bool may_doubt() const {
    return !next_doubtful_.empty() && doubtful_under_way_ < std::max<std::size_t>(threads_max_ / 2, 1);
  }
  void note(const std::string& name, bool is_found);

  const std::size_t threads_max_;
  const Lookup lookup_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::map<std::string, std::vector<Done>> asked_;  ///< who waits for a name, looked up or about to be
  std::deque<std::string> next_;                    ///< names that nobody looks up so far
  std::deque<std::string> next_doubtful_;           ///< likewise, of those that were not found the last time
  std::set<std::string> doubtful_;
  std::size_t doubtful_under_way_ = 0;
  std::vector<std::thread> threads_;
  std::size_t idle_ = 0;
  bool is_closed_ = false;
};

}  // namespace millrace::sender
