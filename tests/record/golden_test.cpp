#include "golden.hpp"

#include <gtest/gtest.h>

#include "crafted.hpp"
#include "millrace/core/limits.hpp"
#include "millrace/record/validate.hpp"

namespace millrace::record {
namespace {

using Headers = std::vector<std::pair<std::string, std::optional<Bytes>>>;

Bytes forty_millraces() {
  std::string text;
  for (int i = 0; i < 40; ++i) text += "millrace ";
  return to_bytes(text);
}

struct Client {
  std::string codec_name;
  Codec codec;
};

class RealClient : public testing::TestWithParam<Client> {};

TEST_P(RealClient, KafkaPythonsBatchIsReadAsItWasWritten) {
  const auto batch = golden("kafka_python_" + GetParam().codec_name);
  const auto header = check_stored(batch);
  ASSERT_TRUE(header) << header.error().message;
  EXPECT_EQ(header->codec(), GetParam().codec);
  EXPECT_EQ(header->producer_id, 4000);
  EXPECT_EQ(header->producer_epoch, 2);
  EXPECT_EQ(header->base_sequence, 17);
  EXPECT_EQ(header->last_sequence(), 19);
  EXPECT_TRUE(header->is_transactional());
  EXPECT_EQ(header->max_timestamp, noon + 7);

  const auto records = read_records(batch);
  ASSERT_TRUE(records) << records.error().message;
  ASSERT_EQ(records->size(), 3U);
  EXPECT_EQ(records->at(0).timestamp, noon);
  EXPECT_EQ(records->at(0).key, to_bytes("order-1"));
  EXPECT_EQ(records->at(0).value, to_bytes(R"({"total":12.5})"));
  EXPECT_EQ(records->at(0).headers, (Headers{{"ce_id", to_bytes("A1")}, {"ce_type", to_bytes("order.placed")}}));
  EXPECT_EQ(records->at(1).timestamp, noon + 7);
  EXPECT_EQ(records->at(1).key, std::nullopt);
  EXPECT_EQ(records->at(1).value, forty_millraces());
  EXPECT_EQ(records->at(2).timestamp, noon - 1000);
  EXPECT_EQ(records->at(2).key, Bytes());
  EXPECT_EQ(records->at(2).value, std::nullopt);
  EXPECT_EQ(records->at(2).headers, (Headers{{"nothing", std::nullopt}, {"", Bytes()}}));
}

TEST_P(RealClient, LibrdkafkasBatchIsReadAsItWasWritten) {
  const auto batch = golden("librdkafka_" + GetParam().codec_name);
  const auto header = check_stored(batch);
  ASSERT_TRUE(header) << header.error().message;
  EXPECT_EQ(header->codec(), GetParam().codec);
  EXPECT_EQ(header->producer_id, 4000);
  EXPECT_EQ(header->base_sequence, 0);

  const auto records = read_records(batch);
  ASSERT_TRUE(records) << records.error().message;
  ASSERT_EQ(records->size(), 3U);
  EXPECT_EQ(records->at(0).key, to_bytes("order-1"));
  EXPECT_EQ(records->at(0).value, to_bytes("placed"));
  EXPECT_EQ(records->at(1).key, std::nullopt);
  EXPECT_EQ(records->at(1).value, forty_millraces());
  EXPECT_EQ(records->at(2).value, std::nullopt);
  for (const auto& record : *records) {
    EXPECT_EQ(record.headers, (Headers{{"ce_id", to_bytes("A1")}, {"flag", std::nullopt}}));
  }
}

TEST_P(RealClient, BatchesPassUntouched) {
  for (const std::string client : {"kafka_python_", "librdkafka_"}) {
    const auto sent = golden(client + GetParam().codec_name);
    auto batch = sent;
    const auto verdict = validate(batch, Rules{}, read_header(sent).max_timestamp);
    EXPECT_EQ(verdict.error, ErrorCode::none) << verdict.message;
    EXPECT_FALSE(verdict.rebuilt);
    EXPECT_EQ(batch, sent) << client;
  }
}

TEST_P(RealClient, CompressedRecordsInflateToThePlainOnesOfTheSameClient) {
  const auto plain = golden("kafka_python_none");
  const auto batch = golden("kafka_python_" + GetParam().codec_name);
  Bytes inflated;
  const auto done = inflate(GetParam().codec, ByteView(batch).subspan(header_bytes), limits::MiB, inflated);
  ASSERT_TRUE(done) << done.error().message;
  EXPECT_EQ(inflated, Bytes(plain.begin() + header_bytes, plain.end()));
}

INSTANTIATE_TEST_SUITE_P(Codecs, RealClient,
                         testing::Values(Client{"none", Codec::none}, Client{"gzip", Codec::gzip},
                                         Client{"snappy", Codec::snappy}, Client{"lz4", Codec::lz4},
                                         Client{"zstd", Codec::zstd}),
                         [](const auto& tested) { return tested.param.codec_name; });

TEST(GoldenBatch, OursIsByteForByteWhatKafkaPythonWrites) {
  const std::vector<HeaderView> event{{"ce_id", as_bytes("A1")}, {"ce_type", as_bytes("order.placed")}};
  const std::vector<HeaderView> odd{{"nothing", std::nullopt}, {"", as_bytes("")}};
  const auto text = forty_millraces();
  BatchBuilder builder;
  builder.set_producer(4000, 2, 17);
  builder.set_attributes(true, false);
  builder.add(
      {.timestamp = noon, .key = as_bytes("order-1"), .value = as_bytes(R"({"total":12.5})"), .headers = event});
  builder.add({.timestamp = noon + 7, .key = std::nullopt, .value = text, .headers = {}});
  builder.add({.timestamp = noon - 1000, .key = as_bytes(""), .value = std::nullopt, .headers = odd});
  auto batch = builder.finish();
  stamp(batch, Offset(0), 0);  // kafka-python sends epoch 0 where we send -1
  EXPECT_EQ(batch, golden("kafka_python_none"));
}

}  // namespace
}  // namespace millrace::record
