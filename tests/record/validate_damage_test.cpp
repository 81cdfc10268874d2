// What a stranger or a bad cable can do to the bytes of a batch: cut them, flip them, or craft them with a right CRC.

#include <gtest/gtest.h>

#include "crafted.hpp"
#include "golden.hpp"
#include "millrace/core/limits.hpp"
#include "millrace/record/record.hpp"
#include "millrace/record/validate.hpp"

namespace millrace::record {
namespace {

using limits::MiB;

class DamagedBatch : public testing::TestWithParam<Codec> {};
INSTANTIATE_TEST_SUITE_P(Codecs, DamagedBatch,
                         testing::Values(Codec::none, Codec::gzip, Codec::snappy, Codec::lz4, Codec::zstd), codec_name);

TEST_P(DamagedBatch, R27EveryTruncationIsRefused) {
  const auto whole = Crafted::of(2, GetParam()).bytes();
  for (std::size_t size = 0; size < whole.size(); ++size) {
    Bytes cut(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size));
    // As in Kafka: what is cut short is no batch, and sending it again would not help.
    EXPECT_EQ(validate(cut, Rules{}, noon).error, ErrorCode::invalid_record) << size;
  }
}

TEST_P(DamagedBatch, R27EveryFlippedBitIsRefused) {
  const auto whole = Crafted::of(2, GetParam()).bytes();
  for (std::size_t bit = 0; bit < whole.size() * 8; ++bit) {
    const auto byte = bit / 8;
    // The leader epoch is the broker's to write: what the client put there is not read.
    if (byte >= at::leader_epoch && byte < at::magic) continue;
    auto flipped = whole;
    flipped[byte] ^= static_cast<std::byte>(1U << (bit % 8));
    const auto verdict = validate(flipped, Rules{}, noon);
    EXPECT_NE(verdict.error, ErrorCode::none) << "bit " << bit;
    EXPECT_FALSE(verdict.message.empty()) << "bit " << bit;
    if (byte >= at::crc) {
      EXPECT_EQ(verdict.error, ErrorCode::corrupt_message) << "bit " << bit;
    }
  }
}

/// Whatever passes can be read back, has the promised count, and consecutive offsets.
void expect_readable(const Verdict& verdict, const Bytes& batch) {
  const auto& stored = verdict.rebuilt ? *verdict.rebuilt : batch;
  const auto records = read_records(stored);
  ASSERT_TRUE(records) << records.error().message;
  ASSERT_EQ(records->size(), static_cast<std::size_t>(verdict.header.record_count));
  for (std::size_t i = 0; i < records->size(); ++i) {
    ASSERT_EQ(records->at(i).offset, Offset(static_cast<std::int64_t>(i)));
  }
}

TEST_P(DamagedBatch, R27WhatPassesWithARightCrcCanAlwaysBeReadBack) {
  const auto whole = Crafted::of(2, GetParam()).bytes();
  int passed = 0;
  for (std::size_t where = at::attributes; where < whole.size(); ++where) {
    for (int value = 0; value < 256; ++value) {
      auto crafted = Crafted(whole);
      crafted.set<std::uint8_t>(where, static_cast<std::uint8_t>(value));
      auto batch = crafted.bytes();
      const auto verdict = validate(batch, Rules{}, noon);
      if (verdict.error != ErrorCode::none) continue;
      ++passed;
      expect_readable(verdict, batch);
      if (HasFatalFailure()) FAIL() << "byte " << where << " = " << value;
    }
  }
  EXPECT_GT(passed, 0);
}

class Bomb : public testing::TestWithParam<Codec> {};
INSTANTIATE_TEST_SUITE_P(Codecs, Bomb, testing::Values(Codec::gzip, Codec::lz4, Codec::zstd), codec_name);

TEST_P(Bomb, R26IsRefusedBeyondTheBound) {
  Rules rules;
  auto batch = Crafted::around(deflate(GetParam(), Bytes(limits::inflated_bytes_max + 1)), 1, GetParam()).bytes();
  ASSERT_LE(batch.size(), static_cast<std::size_t>(rules.batch_bytes_max));
  const auto verdict = validate(batch, rules, noon);
  EXPECT_EQ(verdict.error, ErrorCode::invalid_record);
  EXPECT_NE(verdict.message.find("inflates beyond"), std::string::npos) << verdict.message;
}

TEST(NestedBomb, R26InnerStreamsAreBytesOfNoConcern) {
  const auto inner = deflate(Codec::gzip, Bytes(16 * MiB));
  auto batch = Crafted::around(deflate(Codec::gzip, inner), 1, Codec::gzip).bytes();
  EXPECT_EQ(validate(batch, Rules{}, noon).error, ErrorCode::invalid_record);
}

TEST(LyingHeader, CountsOfAnySizeAllocateNothing) {
  for (const std::int32_t count : {2, 1000, INT32_MAX}) {
    const auto honest = Crafted::of(1).bytes();
    auto batch = Crafted::around(ByteView(honest).subspan(at::records), count).bytes();
    const auto verdict = validate(batch, Rules{}, noon);
    EXPECT_EQ(verdict.error, ErrorCode::invalid_record) << count;
    ASSERT_EQ(verdict.faults.size(), 1U);
    EXPECT_EQ(verdict.faults[0].index, 1);
  }
}

TEST(LyingHeader, FewerRecordsThanThereAreIsRefused) {
  const auto honest = Crafted::of(3).bytes();
  auto batch = Crafted::around(ByteView(honest).subspan(at::records), 2).bytes();
  const auto verdict = validate(batch, Rules{}, noon);
  EXPECT_EQ(verdict.error, ErrorCode::invalid_record);
  EXPECT_EQ(verdict.message, "record_count is 2, 14 bytes are left behind the last record");
}

TEST(LyingHeader, AnotherCodecThanTheBytesIsRefused) {
  for (const auto codec : {Codec::gzip, Codec::snappy, Codec::lz4, Codec::zstd}) {
    const auto honest = Crafted::of(1).bytes();
    auto batch = Crafted::around(ByteView(honest).subspan(at::records), 1, codec).bytes();
    EXPECT_EQ(validate(batch, Rules{}, noon).error, ErrorCode::invalid_record);
  }
}

}  // namespace
}  // namespace millrace::record
