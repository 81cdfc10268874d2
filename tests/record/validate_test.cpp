#include "millrace/record/validate.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "crafted.hpp"
#include "golden.hpp"
#include "millrace/record/builder.hpp"
#include "millrace/record/record.hpp"

namespace millrace::record {
namespace {

using testing::HasSubstr;

Verdict judge(const Crafted& crafted, const Rules& rules = {}) {
  auto batch = crafted.bytes();
  return validate(batch, rules, noon);
}

void expect_refused(const Crafted& crafted, ErrorCode error, const std::string& message, const Rules& rules = {}) {
  const auto verdict = judge(crafted, rules);
  EXPECT_EQ(verdict.error, error) << message;
  EXPECT_THAT(verdict.message, HasSubstr(message));
}

/// Records at the given distances from noon; a distance of "none" is Kafka's timestamp -1.
constexpr std::int64_t none = INT64_MIN;
Crafted at_times(std::initializer_list<std::int64_t> distances, Codec codec = Codec::none) {
  BatchBuilder builder(codec);
  for (const auto distance : distances) {
    builder.add({.timestamp = distance == none ? no_timestamp : noon + distance,
                 .key = as_bytes("k"),
                 .value = as_bytes("v"),
                 .headers = {}});
  }
  return Crafted(builder.finish());
}

TEST(Validate, AGoodBatchPassesUntouched) {
  for (const auto codec : {Codec::none, Codec::gzip, Codec::snappy, Codec::lz4, Codec::zstd}) {
    const auto crafted = Crafted::of(10, codec);
    auto batch = crafted.bytes();
    const auto verdict = validate(batch, Rules{}, noon);
    EXPECT_EQ(verdict.error, ErrorCode::none) << verdict.message;
    EXPECT_TRUE(verdict.message.empty());
    EXPECT_FALSE(verdict.rebuilt);
    EXPECT_EQ(batch, crafted.bytes());
    EXPECT_EQ(verdict.header.record_count, 10);
    EXPECT_EQ(verdict.header.max_timestamp, noon + 9);
  }
}

TEST(Validate, ExactlyOneBatchIsAllowed) {
  Bytes nothing;
  EXPECT_EQ(validate(nothing, Rules{}, noon).error, ErrorCode::invalid_record);
  auto two = Crafted::of(1).bytes();
  append_bytes(two, Crafted::of(1).bytes());
  EXPECT_EQ(validate(two, Rules{}, noon).error, ErrorCode::invalid_record);
  auto and_a_byte = Crafted::of(1).bytes();
  and_a_byte.push_back(std::byte{0});
  EXPECT_EQ(validate(and_a_byte, Rules{}, noon).error, ErrorCode::invalid_record);
}

TEST(Validate, OldMagicIsAnInvalidRecordAndOthersAreDamage) {
  expect_refused(Crafted::of(1).set<std::int8_t>(at::magic, 0), ErrorCode::invalid_record, "magic is 0");
  expect_refused(Crafted::of(1).set<std::int8_t>(at::magic, 1), ErrorCode::invalid_record, "magic is 1");
  expect_refused(Crafted::of(1).set<std::int8_t>(at::magic, 3), ErrorCode::corrupt_message, "magic is 3");
  expect_refused(Crafted::of(1).set<std::int8_t>(at::magic, -1), ErrorCode::corrupt_message, "magic is -1");
}

TEST(Validate, FieldsOfTheHeaderKeepTheirRules) {
  const auto refused = ErrorCode::invalid_record;
  const auto two = [] { return Crafted::of(2); };
  expect_refused(two().set<std::int64_t>(at::base_offset, 1), refused, "base_offset is 1, must be 0");
  expect_refused(two().set<std::int64_t>(at::base_offset, -1), refused, "base_offset is -1, must be 0");
  expect_refused(two().set<std::int32_t>(at::record_count, 0), refused, "record_count is 0, must be at least 1");
  expect_refused(two().set<std::int32_t>(at::record_count, INT32_MIN), refused, "record_count is -2147483648");
  expect_refused(two().set<std::int32_t>(at::last_offset_delta, 2), refused,
                 "last_offset_delta is 2, must be record_count - 1, which is 1");
  expect_refused(two().set<std::int32_t>(at::last_offset_delta, -1), refused, "last_offset_delta is -1");
  expect_refused(two().set<std::int16_t>(at::attributes, 0x20), refused, "bit 5 must be 0");
  expect_refused(two().set<std::int16_t>(at::attributes, 0x30), refused, "bit 5 must be 0");
  expect_refused(two().set<std::int16_t>(at::attributes, 0x40), refused, "bit 6 must be 0");
  expect_refused(two().set<std::int16_t>(at::attributes, 0x10), refused, "producer_id is -1");
  expect_refused(two().set<std::int16_t>(at::attributes, 0x08), ErrorCode::invalid_timestamp, "bit 3 must be 0");
}

TEST(Validate, CodecsThatAreNotServed) {
  for (std::int16_t id = 5; id <= 7; ++id) {
    expect_refused(Crafted::of(1).set(at::attributes, id), ErrorCode::unsupported_compression_type,
                   "codec is " + std::to_string(id));
  }
  Rules before_v7;
  before_v7.zstd_allowed = false;
  expect_refused(Crafted::of(1, Codec::zstd), ErrorCode::unsupported_compression_type, "Produce version 7", before_v7);
  EXPECT_EQ(judge(Crafted::of(1, Codec::lz4), before_v7).error, ErrorCode::none);
}

TEST(Validate, SequencesStartAtZeroWhereThereIsAProducer) {
  const auto with_producer = [](std::int64_t id, std::int16_t epoch, std::int32_t sequence) {
    return Crafted::of(1)
        .set<std::int64_t>(at::producer_id, id)
        .set<std::int16_t>(at::producer_epoch, epoch)
        .set<std::int32_t>(at::base_sequence, sequence);
  };
  EXPECT_EQ(judge(with_producer(0, 0, 0)).error, ErrorCode::none);
  EXPECT_EQ(judge(with_producer(7, 3, INT32_MAX)).error, ErrorCode::none);
  EXPECT_EQ(judge(with_producer(-1, -1, -1)).error, ErrorCode::none);
  expect_refused(with_producer(7, 0, -1), ErrorCode::invalid_record, "base_sequence is -1");
  expect_refused(with_producer(7, -1, 0), ErrorCode::invalid_record, "producer_epoch is -1");
  EXPECT_EQ(judge(with_producer(7, 0, 0).set<std::int16_t>(at::attributes, 0x10)).error, ErrorCode::none);
}

TEST(Validate, TheSizeLimitCountsTheWholeBatch) {
  const auto crafted = Crafted::of(1, Codec::none, 500);
  Rules rules;
  rules.batch_bytes_max = static_cast<std::int32_t>(crafted.bytes().size());
  EXPECT_EQ(judge(crafted, rules).error, ErrorCode::none);
  --rules.batch_bytes_max;
  expect_refused(crafted, ErrorCode::message_too_large, "max.message.bytes is ", rules);
}

TEST(Validate, CompactedTopicsAskForKeysAndNameTheRecords) {
  for (const auto codec : {Codec::none, Codec::zstd}) {
    BatchBuilder builder(codec);
    builder.add({.timestamp = noon, .key = as_bytes(""), .value = as_bytes("v"), .headers = {}});
    builder.add({.timestamp = noon, .key = std::nullopt, .value = as_bytes("v"), .headers = {}});
    builder.add({.timestamp = noon, .key = as_bytes("k"), .value = std::nullopt, .headers = {}});
    builder.add({.timestamp = noon, .key = std::nullopt, .value = as_bytes("v"), .headers = {}});
    const Crafted crafted(builder.finish());
    EXPECT_EQ(judge(crafted).error, ErrorCode::none);
    Rules compacted;
    compacted.keys_required = true;
    const auto verdict = judge(crafted, compacted);
    EXPECT_EQ(verdict.error, ErrorCode::invalid_record);
    EXPECT_THAT(verdict.message, HasSubstr("record 1 of 4: key is null"));
    ASSERT_EQ(verdict.faults.size(), 2U);
    EXPECT_EQ(verdict.faults[0].index, 1);
    EXPECT_EQ(verdict.faults[1].index, 3);
  }
}

/// Records with a value of an odd number of bytes pass.
std::optional<std::string> is_odd(const RecordView& record) {
  if (record.value && record.value->size() % 2 == 1) return std::nullopt;
  return "its value is even";
}

Bytes of_values(std::initializer_list<std::string_view> values, Codec codec) {
  BatchBuilder builder(codec);
  for (const auto value : values) builder.add({noon, std::nullopt, as_bytes(value), {}});
  return builder.finish();
}

TEST(Validate, WhatBreaksTheTopicsRuleRefusesItsBatchOrIsPutAside) {
  Rules rules;
  rules.rule = is_odd;
  for (const auto codec : {Codec::none, Codec::gzip, Codec::snappy, Codec::lz4, Codec::zstd}) {
    for (const auto stored_as : {std::optional<Codec>(), std::optional(Codec::lz4)}) {
      rules.recompress = stored_as;
      rules.puts_aside = false;
      auto batch = of_values({"1", "22", "333", ""}, codec);
      auto verdict = validate(batch, rules, noon);
      EXPECT_EQ(verdict.error, ErrorCode::invalid_record);
      EXPECT_EQ(verdict.faults.size(), 2U);
      EXPECT_TRUE(verdict.aside.empty());
      rules.puts_aside = true;
      verdict = validate(batch, rules, noon);
      EXPECT_EQ(verdict.error, ErrorCode::none);
      EXPECT_TRUE(verdict.faults.empty());
      ASSERT_EQ(verdict.aside.size(), 2U);
      EXPECT_EQ(verdict.aside[0].index, 1);
      EXPECT_EQ(verdict.aside[0].message, "its value is even");
      EXPECT_EQ(verdict.aside[1].index, 3);
      EXPECT_EQ(verdict.header.record_count, 4) << "who puts them aside takes them out";
    }
  }
}

TEST(Validate, WhatBreaksARuleOfKafkaIsNotPutAside) {
  Rules rules;
  rules.rule = is_odd;
  rules.puts_aside = true;
  rules.keys_required = true;
  auto batch = of_values({"22"}, Codec::none);
  const auto verdict = validate(batch, rules, noon);
  EXPECT_EQ(verdict.error, ErrorCode::invalid_record);
  EXPECT_THAT(verdict.message, HasSubstr("key is null"));
}

TEST(Validate, TimestampsMustLieInsideThePeriod) {
  Rules rules;
  rules.timestamp_before_max_ms = 1000;
  rules.timestamp_after_max_ms = 500;
  for (const auto codec : {Codec::none, Codec::gzip}) {
    EXPECT_EQ(judge(at_times({0, -1000, 500, none}, codec), rules).error, ErrorCode::none);
    const auto verdict = judge(at_times({0, -1001, 500, 501}, codec), rules);
    EXPECT_EQ(verdict.error, ErrorCode::invalid_timestamp);
    ASSERT_EQ(verdict.faults.size(), 2U);
    EXPECT_EQ(verdict.faults[0].index, 1);
    EXPECT_EQ(verdict.faults[0].message,
              "timestamp is 1699999998999, must be from 1699999999000 to 1700000000500, or -1 for none");
    EXPECT_EQ(verdict.faults[1].index, 3);
    EXPECT_THAT(verdict.message, HasSubstr("record 1 of 4: timestamp is 1699999998999"));
  }
}

TEST(Validate, WithoutLimitsAnyTimestampPasses) {
  Rules rules;
  rules.timestamp_after_max_ms = INT64_MAX;
  EXPECT_EQ(judge(at_times({0, -noon, -noon - 77, 9'000'000'000'000}), rules).error, ErrorCode::none);
}

TEST(Validate, TimestampsThatOverflowAreRefused) {
  Rules rules;
  rules.timestamp_after_max_ms = INT64_MAX;
  auto crafted = at_times({0, 5}).set<std::int64_t>(at::base_timestamp, INT64_MAX - 1);
  const auto verdict = judge(crafted, rules);
  EXPECT_EQ(verdict.error, ErrorCode::invalid_timestamp);
  ASSERT_EQ(verdict.faults.size(), 1U);
  EXPECT_EQ(verdict.faults[0].index, 1);
}

TEST(Validate, ABadTimestampNamesTheAnswerWhenKeysAreMissingToo) {
  BatchBuilder builder;
  builder.add({.timestamp = noon, .key = std::nullopt, .value = as_bytes("v"), .headers = {}});
  builder.add({.timestamp = 2 * noon, .key = as_bytes("k"), .value = as_bytes("v"), .headers = {}});
  builder.add({.timestamp = noon, .key = std::nullopt, .value = as_bytes("v"), .headers = {}});
  Rules compacted;
  compacted.keys_required = true;
  const auto verdict = judge(Crafted(builder.finish()), compacted);
  EXPECT_EQ(verdict.error, ErrorCode::invalid_timestamp);
  EXPECT_EQ(verdict.faults.size(), 3U);
}

TEST(Validate, FaultsAreListedUpToALimit) {
  BatchBuilder builder;
  for (int i = 0; i < 1000; ++i) builder.add({.timestamp = noon, .key = {}, .value = {}, .headers = {}});
  Rules compacted;
  compacted.keys_required = true;
  EXPECT_EQ(judge(Crafted(builder.finish()), compacted).faults.size(), faults_max);
}

TEST(Validate, AWrongMaximumIsPutRight) {
  for (const auto codec : {Codec::none, Codec::snappy}) {
    auto batch = at_times({0, 400, 7}, codec).set<std::int64_t>(at::max_timestamp, noon + 99'999).bytes();
    const auto verdict = validate(batch, Rules{}, noon);
    EXPECT_EQ(verdict.error, ErrorCode::none);
    EXPECT_FALSE(verdict.rebuilt);
    EXPECT_EQ(verdict.header.max_timestamp, noon + 400);
    EXPECT_EQ(batch, at_times({0, 400, 7}, codec).bytes());
  }
}

TEST(Validate, LogAppendTimeIsStampedWithARightCrc) {
  Rules rules;
  rules.timestamp_type = TimestampType::log_append_time;
  rules.timestamp_before_max_ms = 0;
  rules.timestamp_after_max_ms = 0;
  for (const auto codec : {Codec::none, Codec::zstd}) {
    auto batch = at_times({-5000, 5000, none}, codec).bytes();
    const auto verdict = validate(batch, rules, noon + 123);
    ASSERT_EQ(verdict.error, ErrorCode::none) << verdict.message;
    EXPECT_FALSE(verdict.rebuilt);
    EXPECT_EQ(verdict.header.timestamp_type(), TimestampType::log_append_time);
    EXPECT_EQ(verdict.header.codec(), codec);
    EXPECT_EQ(verdict.header.base_timestamp, noon - 5000);
    const auto records = read_records(batch);  // checks the CRC
    ASSERT_TRUE(records) << records.error().message;
    for (const auto& record : *records) EXPECT_EQ(record.timestamp, noon + 123);
  }
}

TEST(Validate, WrongInnerOffsetsAreBuiltAnew) {
  // Offset deltas 5 and 3, with everything else that a record may carry.
  const auto section = from_hex("1c 00 05 0a 04 6162 01 04 02 68 01 00 02 78  0e 00 02 06 01 02 79 00");
  for (const auto codec : {Codec::none, Codec::gzip, Codec::snappy, Codec::lz4, Codec::zstd}) {
    auto crafted = Crafted::around(deflate(codec, section), 2, codec);
    crafted.set<std::int64_t>(at::producer_id, 9).set<std::int16_t>(at::producer_epoch, 1);
    crafted.set<std::int32_t>(at::base_sequence, 40);
    const auto verdict = judge(crafted);
    ASSERT_EQ(verdict.error, ErrorCode::none) << verdict.message;
    ASSERT_TRUE(verdict.rebuilt);
    EXPECT_EQ(verdict.header.codec(), codec);
    EXPECT_EQ(verdict.header.producer_id, 9);
    EXPECT_EQ(verdict.header.producer_epoch, 1);
    EXPECT_EQ(verdict.header.base_sequence, 40);
    EXPECT_EQ(verdict.header.max_timestamp, noon + 1);
    EXPECT_EQ(verdict.header.size(), static_cast<std::int64_t>(verdict.rebuilt->size()));
    const auto records = read_records(*verdict.rebuilt);
    ASSERT_TRUE(records) << records.error().message;
    ASSERT_EQ(records->size(), 2U);
    EXPECT_EQ(records->at(0).offset, Offset(0));
    EXPECT_EQ(records->at(0).timestamp, noon - 3);
    EXPECT_EQ(records->at(0).key, to_bytes("ab"));
    EXPECT_EQ(records->at(0).value, std::nullopt);
    ASSERT_EQ(records->at(0).headers.size(), 2U);
    EXPECT_EQ(records->at(0).headers[1].second, to_bytes("x"));
    EXPECT_EQ(records->at(1).offset, Offset(1));
    EXPECT_EQ(records->at(1).value, to_bytes("y"));
  }
}

TEST(Validate, TheTopicsCodecReplacesTheClients) {
  for (const auto sent : {Codec::none, Codec::gzip, Codec::lz4}) {
    for (const auto wanted : {Codec::none, Codec::snappy, Codec::lz4, Codec::zstd}) {
      Rules rules;
      rules.recompress = wanted;
      const auto crafted = Crafted::of(20, sent, 200);
      const auto verdict = judge(crafted, rules);
      ASSERT_EQ(verdict.error, ErrorCode::none) << verdict.message;
      EXPECT_EQ(verdict.rebuilt.has_value(), sent != wanted);
      EXPECT_EQ(verdict.header.codec(), wanted);
      if (!verdict.rebuilt) continue;
      const auto before = read_records(crafted.bytes());
      const auto after = read_records(*verdict.rebuilt);
      ASSERT_TRUE(after) << after.error().message;
      ASSERT_EQ(after->size(), 20U);
      EXPECT_EQ(after->at(19).key, before->at(19).key);
      EXPECT_EQ(after->at(19).value, before->at(19).value);
      EXPECT_EQ(after->at(19).timestamp, before->at(19).timestamp);
    }
  }
}

TEST(Validate, RebuiltBatchesCarryLogAppendTimeToo) {
  Rules rules;
  rules.recompress = Codec::lz4;
  rules.timestamp_type = TimestampType::log_append_time;
  const auto verdict = judge(Crafted::of(3), rules);
  ASSERT_TRUE(verdict.rebuilt);
  EXPECT_EQ(verdict.header.timestamp_type(), TimestampType::log_append_time);
  EXPECT_EQ(read_records(*verdict.rebuilt)->at(2).timestamp, noon);
}

TEST(Validate, TheSizeLimitHoldsAgainAfterRebuilding) {
  const auto crafted = Crafted::of(50, Codec::zstd, 1000);
  Rules rules;
  rules.batch_bytes_max = static_cast<std::int32_t>(crafted.bytes().size()) + 100;
  EXPECT_EQ(judge(crafted, rules).error, ErrorCode::none);
  rules.recompress = Codec::none;
  expect_refused(crafted, ErrorCode::message_too_large, "after rebuilding", rules);
}

TEST(Validate, StructureOfEveryRecordIsChecked) {
  const auto judged = [](std::string_view second) {
    auto section = from_hex("0c 00 00 00 01 01 00");
    append_bytes(section, from_hex(second));
    return judge(Crafted::around(section, 2));
  };
  EXPECT_EQ(judged("0c 00 00 02 01 01 00").error, ErrorCode::none);
  for (const auto* broken : {"0c 00 00 02 03 01 00", "0c 00 00 02 01 20 00", "0c 00 00 02 01 01 03",
                             "10 00 00 02 01 01 02 20 00", "0e 00 00 02 01 01 00 00", "0a 00 00 02 01 01 00"}) {
    const auto verdict = judged(broken);
    EXPECT_EQ(verdict.error, ErrorCode::invalid_record) << broken;
    ASSERT_EQ(verdict.faults.size(), 1U) << broken;
    EXPECT_EQ(verdict.faults[0].index, 1) << broken;
    EXPECT_THAT(verdict.message, HasSubstr("record 1 of 2: ")) << broken;
  }
}

}  // namespace
}  // namespace millrace::record
