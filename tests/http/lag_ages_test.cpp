#include "lag_ages.hpp"

#include <gtest/gtest.h>

#include <map>

namespace millrace::http {
namespace {

/// Groups on partitions of one topic; the log says that record n was written at 1000 + n, and counts who asks.
struct Round {
  LagAges& ages;
  int looks = 0;

  std::optional<Timestamp> ask(const std::string& group, std::int64_t offset, PartitionIndex partition = 0) {
    return ages.time_of(group, {"t", partition}, Offset(offset), [&]() -> std::optional<Timestamp> {
      ++looks;
      return 1000 + offset;
    });
  }
};

TEST(LagAges, WhoStandsStillIsLookedUpOnce) {
  LagAges ages(10, 100);
  Round first{ages};
  EXPECT_EQ(first.ask("g", 5), 1005);
  EXPECT_EQ(first.looks, 1);
  EXPECT_EQ(ages.end_round(), 0U);
  Round second{ages};
  EXPECT_EQ(second.ask("g", 5), 1005);
  EXPECT_EQ(second.looks, 0);
  EXPECT_EQ(second.ask("g", 6), 1006);
  EXPECT_EQ(second.looks, 1);
}

TEST(LagAges, GroupsAndPartitionsAreKeptApart) {
  LagAges ages(10, 100);
  Round round{ages};
  EXPECT_EQ(round.ask("a", 1), 1001);
  EXPECT_EQ(round.ask("b", 2), 1002);
  EXPECT_EQ(round.ask("a", 3, 1), 1003);
  EXPECT_EQ(round.ask("a", 1), 1001);
  EXPECT_EQ(round.looks, 3);
}

TEST(LagAges, WhatTheLogCouldNotTellIsAskedAgain) {
  LagAges ages(10, 100);
  const auto nothing = []() -> std::optional<Timestamp> { return std::nullopt; };
  EXPECT_EQ(ages.time_of("g", {"t", 0}, Offset(5), nothing), std::nullopt);
  ages.end_round();
  EXPECT_EQ(Round{ages}.ask("g", 5), 1005);
}

TEST(LagAges, WhoHasNoTurnKeepsTheOlderTimeAndIsNextInTheEnd) {
  constexpr int groups = 10, looks_max = 3;
  LagAges ages(looks_max, 100);
  std::map<int, std::int64_t> told;
  for (int round_number = 1; round_number <= 12; ++round_number) {
    Round round{ages};
    for (int group = 0; group < groups; ++group) {
      const auto offset = round_number * 100;  // all of them move all the time
      if (const auto time = round.ask("g" + std::to_string(group), offset)) {
        EXPECT_LE(*time, 1000 + offset);
        told[group] = *time - 1000;
      }
    }
    EXPECT_LE(round.looks, looks_max);
    EXPECT_EQ(ages.end_round(), static_cast<std::size_t>(groups - round.looks));
  }
  for (int group = 0; group < groups; ++group) EXPECT_GE(told[group], 700) << "group " << group;
}

TEST(LagAges, RemembersNoMoreThanItMayAndForgetsWhoIsGone) {
  LagAges ages(10, 2);
  Round first{ages};
  EXPECT_TRUE(first.ask("a", 1));
  EXPECT_TRUE(first.ask("b", 1));
  EXPECT_FALSE(first.ask("c", 1));
  EXPECT_EQ(ages.end_round(), 1U);
  Round second{ages};
  EXPECT_TRUE(second.ask("a", 1));
  EXPECT_EQ(ages.end_round(), 0U);
  EXPECT_TRUE(Round{ages}.ask("c", 1));
}

}  // namespace
}  // namespace millrace::http
