#include <gtest/gtest.h>

#include "millrace/groups/coordinator.hpp"

namespace millrace::groups {
namespace {

constexpr std::int32_t many = 2'000'000'000;  // so that the hash itself shows

TEST(PartitionFor, IsJavasHashOfTheText) {
  EXPECT_EQ(partition_for("", many), 0);
  EXPECT_EQ(partition_for("a", many), 97);
  EXPECT_EQ(partition_for("hello", many), 99'162'322);
  EXPECT_EQ(partition_for("console-consumer-1", 50), 24);
}

TEST(PartitionFor, DropsTheSignOfANegativeHash) { EXPECT_EQ(partition_for("millrace", 50), 1'413'414'675 % 50); }

TEST(PartitionFor, TheSmallestHashHasNoPositiveAndCountsAs0) {
  EXPECT_EQ(partition_for("polygenelubricants", 50), 0);  // a well-known text with hash -2^31
}

TEST(PartitionFor, CountsCharactersInUtf16) {
  EXPECT_EQ(partition_for("\xC3\xA9", many), 0xE9);
  EXPECT_EQ(partition_for("\xE2\x82\xAC", many), 0x20AC);
  EXPECT_EQ(partition_for("\xF0\x9F\x98\x80", many), 0xD83D * 31 + 0xDE00);
}

TEST(PartitionFor, BytesThatAreNoUtf8CountAsReplacementCharacters) {
  for (const char* bad : {"\xFF", "\x80", "\xC3", "\xF5"}) EXPECT_EQ(partition_for(bad, many), 0xFFFD) << bad;
  EXPECT_EQ(partition_for("\xC3z", many), 0xFFFD * 31 + 'z');
}

TEST(PartitionFor, StaysWithinTheCount) {
  for (int i = 0; i < 1'000; ++i) {
    const auto at = partition_for("group " + std::to_string(i), 7);
    EXPECT_TRUE(at >= 0 && at < 7);
  }
  EXPECT_EQ(partition_for("anything", 1), 0);
}

}  // namespace
}  // namespace millrace::groups
