#include "millrace/record/builder.hpp"

#include <gtest/gtest.h>

#include "crafted.hpp"

namespace millrace::record {
namespace {

class EveryCodec : public testing::TestWithParam<Codec> {};

TEST_P(EveryCodec, RecordsComeBackAsTheyWereAdded) {
  BatchBuilder builder(GetParam());
  const std::vector<HeaderView> headers{{"ce_id", as_bytes("1")}, {"", std::nullopt}, {"empty", as_bytes("")}};
  builder.add({.timestamp = 1'700'000'000'000, .key = as_bytes("k"), .value = as_bytes("first"), .headers = headers});
  builder.add({.timestamp = 1'699'999'999'000, .key = std::nullopt, .value = std::nullopt, .headers = {}});
  builder.add(
      {.timestamp = 1'700'000'000'500, .key = as_bytes(""), .value = Bytes(100'000, std::byte{'x'}), .headers = {}});
  const auto batch = builder.finish();

  const auto header = read_header(batch);
  EXPECT_EQ(header.codec(), GetParam());
  EXPECT_EQ(header.size(), static_cast<std::int64_t>(batch.size()));
  EXPECT_EQ(header.record_count, 3);
  EXPECT_EQ(header.last_offset_delta, 2);
  EXPECT_EQ(header.base_timestamp, 1'700'000'000'000);
  EXPECT_EQ(header.max_timestamp, 1'700'000'000'500);

  const auto records = read_records(batch);
  ASSERT_TRUE(records) << records.error().message;
  ASSERT_EQ(records->size(), 3U);
  const auto& first = records->at(0);
  EXPECT_EQ(first.offset, Offset(0));
  EXPECT_EQ(first.timestamp, 1'700'000'000'000);
  EXPECT_EQ(first.key, to_bytes("k"));
  EXPECT_EQ(first.value, to_bytes("first"));
  ASSERT_EQ(first.headers.size(), 3U);
  EXPECT_EQ(first.headers[0], std::make_pair(std::string("ce_id"), std::optional(to_bytes("1"))));
  EXPECT_EQ(first.headers[1], std::make_pair(std::string(), std::optional<Bytes>()));
  EXPECT_EQ(first.headers[2], std::make_pair(std::string("empty"), std::optional(Bytes())));
  const auto& second = records->at(1);
  EXPECT_EQ(second.offset, Offset(1));
  EXPECT_EQ(second.timestamp, 1'699'999'999'000);
  EXPECT_EQ(second.key, std::nullopt);
  EXPECT_EQ(second.value, std::nullopt);
  EXPECT_TRUE(second.headers.empty());
  const auto& third = records->at(2);
  EXPECT_EQ(third.key, Bytes());
  EXPECT_EQ(third.value, Bytes(100'000, std::byte{'x'}));
}

INSTANTIATE_TEST_SUITE_P(Codecs, EveryCodec,
                         testing::Values(Codec::none, Codec::gzip, Codec::snappy, Codec::lz4, Codec::zstd), codec_name);

TEST(BatchBuilder, CarriesProducerAndFlags) {
  BatchBuilder builder;
  builder.add({.timestamp = 5, .key = as_bytes("k"), .value = as_bytes("v"), .headers = {}});
  builder.set_producer(9'000'000'000, 7, 42);
  builder.set_attributes(true, true);
  const auto header = read_header(builder.finish());
  EXPECT_EQ(header.producer_id, 9'000'000'000);
  EXPECT_EQ(header.producer_epoch, 7);
  EXPECT_EQ(header.base_sequence, 42);
  EXPECT_TRUE(header.is_transactional());
  EXPECT_TRUE(header.is_control());
}

TEST(BatchBuilder, StartsAnewAfterFinish) {
  BatchBuilder builder(Codec::gzip);
  builder.add({.timestamp = 5, .key = {}, .value = as_bytes("v"), .headers = {}});
  builder.set_producer(1, 2, 3);
  builder.set_attributes(true, false);
  (void)builder.finish();
  EXPECT_TRUE(builder.empty());
  EXPECT_EQ(builder.uncompressed_bytes(), 0U);
  builder.add({.timestamp = 77, .key = {}, .value = as_bytes("w"), .headers = {}});
  const auto batch = builder.finish();
  const auto header = read_header(batch);
  EXPECT_EQ(header.codec(), Codec::gzip);
  EXPECT_FALSE(header.has_producer());
  EXPECT_FALSE(header.is_transactional());
  EXPECT_EQ(header.base_timestamp, 77);
  EXPECT_EQ(read_records(batch)->size(), 1U);
}

TEST(BatchBuilder, TimestampsAtTheEndsOfTheRangeComeBack) {
  BatchBuilder builder;
  builder.add({.timestamp = INT64_MAX, .key = {}, .value = {}, .headers = {}});
  builder.add({.timestamp = INT64_MIN, .key = {}, .value = {}, .headers = {}});
  const auto records = read_records(builder.finish());
  ASSERT_TRUE(records) << records.error().message;
  EXPECT_EQ(records->at(0).timestamp, INT64_MAX);
  EXPECT_EQ(records->at(1).timestamp, INT64_MIN);
}

}  // namespace
}  // namespace millrace::record
