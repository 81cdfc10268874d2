// What validate() holds on the heap while it judges. The program links fuzz/heap_watch.cpp, which counts operator new.

#include <gtest/gtest.h>

#include "crafted.hpp"
#include "fuzz/heap_watch.hpp"
#include "millrace/core/limits.hpp"
#include "millrace/record/validate.hpp"

namespace millrace::record {
namespace {

using limits::KiB;
using limits::MiB;

std::size_t peak_of_judging(Bytes batch, const Rules& rules = {}) {
  const millrace::testing::HeapWatch watch;
  (void)validate(batch, rules, noon);
  return watch.peak();
}

TEST(ValidateMemory, PlainBatchesAreJudgedWithoutAnyAllocation) {
  EXPECT_EQ(peak_of_judging(Crafted::of(1).bytes()), 0U);
  EXPECT_EQ(peak_of_judging(Crafted::of(60, Codec::none, 16 * KiB).bytes()), 0U);
  Rules rules;
  rules.timestamp_type = TimestampType::log_append_time;
  EXPECT_EQ(peak_of_judging(Crafted::of(60, Codec::none, 1 * KiB).bytes(), rules), 0U);
}

TEST(ValidateMemory, PlainLiesCostNoMoreThanTheirRefusal) {
  EXPECT_LE(peak_of_judging(Crafted::of(1).set<std::int32_t>(at::record_count, INT32_MAX).bytes()), 4 * KiB);
  const auto honest = Crafted::of(1).bytes();
  const auto section = ByteView(honest).subspan(at::records);
  EXPECT_LE(peak_of_judging(Crafted::around(section, INT32_MAX).bytes()), 4 * KiB);
}

TEST(ValidateMemory, ManyFaultyRecordsDoNotMultiply) {
  BatchBuilder builder;
  for (int i = 0; i < 100'000; ++i) builder.add({.timestamp = 2 * noon, .key = {}, .value = {}, .headers = {}});
  EXPECT_LE(peak_of_judging(builder.finish()), 64 * KiB);
}

TEST(ValidateMemory, R26BombsAreHeldToTheBound) {
  for (const auto codec : {Codec::lz4, Codec::zstd}) {
    const auto bomb = Crafted::around(deflate(codec, Bytes(80 * MiB)), 1, codec).bytes();
    EXPECT_LE(peak_of_judging(bomb), 2 * limits::inflated_bytes_max);
  }
}

TEST(ValidateMemory, R26SnappyLengthsAreNotBelieved) {
  Bytes lying{std::byte{0xff}, std::byte{0xff}, std::byte{0xff}, std::byte{0x1f}};
  lying.resize(1000);
  EXPECT_LE(peak_of_judging(Crafted::around(lying, 1, Codec::snappy).bytes()), 4 * KiB);
}

}  // namespace
}  // namespace millrace::record
