#include "millrace/record/batch.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "crafted.hpp"
#include "golden.hpp"

namespace millrace::record {
namespace {

// The worked example of docs/formats/record_batch.md, spelled by hand from the protocol guide; the CRC is the one
// that kafka-python computes over these bytes.
constexpr std::string_view worked_example = R"(
  0000000000000000 0000003e 00000000 02 fa4a3946
  0000 00000000 0000018bcfe56800 0000018bcfe56800 ffffffffffffffff ffff ffffffff 00000001
  18 00 00 00 02 6b 02 76 02 02 61 02 31)";

TEST(BatchHeader, ReadsTheWorkedExample) {
  const auto batch = from_hex(worked_example);
  const auto header = check_stored(batch);
  ASSERT_TRUE(header) << header.error().message;
  EXPECT_EQ(header->base_offset, Offset(0));
  EXPECT_EQ(header->size(), 74);
  EXPECT_EQ(header->leader_epoch, 0);
  EXPECT_EQ(header->magic, 2);
  EXPECT_EQ(header->crc, 0xfa4a3946U);
  EXPECT_EQ(header->codec(), Codec::none);
  EXPECT_EQ(header->timestamp_type(), TimestampType::create_time);
  EXPECT_EQ(header->base_timestamp, noon);
  EXPECT_FALSE(header->has_producer());
  EXPECT_EQ(header->last_sequence(), -1);
  EXPECT_EQ(header->record_count, 1);
}

TEST(BatchHeader, EveryFieldStandsAtItsPlace) {
  auto crafted = Crafted::of(1);
  crafted.set<std::int64_t>(at::base_offset, 0x0102030405060708)
      .set<std::int32_t>(at::leader_epoch, 0x11121314)
      .set<std::int16_t>(at::attributes, 0x0034)
      .set<std::int32_t>(at::last_offset_delta, 0x21222324)
      .set<std::int64_t>(at::base_timestamp, 0x3132333435363738)
      .set<std::int64_t>(at::max_timestamp, 0x4142434445464748)
      .set<std::int64_t>(at::producer_id, 0x5152535455565758)
      .set<std::int16_t>(at::producer_epoch, 0x6162)
      .set<std::int32_t>(at::base_sequence, 0x71727374)
      .set<std::int32_t>(at::record_count, 0x01020304);
  const auto header = read_header(crafted.bytes());
  EXPECT_EQ(header.base_offset, Offset(0x0102030405060708));
  EXPECT_EQ(header.size(), static_cast<std::int64_t>(crafted.bytes().size()));
  EXPECT_EQ(header.leader_epoch, 0x11121314);
  EXPECT_EQ(header.codec(), Codec::zstd);
  EXPECT_TRUE(header.is_transactional());
  EXPECT_TRUE(header.is_control());
  EXPECT_EQ(header.last_offset_delta, 0x21222324);
  EXPECT_EQ(header.base_timestamp, 0x3132333435363738);
  EXPECT_EQ(header.max_timestamp, 0x4142434445464748);
  EXPECT_EQ(header.producer_id, 0x5152535455565758);
  EXPECT_EQ(header.producer_epoch, 0x6162);
  EXPECT_EQ(header.base_sequence, 0x71727374);
  EXPECT_EQ(header.record_count, 0x01020304);
  EXPECT_EQ(header.next_offset(), Offset(0x0102030405060708 + 0x21222325));
}

TEST(BatchHeader, SequencesWrapToZero) {
  BatchHeader header;
  header.base_sequence = INT32_MAX - 1;
  header.last_offset_delta = 1;
  EXPECT_EQ(header.last_sequence(), INT32_MAX);
  header.last_offset_delta = 2;
  EXPECT_EQ(header.last_sequence(), 0);
  header.base_sequence = INT32_MAX;
  header.last_offset_delta = INT32_MAX;
  EXPECT_EQ(header.last_sequence(), INT32_MAX - 1);
}

TEST(Stamp, LeavesTheCrcRight) {
  auto batch = from_hex(worked_example);
  const auto crc = read_header(batch).crc;
  stamp(batch, Offset(123'456'789'012), 9);
  const auto header = check_stored(batch);
  ASSERT_TRUE(header) << header.error().message;
  EXPECT_EQ(header->crc, crc);
  EXPECT_EQ(header->base_offset, Offset(123'456'789'012));
  EXPECT_EQ(header->leader_epoch, 9);
}

TEST(StampTimestamp, SetsTypeAndMaximumAndMakesTheCrcRight) {
  auto batch = from_hex(worked_example);
  stamp_timestamp(batch, TimestampType::log_append_time, noon + 99);
  auto header = check_stored(batch);
  ASSERT_TRUE(header) << header.error().message;
  EXPECT_EQ(header->timestamp_type(), TimestampType::log_append_time);
  EXPECT_EQ(header->max_timestamp, noon + 99);
  EXPECT_EQ(read_records(batch)->at(0).timestamp, noon + 99);

  stamp_timestamp(batch, TimestampType::create_time, noon);
  EXPECT_EQ(batch, from_hex(worked_example));
}

TEST(CheckStored, TakesTheFirstOfSeveralBatches) {
  auto bytes = Crafted::of(3).bytes();
  const auto first_size = bytes.size();
  append_bytes(bytes, Crafted::of(5).bytes());
  const auto header = check_stored(bytes);
  ASSERT_TRUE(header) << header.error().message;
  EXPECT_EQ(header->size(), static_cast<std::int64_t>(first_size));
  EXPECT_EQ(header->record_count, 3);
}

TEST(CheckStored, TakesTheEmptyBatchThatCompactionLeaves) {
  const auto header = check_stored(Crafted::around({}, 0).set<std::int32_t>(at::last_offset_delta, 41).bytes());
  ASSERT_TRUE(header) << header.error().message;
  EXPECT_EQ(header->record_count, 0);
  EXPECT_EQ(header->next_offset(), Offset(42));
}

TEST(CheckStored, RefusesEveryTruncation) {
  const auto batch = from_hex(worked_example);
  for (std::size_t size = 0; size < batch.size(); ++size) {
    const auto header = check_stored(ByteView(batch).first(size));
    ASSERT_FALSE(header) << "cut to " << size;
    EXPECT_EQ(header.error().code, Errc::corrupt);
  }
}

TEST(CheckStored, NamesTheFieldTheValueAndTheRule) {
  const auto message_of = [](const Crafted& crafted) {
    const auto header = check_stored(crafted.bytes());
    return header ? "fine" : header.error().message;
  };
  EXPECT_EQ(message_of(Crafted::of(1).set<std::int8_t>(at::magic, 1)), "batch: magic is 1, only 2 is stored");
  EXPECT_EQ(message_of(Crafted::of(1).set<std::int32_t>(at::record_count, -1)),
            "batch: last_offset_delta is 0 and record_count -1, neither may be negative");
  EXPECT_EQ(message_of(Crafted::of(1).set<std::int64_t>(at::base_offset, -7)),
            "batch: base_offset is -7, must be from 0 and leave room for the next one");
  EXPECT_EQ(message_of(Crafted::of(1).set<std::int64_t>(at::base_offset, INT64_MAX)),
            "batch: base_offset is 9223372036854775807, must be from 0 and leave room for the next one");
  for (const std::int32_t length : {INT32_MIN, -1, 0, 48, 1'000'000, INT32_MAX}) {
    EXPECT_THAT(message_of(Crafted::of(1).set(at::batch_length, length)),
                testing::HasSubstr("batch_length is " + std::to_string(length)));
  }
}

}  // namespace
}  // namespace millrace::record
