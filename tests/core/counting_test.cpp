#include "millrace/core/counting.hpp"

#include <gtest/gtest.h>

#include <numeric>
#include <thread>
#include <vector>

namespace millrace {
namespace {

using namespace std::chrono_literals;

std::size_t bucket_of(std::chrono::nanoseconds took) {
  Durations durations;
  durations.add(took);
  const auto counts = durations.seen().counts;
  EXPECT_EQ(std::accumulate(counts.begin(), counts.end(), 0U), 1U);
  return static_cast<std::size_t>(std::ranges::find(counts, 1U) - counts.begin());
}

TEST(Durations, BoundsAscend) { EXPECT_TRUE(std::ranges::is_sorted(Durations::bounds, std::ranges::less_equal{})); }

TEST(Durations, ABucketHoldsItsUpperEnd) {
  for (std::size_t i = 0; i < Durations::bounds.size(); ++i) {
    EXPECT_EQ(bucket_of(Durations::bounds[i]), i);
    EXPECT_EQ(bucket_of(Durations::bounds[i] + 1ns), i + 1);
  }
}

TEST(Durations, WhatIsOutOfBoundsIsCountedAllTheSame) {
  EXPECT_EQ(bucket_of(0ns), 0U);
  EXPECT_EQ(bucket_of(-5ms), 0U);
  EXPECT_EQ(bucket_of(24h), Durations::bounds.size());
}

TEST(Durations, SeveralAreSummed) {
  Durations one, other;
  one.add(1ms);
  other.add(1ms);
  other.add(2s);
  auto sum = one.seen();
  sum += other.seen();
  EXPECT_EQ(std::accumulate(sum.counts.begin(), sum.counts.end(), 0U), 3U);
  EXPECT_DOUBLE_EQ(sum.seconds, 2.002);
}

TEST(Counter, LosesNothingBetweenThreads) {
  Counter counter;
  Level level;
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int n = 0; n < 10'000; ++n) {
        counter.add(3);
        level.add(7);
        level.take(6);
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(counter.value(), 120'000U);
  EXPECT_EQ(level.value(), 40'000U);
}

TEST(Level, IsNeverSeenBelowNothing) {
  Level level;
  level.take(1);
  EXPECT_EQ(level.value(), 0U);
  level.add(2);
  EXPECT_EQ(level.value(), 1U);
}

}  // namespace
}  // namespace millrace
