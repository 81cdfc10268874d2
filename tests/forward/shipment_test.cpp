#include "shipment.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "millrace/broker/partitioner.hpp"
#include "millrace/core/bytes.hpp"

namespace millrace::forward {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

Bytes bytes(std::string_view text) {
  const auto view = as_bytes(text);
  return {view.begin(), view.end()};
}

Cargo cargo_of(std::int64_t offset, std::optional<std::string> key, std::string_view value = "v",
               PartitionIndex partition = 0) {
  Cargo cargo;
  cargo.lock.partition = partition;
  cargo.lock.token.offset = Offset(offset);
  cargo.record.offset = Offset(offset);
  cargo.record.timestamp = 1'700'000'000'000 + offset;
  if (key) cargo.record.key = bytes(*key);
  cargo.record.value = bytes(value);
  return cargo;
}

std::vector<record::OwnedRecord> records_of(const Consignment& consignment) {
  auto records = record::read_records(consignment.batch);
  EXPECT_TRUE(records);
  return records ? *records : std::vector<record::OwnedRecord>();
}

TEST(Shipment, ARecordIsCopiedAsItIs) {
  auto cargo = cargo_of(5, "k", "value");
  cargo.record.headers.emplace_back("ce_id", bytes("A"));
  const auto packed = pack({cargo}, "s", "orders", "", 1, 1'000'000);
  ASSERT_THAT(packed, SizeIs(1));
  const auto records = records_of(packed[0]);
  ASSERT_THAT(records, SizeIs(1));
  EXPECT_EQ(records[0].timestamp, 1'700'000'000'005);
  EXPECT_EQ(records[0].key, bytes("k"));
  EXPECT_EQ(records[0].value, bytes("value"));
  EXPECT_EQ(records[0].headers.front().first, "ce_id");
  EXPECT_EQ(records[0].headers.back().first, trail_header);
}

TEST(Shipment, RecordsGoWhereTheirKeysBelongAndOthersKeepTheirPartition) {
  const auto packed = pack({cargo_of(0, "a", "v", 3), cargo_of(1, std::nullopt, "v", 3), cargo_of(2, "a", "v", 1)}, "s",
                           "orders", "", 4, 1'000'000);
  const auto of_a = broker::partition_of_key(as_bytes("a"), 4);
  for (const auto& each : packed) {
    for (const auto at : each.cargo) EXPECT_EQ(each.partition, at == 1 ? 3 : of_a) << at;
  }
  EXPECT_EQ(pack({cargo_of(1, std::nullopt, "v", 7)}, "s", "orders", "", 4, 1'000'000)[0].partition, 3)
      << "where there are fewer";
}

TEST(Shipment, TheKeyMayBeAnAttribute) {
  auto event = cargo_of(0, "old");
  for (const auto& [name, value] : std::map<std::string, std::string>{
           {"ce_specversion", "1.0"}, {"ce_id", "A"}, {"ce_source", "/s"}, {"ce_type", "t"}, {"ce_subject", "new"}}) {
    event.record.headers.emplace_back(name, bytes(value));
  }
  EXPECT_EQ(records_of(pack({event}, "s", "orders", "subject", 1, 1'000'000)[0])[0].key, bytes("new"));
  EXPECT_EQ(records_of(pack({event}, "s", "orders", "missing", 1, 1'000'000)[0])[0].key, bytes("old"));
  EXPECT_EQ(records_of(pack({cargo_of(0, "old")}, "s", "orders", "subject", 1, 1'000'000)[0])[0].key, bytes("old"))
      << "it is no event";
}

TEST(Shipment, BatchesAreBoundedButForOneLargeRecord) {
  const std::string large(1'000, 'x');
  const auto packed = pack({cargo_of(0, "k", large), cargo_of(1, "k", large), cargo_of(2, "k", std::string(5'000, 'y')),
                            cargo_of(3, "k", "s"), cargo_of(4, "k", "t")},
                           "s", "orders", "", 1, 2'500);
  std::vector<std::vector<std::size_t>> batches;
  for (const auto& each : packed) batches.push_back(each.cargo);
  EXPECT_THAT(batches, ElementsAre(ElementsAre(0u, 1u), ElementsAre(2u), ElementsAre(3u, 4u)));
}

TEST(Shipment, WhatATopicRefusesForGoodIsRejected) {
  const auto fate = [](ErrorCode error) {
    runtime::ProducePartAnswer answer;
    answer.append.error = error;
    return judge(answer, "copies").fate;
  };
  using enum Verdict::Fate;
  EXPECT_EQ(fate(ErrorCode::none), arrived);
  for (const auto error : {ErrorCode::message_too_large, ErrorCode::invalid_record, ErrorCode::invalid_timestamp})
    EXPECT_EQ(fate(error), rejected) << name_of(error);
  for (const auto error : {ErrorCode::kafka_storage_error, ErrorCode::unknown_topic_or_partition})
    EXPECT_EQ(fate(error), failed) << name_of(error);
}

TEST(Shipment, AFailureSaysWhichTopicAndWhy) {
  runtime::ProducePartAnswer answer;
  answer.append.error = ErrorCode::invalid_record;
  answer.faults = {{.index = 0, .message = "ce_id: missing (CORE-2)"}};
  const auto verdict = judge(answer, "copies");
  EXPECT_EQ(verdict.failure.reason, delivery::Reason::event_invalid);
  EXPECT_THAT(verdict.failure.message, HasSubstr("topic copies: INVALID_RECORD: ce_id: missing"));
  answer = {};
  answer.append.error = ErrorCode::message_too_large;
  EXPECT_EQ(judge(answer, "copies").failure.reason, delivery::Reason::too_large);
}

}  // namespace
}  // namespace millrace::forward
