// The partition of a key. The hashes are those that Kafka's own test of its client names.

#include "millrace/broker/partitioner.hpp"

#include <gtest/gtest.h>

namespace millrace::broker {
namespace {

std::int32_t hash_of(std::string_view text) { return static_cast<std::int32_t>(murmur2(as_bytes(text))); }

TEST(Partitioner, HashesAsKafkasJavaClientDoes) {
  EXPECT_EQ(hash_of("21"), -973932308);
  EXPECT_EQ(hash_of("foobar"), -790332482);
  EXPECT_EQ(hash_of("a-little-bit-long-string"), -985981536);
  EXPECT_EQ(hash_of("a-little-bit-longer-string"), -1486304829);
  EXPECT_EQ(hash_of("lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8"), -58897971);
  EXPECT_EQ(hash_of("abc"), 479470107);
}

TEST(Partitioner, DropsTheSignBeforeItDivides) {
  // -973932308 without its sign is 1173551340.
  EXPECT_EQ(partition_of_key(as_bytes("21"), 7), 3) << "1173551340 mod 7";
  EXPECT_EQ(partition_of_key(as_bytes("21"), 1), 0);
}

}  // namespace
}  // namespace millrace::broker
