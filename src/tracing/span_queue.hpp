#pragma once
// Spans that wait to be sent: of a bounded number and of bounded bytes, so that a collector that does not take them
// costs the broker no more than that. When it is full the newest is dropped: what was there first tells how it began.
//
// Shared: any thread pushes, under a lock that is held for the length of one push_back.

#include <cstddef>
#include <mutex>
#include <string>
#include <vector>

#include "millrace/core/counting.hpp"

namespace millrace::tracing {

class SpanQueue {
 public:
  SpanQueue(std::size_t spans_max, std::size_t bytes_max) : spans_max_(spans_max), bytes_max_(bytes_max) {}

  /// How many there are now, this one included; 0 when it was dropped.
  [[nodiscard]] std::size_t push(std::string encoded);
  /// The oldest: at most `spans_max`, and no more than `bytes_max` of bytes unless one alone has more.
  [[nodiscard]] std::vector<std::string> take(std::size_t spans_max, std::size_t bytes_max);

  [[nodiscard]] std::size_t size() const { return spans_.value(); }
  [[nodiscard]] std::size_t bytes() const { return bytes_.value(); }
  [[nodiscard]] std::size_t bytes_max() const { return bytes_max_; }
  [[nodiscard]] bool is_full() const { return size() >= spans_max_ || bytes() >= bytes_max_; }

 private:
  const std::size_t spans_max_;
  const std::size_t bytes_max_;
  Level spans_;  ///< beside the lock, for those who only look
  Level bytes_;
  std::mutex mutex_;
  std::vector<std::string> waiting_;
};

}  // namespace millrace::tracing
