#include "span_queue.hpp"

#include <iterator>
#include <utility>

namespace millrace::tracing {

std::size_t SpanQueue::push(std::string encoded) {
  const std::lock_guard lock(mutex_);
  if (waiting_.size() >= spans_max_ || bytes() + encoded.size() > bytes_max_) return 0;
  bytes_.add(encoded.size());
  spans_.add();
  waiting_.push_back(std::move(encoded));
  return waiting_.size();
}

std::vector<std::string> SpanQueue::take(std::size_t spans_max, std::size_t bytes_max) {
  const std::lock_guard lock(mutex_);
  std::size_t count = 0, taken = 0;
  while (count < waiting_.size() && count < spans_max) {
    if (count > 0 && taken + waiting_[count].size() > bytes_max) break;
    taken += waiting_[count++].size();
  }
  const auto end = waiting_.begin() + static_cast<std::ptrdiff_t>(count);
  std::vector<std::string> batch(std::make_move_iterator(waiting_.begin()), std::make_move_iterator(end));
  waiting_.erase(waiting_.begin(), end);
  bytes_.take(taken);
  spans_.take(count);
  return batch;
}

}  // namespace millrace::tracing
