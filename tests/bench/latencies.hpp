#pragma once
// Times of many events, kept as counts: buckets grow with the value and are at most 1/128 of it wide. Value, owned.

#include <algorithm>
#include <array>
#include <bit>
#include <chrono>
#include <cstdint>

namespace millrace::bench {

using Clock = std::chrono::steady_clock;

class Latencies {
 public:
  void add(Clock::duration time) {
    const auto count = std::chrono::duration_cast<std::chrono::nanoseconds>(time).count();
    ++counts_[bucket_of(static_cast<std::uint64_t>(std::max<std::int64_t>(count, 0)))];
    ++total_;
  }
  [[nodiscard]] std::uint64_t total() const { return total_; }

  /// Microseconds that `share` of all times do not pass; 0 without any.
  [[nodiscard]] double quantile_us(double share) const {
    const auto rank = static_cast<std::uint64_t>(share * static_cast<double>(total_));
    std::uint64_t seen = 0;
    for (std::size_t bucket = 0; bucket < counts_.size(); ++bucket) {
      seen += counts_[bucket];
      if (seen > rank || (seen == total_ && seen > 0)) return static_cast<double>(floor_of(bucket)) / 1000;
    }
    return 0;
  }

 private:
  // Below 256 ns a bucket for each; above, 128 for each power of two.
  static constexpr unsigned detail_bits = 7;
  static constexpr std::size_t detail = std::size_t{1} << detail_bits;

  static std::size_t bucket_of(std::uint64_t value) {
    if (value < 2 * detail) return value;
    const auto shift = static_cast<unsigned>(std::bit_width(value)) - detail_bits - 1;
    return shift * detail + (value >> shift);
  }
  static std::uint64_t floor_of(std::size_t bucket) {
    if (bucket < 2 * detail) return bucket;
    const auto shift = bucket / detail - 1;
    return (detail + bucket % detail) << shift;
  }

  std::array<std::uint64_t, 58 * detail> counts_{};
  std::uint64_t total_ = 0;
};

}  // namespace millrace::bench
