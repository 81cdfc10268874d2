#include "job_rate.hpp"

#include <algorithm>
#include <limits>

namespace millrace::redrive {

namespace {

/// A millisecond more, because readings are cut to milliseconds.
constexpr Milliseconds window{1'001};
constexpr std::size_t pieces_per_second = 10;

}  // namespace

std::size_t JobRate::per_piece() const { return std::max<std::size_t>(1, *rate_ / pieces_per_second); }

Instant JobRate::paid() const {
  const auto worth = (pieces_.back().count * 1'000 + *rate_ - 1) / *rate_;
  return pieces_.back().at + std::max(Milliseconds(worth), Milliseconds(1));
}

std::size_t JobRate::allowed(Instant now) {
  if (!rate_) return std::numeric_limits<std::size_t>::max();
  while (!pieces_.empty() && pieces_.front().at + window <= now) {
    sum_ -= pieces_.front().count;
    pieces_.pop_front();
  }
  if (!pieces_.empty() && now < paid()) return 0;
  return std::min(per_piece(), *rate_ - std::min<std::size_t>(sum_, *rate_));
}

void JobRate::took(std::size_t count, Instant now) {
  if (!rate_ || count == 0) return;
  pieces_.push_back({now, count});
  sum_ += count;
}

Instant JobRate::next() const {
  if (!rate_ || pieces_.empty()) return {};
  return sum_ < *rate_ ? paid() : std::max(paid(), pieces_.front().at + window);
}

}  // namespace millrace::redrive
