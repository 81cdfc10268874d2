#include "fetch_session_cache.hpp"

#include <gtest/gtest.h>

namespace millrace::kafka {
namespace {

using namespace std::chrono_literals;

/// Sessions that are nothing but their size, and a time that is pushed by hand.
struct Cache {
  explicit Cache(std::size_t slots, std::size_t bytes_max = 1'000'000) : cache(slots, 42, bytes_max) {}

  std::int32_t add(std::size_t partitions, std::size_t bytes = 0) {
    const auto session = std::make_shared<runtime::Guarded<FetchSession>>(false, std::span<const runtime::FetchPart>(),
                                                                          std::span<const broker::FetchAnswer>());
    return cache.add(session, {.partitions = partitions, .bytes = bytes}, now);
  }
  bool touch(std::int32_t id, std::size_t partitions, std::size_t bytes = 0) {
    return cache.touch(id, {.partitions = partitions, .bytes = bytes}, now);
  }
  [[nodiscard]] bool has(std::int32_t id) const { return cache.find(id) != nullptr; }

  FetchSessionCache cache;
  Instant now{};
};

TEST(FetchSessionCache, GivesPositiveIdsThatDiffer) {
  Cache cache(1'000);
  std::set<std::int32_t> ids;
  for (int i = 0; i < 1'000; ++i) ids.insert(cache.add(1));
  EXPECT_EQ(ids.size(), 1'000U);
  EXPECT_GE(*ids.begin(), 1);
}

TEST(FetchSessionCache, ADifferentSeedGivesDifferentIds) {
  FetchSessionCache one(1, 1), other(1, 2), again(1, 1);
  const auto id = one.add(nullptr, {}, Instant{});
  EXPECT_NE(other.add(nullptr, {}, Instant{}), id);
  EXPECT_EQ(again.add(nullptr, {}, Instant{}), id);
}

TEST(FetchSessionCache, ARemovedSessionIsGone) {
  Cache cache(10);
  const auto id = cache.add(3, 100);
  EXPECT_TRUE(cache.has(id));
  EXPECT_EQ(cache.cache.bytes(), 100U);
  cache.cache.remove(id);
  cache.cache.remove(id);
  EXPECT_FALSE(cache.has(id));
  EXPECT_EQ(cache.cache.bytes(), 0U);
  EXPECT_FALSE(cache.touch(id, 3));
}

TEST(FetchSessionCache, WithoutSlotsNoSessionIsGranted) {
  Cache cache(0);
  EXPECT_EQ(cache.add(100), FetchSessionCache::no_session);
}

TEST(FetchSessionCache, WhenAllAreYoungTheNewOneGetsNone) {
  Cache cache(2);
  const auto first = cache.add(1), second = cache.add(1);
  cache.now += FetchSessionCache::safe_for;
  EXPECT_TRUE(cache.touch(first, 1));
  EXPECT_TRUE(cache.touch(second, 1));
  EXPECT_EQ(cache.add(1'000), FetchSessionCache::no_session);
  EXPECT_TRUE(cache.has(first) && cache.has(second));
}

TEST(FetchSessionCache, TheOneThatIsIdleLongestMakesRoom) {
  Cache cache(3);
  const auto first = cache.add(100);
  cache.now += 1s;
  const auto second = cache.add(1);
  cache.now += 1s;
  const auto third = cache.add(50);
  EXPECT_TRUE(cache.touch(first, 100));
  cache.now += FetchSessionCache::safe_for;
  const auto fourth = cache.add(1);  // second was used a little longer ago than it is safe for
  EXPECT_NE(fourth, FetchSessionCache::no_session);
  EXPECT_FALSE(cache.has(second));
  EXPECT_TRUE(cache.has(first) && cache.has(third) && cache.has(fourth));
}

TEST(FetchSessionCache, ALargerOneTakesThePlaceOfTheSmallestThatIsOld) {
  Cache cache(3);
  const auto large = cache.add(10), small = cache.add(2), smaller = cache.add(1);
  cache.now += FetchSessionCache::safe_for + 1ms;
  for (const auto& [id, size] : {std::pair{large, 10U}, {small, 2U}}) EXPECT_TRUE(cache.touch(id, size));
  // Old by age, but not touched since: it goes first, for it is idle.
  EXPECT_NE(cache.add(1), FetchSessionCache::no_session);
  EXPECT_FALSE(cache.has(smaller));
  // All were used just now. What is as large as the smallest old one does not take its place, one that is larger does.
  EXPECT_EQ(cache.add(2), FetchSessionCache::no_session);
  const auto three = cache.add(3);
  EXPECT_NE(three, FetchSessionCache::no_session);
  EXPECT_FALSE(cache.has(small));
  // Now only the large one is old.
  EXPECT_EQ(cache.add(10), FetchSessionCache::no_session);
  EXPECT_NE(cache.add(11), FetchSessionCache::no_session);
  EXPECT_FALSE(cache.has(large));
}

TEST(FetchSessionCache, TheSizeThatCountsIsTheLast) {
  Cache cache(1);
  const auto only = cache.add(1);
  cache.now += FetchSessionCache::safe_for + 1ms;
  EXPECT_TRUE(cache.touch(only, 50));
  EXPECT_EQ(cache.add(20), FetchSessionCache::no_session);
  EXPECT_TRUE(cache.touch(only, 5));
  EXPECT_NE(cache.add(20), FetchSessionCache::no_session);
  EXPECT_FALSE(cache.has(only));
}

TEST(FetchSessionCache, WhatDoesNotFitIntoMemoryIsNotGranted) {
  Cache cache(100, 1'000);
  const auto first = cache.add(1, 600);
  EXPECT_EQ(cache.add(1, 500), FetchSessionCache::no_session);
  EXPECT_TRUE(cache.has(first));
  EXPECT_EQ(cache.add(1, 1'001), FetchSessionCache::no_session);
  EXPECT_NE(cache.add(1, 400), FetchSessionCache::no_session);
  EXPECT_EQ(cache.cache.bytes(), 1'000U);
}

TEST(FetchSessionCache, ASessionThatOutgrowsTheMemoryIsGone) {
  Cache cache(100, 1'000);
  const auto first = cache.add(1, 600), second = cache.add(1, 300);
  EXPECT_TRUE(cache.touch(second, 2, 400));
  EXPECT_FALSE(cache.touch(second, 3, 401));
  EXPECT_FALSE(cache.has(second));
  EXPECT_TRUE(cache.has(first));
  EXPECT_EQ(cache.cache.bytes(), 600U);
}

}  // namespace
}  // namespace millrace::kafka
