#include "millrace/record/selection.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "stored.hpp"

namespace millrace::record {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

Bytes six(Codec codec = Codec::none) { return stored_batch(6, codec); }

TakesRecord only(std::vector<std::int64_t> offsets) {
  return [offsets = std::move(offsets)](Offset at, Timestamp, const RecordView&) {
    return std::ranges::find(offsets, at.value()) != offsets.end();
  };
}

struct Passed {
  Bytes bytes;
  std::size_t records = 0;
  std::string failure;
};

Passed select(ByteView batch, const TakesRecord& takes, Offset from = Offset(0)) {
  Passed passed;
  Bytes room;
  const auto selected = append_selected({read_header(batch), batch}, from, takes, room, passed.bytes);
  if (selected) passed.records = selected->records;
  if (!selected) passed.failure = selected.error().message;
  return passed;
}

class Selection : public testing::TestWithParam<Codec> {};

TEST_P(Selection, WhatPassesKeepsItsOffsetTimeKeyValueHeadersAndCodec) {
  const auto passed = select(six(GetParam()), only({101, 102, 105}));
  EXPECT_EQ(passed.records, 3U);
  EXPECT_THAT(words_of(passed.bytes),
              ElementsAre("101 k1 +10 value trace", "102 k2 +20 null trace", "105 k5 +50 value trace"));
  EXPECT_EQ(read_header(passed.bytes).codec(), GetParam());
}

TEST_P(Selection, ABatchOfWhichAllPassesIsByteForByteTheSame) {
  const auto before = six(GetParam());
  const auto passed = select(before, nullptr);
  EXPECT_EQ(passed.bytes, before);
  EXPECT_EQ(passed.records, 6U);
  EXPECT_EQ(select(before, only({100, 101, 102, 103, 104, 105})).bytes, before);
}

TEST_P(Selection, OfABatchOfWhichNothingPassesNothingIsLeft) {
  const auto passed = select(six(GetParam()), only({}));
  EXPECT_THAT(passed.bytes, IsEmpty());
  EXPECT_EQ(passed.records, 0U);
}

INSTANTIATE_TEST_SUITE_P(Codecs, Selection,
                         testing::Values(Codec::none, Codec::gzip, Codec::snappy, Codec::lz4, Codec::zstd), codec_name);

TEST(Selection, SpanEpochProducerAndSequenceStayAsTheyWere) {
  const auto header = check_stored(select(six(), only({101})).bytes);
  ASSERT_TRUE(header) << header.error().message;
  EXPECT_EQ(header->base_offset, Offset(100));
  EXPECT_EQ(header->next_offset(), Offset(106));
  EXPECT_EQ(header->leader_epoch, 5);
  EXPECT_EQ(header->producer_id, 7);
  EXPECT_EQ(header->producer_epoch, 3);
  EXPECT_EQ(header->base_sequence, 50);
  EXPECT_EQ(header->record_count, 1);
  EXPECT_EQ(header->max_timestamp, noon + 10);
}

TEST(Selection, LogAppendTimeIsTheTimeOfEveryRecordAndStays) {
  auto batch = six();
  stamp_timestamp(batch, TimestampType::log_append_time, noon + 1'000);
  std::vector<Timestamp> told;
  const auto passed = select(batch, [&](Offset at, Timestamp time, const RecordView&) {
    told.push_back(time);
    return at == Offset(103);
  });
  EXPECT_THAT(told, testing::Each(noon + 1'000));
  EXPECT_EQ(read_header(passed.bytes).max_timestamp, noon + 1'000);
  EXPECT_EQ(read_header(passed.bytes).timestamp_type(), TimestampType::log_append_time);
}

TEST(Selection, WhatLiesBeforeTheReaderCountsForNothing) {
  EXPECT_THAT(select(six(), only({101, 102}), Offset(103)).bytes, IsEmpty()) << "he would find nothing in it";
  const auto passed = select(six(), only({101, 104}), Offset(103));
  EXPECT_EQ(passed.records, 1U);
  EXPECT_THAT(words_of(passed.bytes), ElementsAre("101 k1 +10 value trace", "104 k4 +40 value trace"));
}

TEST(Selection, ControlBatchesPassAsTheyAreAndHoldNoRecord) {
  BatchBuilder builder;
  const std::array key{std::byte{0}, std::byte{0}, std::byte{0}, std::byte{0}};
  builder.add({.timestamp = noon, .key = key, .value = key, .headers = {}});
  builder.set_producer(7, 3, -1);
  builder.set_attributes(true, true);
  auto abort = builder.finish();
  stamp(abort, Offset(200), 5);
  const auto passed = select(abort, only({}));
  EXPECT_EQ(passed.bytes, abort);
  EXPECT_EQ(passed.records, 0U);
}

TEST(Selection, BatchesThatCompactionHasEmptiedHoldNothing) {
  EXPECT_THAT(select(Crafted::around({}, 0).bytes(), nullptr).bytes, IsEmpty());
}

TEST(Selection, ADamagedSectionIsAFailureAndAppendsNothing) {
  auto batch = six();
  batch.resize(batch.size() - 3);
  const auto passed = select(batch, nullptr);
  EXPECT_NE(passed.failure, "");
  EXPECT_THAT(passed.bytes, IsEmpty());
}

TEST(PassedOver, LeadsBehindAllOfItAndHoldsNoRecordForAnybody) {
  Bytes bytes;
  append_passed_over(Offset(10), Offset(17), 4, bytes);
  const auto header = check_stored(bytes);
  ASSERT_TRUE(header) << header.error().message;
  EXPECT_EQ(static_cast<std::size_t>(header->size()), bytes.size());
  EXPECT_EQ(header->base_offset, Offset(10));
  EXPECT_EQ(header->next_offset(), Offset(17));
  EXPECT_EQ(header->leader_epoch, 4);
  EXPECT_TRUE(header->is_control());
  EXPECT_FALSE(header->is_transactional());
  EXPECT_FALSE(header->has_producer());
  // A commit: version 0, type 1, as the protocol has it; its offset is the last one.
  const auto records = read_records(bytes);
  ASSERT_TRUE(records) << records.error().message;
  ASSERT_EQ(records->size(), 1U);
  EXPECT_EQ(records->front().offset, Offset(16));
  EXPECT_EQ(*records->front().key, (Bytes{std::byte{0}, std::byte{0}, std::byte{0}, std::byte{1}}));
}

TEST(PassedOver, TakesAsManyBatchesAsItNeeds) {
  Bytes bytes;
  const Offset end(5'000'000'000);
  append_passed_over(Offset(0), end, 0, bytes);
  ByteView rest(bytes);
  Offset next(0);
  int batches = 0;
  while (const auto batch = next_batch(rest)) {
    ASSERT_TRUE(check_stored(batch->bytes));
    EXPECT_EQ(batch->header.base_offset, next);
    next = batch->header.next_offset();
    ++batches;
  }
  EXPECT_EQ(next, end);
  EXPECT_EQ(batches, 3);
  EXPECT_THAT(rest, IsEmpty());
}

}  // namespace
}  // namespace millrace::record
