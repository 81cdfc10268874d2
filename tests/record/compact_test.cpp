#include "millrace/record/compact.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "stored.hpp"

namespace millrace::record {
namespace {

using testing::ElementsAre;

Bytes stored(Codec codec = Codec::none) { return stored_batch(4, codec); }

Bytes keep(ByteView batch, const std::vector<bool>& which, std::optional<Timestamp> horizon = std::nullopt) {
  const auto header = read_header(batch);
  Bytes room;
  const auto records = plain_records(header, batch, room);
  EXPECT_TRUE(records);
  return rebuild(header, *records, which, horizon);
}

class Compact : public testing::TestWithParam<Codec> {};

TEST_P(Compact, WhatStaysKeepsItsOffsetTimeKeyValueHeadersAndCodec) {
  const auto batch = keep(stored(GetParam()), {false, true, true, false});
  EXPECT_THAT(words_of(batch), ElementsAre("101 k1 +10 value trace", "102 k2 +20 null trace"));
  EXPECT_EQ(read_header(batch).codec(), GetParam());
}

TEST_P(Compact, ABatchOfWhichAllStaysIsTheSame) {
  const auto before = stored(GetParam());
  EXPECT_EQ(words_of(keep(before, {true, true, true, true})), words_of(before));
}

INSTANTIATE_TEST_SUITE_P(Codecs, Compact,
                         testing::Values(Codec::none, Codec::gzip, Codec::snappy, Codec::lz4, Codec::zstd), codec_name);

TEST(Compact, SpanProducerAndSequenceStayAsTheyWere) {
  const auto header = check_stored(keep(stored(), {false, true, false, false}));
  ASSERT_TRUE(header) << header.error().message;
  EXPECT_EQ(header->base_offset, Offset(100));
  EXPECT_EQ(header->next_offset(), Offset(104));
  EXPECT_EQ(header->leader_epoch, 5);
  EXPECT_EQ(header->producer_id, 7);
  EXPECT_EQ(header->producer_epoch, 3);
  EXPECT_EQ(header->base_sequence, 50);
  EXPECT_EQ(header->last_sequence(), 53);
  EXPECT_EQ(header->record_count, 1);
  EXPECT_EQ(header->max_timestamp, noon + 10);
}

TEST(Compact, TheBrokersTimeStaysTheTimeOfEveryRecord) {
  auto batch = stored();
  stamp_timestamp(batch, TimestampType::log_append_time, noon + 999);
  EXPECT_THAT(words_of(keep(batch, {true, false, false, false})), ElementsAre("100 k0 +999 value trace"));
}

TEST(Compact, ADeleteHorizonMovesNoRecordInTime) {
  const auto batch = keep(stored(), {true, false, true, false}, noon + 86'400'000);
  const auto header = check_stored(batch);
  ASSERT_TRUE(header) << header.error().message;
  EXPECT_EQ(header->attributes & 0x40, 0x40);
  EXPECT_EQ(header->base_timestamp, noon + 86'400'000);
  EXPECT_EQ(header->delete_horizon(), noon + 86'400'000);
  EXPECT_THAT(words_of(batch), ElementsAre("100 k0 +0 value trace", "102 k2 +20 null trace"));
  // And is kept by the next pass.
  EXPECT_EQ(read_header(keep(batch, {false, true})).delete_horizon(), noon + 86'400'000);
}

TEST(Compact, WithoutADeleteHorizonThereIsNone) { EXPECT_EQ(read_header(stored()).delete_horizon(), std::nullopt); }

TEST(Compact, AnEmptiedBatchRemembersItsProducer) {
  const auto batch = emptied(read_header(keep(stored(Codec::zstd), {true, true, true, true}, noon)));
  const auto header = check_stored(batch);
  ASSERT_TRUE(header) << header.error().message;
  EXPECT_EQ(header->record_count, 0);
  EXPECT_EQ(header->base_offset, Offset(100));
  EXPECT_EQ(header->next_offset(), Offset(104));
  EXPECT_EQ(header->producer_id, 7);
  EXPECT_EQ(header->producer_epoch, 3);
  EXPECT_EQ(header->last_sequence(), 53);
  EXPECT_EQ(header->max_timestamp, noon + 30);
  EXPECT_EQ(header->delete_horizon(), std::nullopt);
  EXPECT_EQ(words_of(batch), std::vector<std::string>{});
  EXPECT_FALSE(is_gap(*header));
}

TEST(Compact, AGapStandsForTheOffsetsThatWere) {
  const auto batch = gap(Offset(40), Offset(1040), 6);
  const auto header = check_stored(batch);
  ASSERT_TRUE(header) << header.error().message;
  EXPECT_EQ(batch.size(), header_bytes);
  EXPECT_EQ(header->base_offset, Offset(40));
  EXPECT_EQ(header->next_offset(), Offset(1040));
  EXPECT_EQ(header->leader_epoch, 6);
  EXPECT_FALSE(header->has_producer());
  EXPECT_EQ(header->max_timestamp, no_timestamp);
  EXPECT_EQ(words_of(batch), std::vector<std::string>{});
  EXPECT_TRUE(is_gap(*header));
}

TEST(Compact, ASectionThatCannotBeReadIsNotGuessedAt) {
  const auto broken = Crafted::around(as_bytes("no gzip"), 1, Codec::gzip).bytes();
  Bytes room;
  const auto records = plain_records(read_header(broken), broken, room);
  ASSERT_FALSE(records);
  EXPECT_EQ(records.error().code, Errc::corrupt);
}

}  // namespace
}  // namespace millrace::record
