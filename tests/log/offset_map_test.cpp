#include "offset_map.hpp"

#include <gtest/gtest.h>

#include <map>

#include "support/seeded_random.hpp"

namespace millrace::log {
namespace {

constexpr SipKey key{1, 2};

TEST(OffsetMap, RemembersTheLastOffsetOfEachKey) {
  OffsetMap map(100, 1 << 20, key);
  EXPECT_EQ(map.find(as_bytes("a")), std::nullopt);
  EXPECT_TRUE(map.put(as_bytes("a"), Offset(1)));
  EXPECT_TRUE(map.put(as_bytes("b"), Offset(2)));
  EXPECT_TRUE(map.put(as_bytes("a"), Offset(3)));
  EXPECT_TRUE(map.put({}, Offset(4)));
  EXPECT_EQ(map.find(as_bytes("a")), Offset(3));
  EXPECT_EQ(map.find(as_bytes("b")), Offset(2));
  EXPECT_EQ(map.find({}), Offset(4));
  EXPECT_EQ(map.find(as_bytes("c")), std::nullopt);
  EXPECT_EQ(map.size(), 3U);
}

TEST(OffsetMap, TakesNoMoreKeysThanItsBudgetHoldsAndGoesOnWithThose) {
  OffsetMap map(1'000'000, std::size_t{24} * 100, key);
  std::int64_t taken = 0;
  while (map.put(as_bytes("key " + std::to_string(taken)), Offset(taken))) ++taken;
  EXPECT_EQ(taken, 75);
  EXPECT_TRUE(map.put(as_bytes("key 3"), Offset(900)));
  EXPECT_EQ(map.find(as_bytes("key 3")), Offset(900));
  EXPECT_EQ(map.find(as_bytes("key 74")), Offset(74));
  EXPECT_EQ(map.find(as_bytes("key 75")), std::nullopt);
}

TEST(OffsetMap, HasRoomForOneKeyWithoutAnyBudget) {
  OffsetMap map(0, 0, key);
  EXPECT_TRUE(map.put(as_bytes("a"), Offset(0)));
}

TEST(OffsetMap, HasRoomForAsManyEntriesAsWereAskedFor) {
  for (const std::int64_t entries : {1, 2, 3, 4, 5, 10, 100, 1000}) {
    OffsetMap map(static_cast<std::uint64_t>(entries), 1 << 20, key);
    for (std::int64_t i = 0; i < entries; ++i) {
      EXPECT_TRUE(map.put(as_bytes(std::to_string(i)), Offset(i))) << i << " of " << entries;
    }
  }
}

TEST(OffsetMap, AnswersAsAnOrdinaryMapDoes) {
  const auto seed = support::seed_from_env(1);
  support::SeededRandom random(seed);
  OffsetMap map(500, 1 << 20, key);
  std::map<std::string, Offset> expected;
  for (std::int64_t i = 0; i < 5000; ++i) {
    const auto word = std::to_string(random.below(500));
    ASSERT_TRUE(map.put(as_bytes(word), Offset(i))) << "MILLRACE_SEED=" << seed;
    expected[word] = Offset(i);
  }
  for (const auto& [word, offset] : expected) EXPECT_EQ(map.find(as_bytes(word)), offset);
}

}  // namespace
}  // namespace millrace::log
