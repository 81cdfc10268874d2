#include "offset_map.hpp"

#include <gtest/gtest.h>

#include <map>

#include "support/seeded_random.hpp"

namespace millrace::log {
namespace {

std::string hex(const Hash128& hash) {
  Bytes bytes;
  append_be(bytes, hash.low);
  append_be(bytes, hash.high);
  std::string text;
  for (const auto byte : bytes) {
    constexpr const char* digits = "0123456789abcdef";
    text += digits[std::to_integer<unsigned>(byte) >> 4];
    text += digits[std::to_integer<unsigned>(byte) & 15];
  }
  return text;
}

/// Of the bytes 0, 1, 2, … under the key 0, 1, …, 15, with the two words of the result turned round to big-endian.
std::string sip_of(int length) {
  Bytes bytes;
  for (int i = 0; i < length; ++i) bytes.push_back(static_cast<std::byte>(i));
  return hex(siphash128(bytes, {0x0706050403020100, 0x0f0e0d0c0b0a0908}));
}

// What OpenSSL's own SIPHASH gives for the same input: a3817f04ba25a8e6 6df67214c7550293 and so on.
TEST(SipHash, GivesWhatOthersGive) {
  EXPECT_EQ(sip_of(0), "e6a825ba047f81a3930255c71472f66d");
  EXPECT_EQ(sip_of(1), "44af996bd8c187da45fc229b11597634");
  EXPECT_EQ(sip_of(8), "61f55862baa9623bb49714f364e2830f");
  EXPECT_EQ(sip_of(15), "11a8b03399e99354d9c3cf970fec087e");
}

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
