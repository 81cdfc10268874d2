#include <gtest/gtest.h>

#include "millrace/log/compaction.hpp"

namespace millrace::log {
namespace {

constexpr Timestamp now = 1'000'000;

/// Four segments of ten offsets and 100 bytes, the newest records 40, 30, 20 and 10 seconds old.
std::vector<SegmentFacts> four() {
  std::vector<SegmentFacts> facts;
  for (std::int64_t i = 0; i < 4; ++i) {
    facts.push_back(
        {.base = Offset(10 * i), .next = Offset(10 * i + 10), .bytes = 100, .max_timestamp = now - 10'000 * (4 - i)});
  }
  return facts;
}

Compaction with_ratio(double ratio) {
  Compaction policy;
  policy.enabled = true;
  policy.dirty_ratio_min = ratio;
  return policy;
}

/// How many segments a pass works on; 0 when it is not time for one.
std::size_t chosen(const Compaction& policy, std::int64_t clean_to, Timestamp horizon = no_timestamp,
                   Timestamp oldest = no_timestamp) {
  const auto found = dirty(four(), {Offset(clean_to), horizon}, policy, oldest, now);
  return found ? found->count : 0;
}

TEST(Dirty, NothingWithoutThePolicy) {
  auto policy = with_ratio(0);
  policy.enabled = false;
  EXPECT_EQ(chosen(policy, 0), 0U);
}

TEST(Dirty, WhenMoreOfTheBytesThanTheRatioAreNew) {
  EXPECT_EQ(chosen(with_ratio(0.5), 0), 4U);
  EXPECT_EQ(chosen(with_ratio(0.5), 10), 4U);
  EXPECT_EQ(chosen(with_ratio(0.5), 20), 0U) << "half is not more than half";
  EXPECT_EQ(chosen(with_ratio(0.4), 20), 4U);
  EXPECT_EQ(chosen(with_ratio(0), 30), 4U);
  EXPECT_EQ(chosen(with_ratio(0), 40), 0U);
  EXPECT_EQ(chosen(with_ratio(1), 0), 0U);
}

TEST(Dirty, ASegmentThatWasCompactedInPartIsNew) { EXPECT_EQ(chosen(with_ratio(0.4), 15), 4U); }

TEST(Dirty, NotBeforeTheLag) {
  auto policy = with_ratio(0);
  policy.lag_ms_min = 25'000;
  EXPECT_EQ(chosen(policy, 0), 2U);
  EXPECT_EQ(chosen(policy, 20), 0U);
  policy.lag_ms_min = 10'001;
  EXPECT_EQ(chosen(policy, 0), 3U);
  policy.lag_ms_min = 10'000;
  EXPECT_EQ(chosen(policy, 0), 4U);
}

TEST(Dirty, ARecordFromTheFutureIsYoung) {
  auto facts = four();
  facts[1].max_timestamp = now + 1;
  auto policy = with_ratio(0);
  policy.lag_ms_min = 1;
  EXPECT_EQ(dirty(facts, {}, policy, no_timestamp, now)->count, 1U);
}

TEST(Dirty, WhateverTheRatioOnceTheOldestWaitedTooLong) {
  auto policy = with_ratio(1);
  policy.lag_ms_max = 5000;
  EXPECT_EQ(chosen(policy, 30, no_timestamp, now - 5001), 4U);
  EXPECT_EQ(chosen(policy, 30, no_timestamp, now - 5000), 0U);
  EXPECT_EQ(chosen(policy, 30, no_timestamp, now + 5001), 0U);
  EXPECT_EQ(chosen(policy, 30, no_timestamp, no_timestamp), 0U);
  EXPECT_EQ(chosen(policy, 40, no_timestamp, now - 5001), 0U) << "nothing is new";
}

TEST(Dirty, WhenAllTombstonesMayGo) {
  EXPECT_EQ(chosen(with_ratio(1), 40, now - 1), 4U);
  EXPECT_EQ(chosen(with_ratio(1), 40, now), 0U);
  EXPECT_EQ(chosen(with_ratio(1), 0, now - 1), 0U);
}

}  // namespace
}  // namespace millrace::log
