#pragma once
// Numbers that busy threads add to and somebody reads now and then: how often something happened, how much of it there
// is, how long it took. Plain atomics, without a lock and without memory of their own.
//
// Shared: any thread adds and reads. Two of them are not read at one moment; nothing may be decided by them.

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>

namespace millrace::inline core {

/// Only grows.
class Counter {
 public:
  void add(std::uint64_t by = 1) noexcept { value_.fetch_add(by, std::memory_order_relaxed); }
  [[nodiscard]] std::uint64_t value() const noexcept { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t> value_ = 0;
};

/// Grows and shrinks. One that several add to and take from may be seen below what it is for a moment, never below 0.
class Level {
 public:
  void add(std::size_t by = 1) noexcept { value_.fetch_add(static_cast<std::int64_t>(by), std::memory_order_relaxed); }
  void take(std::size_t by = 1) noexcept { value_.fetch_sub(static_cast<std::int64_t>(by), std::memory_order_relaxed); }
  [[nodiscard]] std::uint64_t value() const noexcept {
    return static_cast<std::uint64_t>(std::max<std::int64_t>(value_.load(std::memory_order_relaxed), 0));
  }

 private:
  std::atomic<std::int64_t> value_ = 0;
};

/// How long things took, sorted into fixed buckets from a tenth of a millisecond to half a minute.
class Durations {
 public:
  /// The upper end of each bucket but the last, which has none.
  static constexpr std::array<std::chrono::microseconds, 17> bounds{
      std::chrono::microseconds(100),        std::chrono::microseconds(250),       std::chrono::microseconds(500),
      std::chrono::microseconds(1'000),      std::chrono::microseconds(2'500),     std::chrono::microseconds(5'000),
      std::chrono::microseconds(10'000),     std::chrono::microseconds(25'000),    std::chrono::microseconds(50'000),
      std::chrono::microseconds(100'000),    std::chrono::microseconds(250'000),   std::chrono::microseconds(500'000),
      std::chrono::microseconds(1000'000),   std::chrono::microseconds(2'500'000), std::chrono::microseconds(5'000'000),
      std::chrono::microseconds(10'000'000), std::chrono::microseconds(30'000'000)};

  /// What was counted so far, as a value.
  struct Seen {
    std::array<std::uint64_t, bounds.size() + 1> counts{};  ///< of each bucket alone
    double seconds = 0;                                     ///< of all together

    Seen& operator+=(const Seen& more) {
      for (std::size_t i = 0; i < counts.size(); ++i) counts[i] += more.counts[i];
      seconds += more.seconds;
      return *this;
    }
  };

  void add(std::chrono::nanoseconds took) noexcept {
    const auto bucket = static_cast<std::size_t>(std::ranges::lower_bound(bounds, took) - bounds.begin());
    counts_[bucket].add();
    nanoseconds_.add(static_cast<std::uint64_t>(std::max<std::int64_t>(took.count(), 0)));
  }
  [[nodiscard]] Seen seen() const noexcept {
    Seen seen;
    for (std::size_t i = 0; i < counts_.size(); ++i) seen.counts[i] = counts_[i].value();
    seen.seconds = static_cast<double>(nanoseconds_.value()) / 1e9;
    return seen;
  }

 private:
  std::array<Counter, bounds.size() + 1> counts_;
  Counter nanoseconds_;
};

}  // namespace millrace::inline core
