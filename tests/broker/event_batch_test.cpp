#include "millrace/broker/event_batch.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "millrace/record/builder.hpp"

namespace millrace::broker {
namespace {

using Headers = std::vector<std::pair<std::string, std::optional<std::string>>>;

Headers binary(const std::string& source, const std::string& id) {
  return {{"ce_specversion", "1.0"}, {"ce_id", id}, {"ce_source", source}, {"ce_type", "t"}};
}

std::optional<Hash128> hash_of(const Headers& headers, const std::string& value = "", const SipKey& key = {1, 2},
                               const EventSettings& topic = {}) {
  std::vector<record::HeaderView> views;
  for (const auto& [name, text] : headers) {
    views.push_back({name, text ? std::optional(as_bytes(*text)) : std::nullopt});
  }
  record::BatchBuilder builder;
  builder.add({0, std::nullopt, as_bytes(value), views});
  const auto batch = builder.finish();
  const auto hashes = hashes_of(record::read_header(batch), batch, key, topic);
  return hashes.empty() ? std::nullopt : hashes.at(0);
}

std::optional<Hash128> hash_of_json(const std::string& text) {
  return hash_of({{"content-type", "application/cloudevents+json"}}, text);
}

TEST(EventHashes, AreOfSourceAndIdAlone) {
  const auto one = hash_of(binary("/shop", "1"), "data");
  ASSERT_TRUE(one);
  auto other = binary("/shop", "1");
  other[3].second = "another type";
  other.push_back({"ce_time", "2026-01-01T00:00:00Z"});
  EXPECT_EQ(hash_of(other, "other data"), one);
  EXPECT_NE(hash_of(binary("/shop", "2")), one);
  EXPECT_NE(hash_of(binary("/shops", "1")), one);
  EXPECT_NE(hash_of(binary("/shop", "1"), "", {1, 3}), one) << "under another key";
}

std::string left_of(const Bytes& batch) {
  const auto records = record::read_records(batch);
  if (!records) return "damaged";
  std::string all;
  for (const auto& each : *records) {
    all += (all.empty() ? "" : " ") + std::to_string(each.offset.value()) + ":" + std::string(as_text(*each.value));
  }
  return all;
}

Bytes four(record::Codec codec, ProducerId producer) {
  record::BatchBuilder builder(codec);
  if (producer >= 0) builder.set_producer(producer, 0, 5);
  for (const std::string_view value : {"a", "b", "c", "d"}) builder.add({9, std::nullopt, as_bytes(value), {}});
  return builder.finish();
}

TEST(WithoutUnfit, WhatStaysKeepsItsPlaceAndTheBatchItsSequence) {
  using enum record::Codec;
  const FirstCopies firsts = {{}, {.offset = Offset(1)}, {}, {}};
  for (const auto codec : {none, gzip, snappy, lz4, zstd}) {
    const auto batch = four(codec, 7);
    const auto header = record::read_header(batch);
    EXPECT_EQ(left_of(without_unfit(header, batch, {}, {0, 2})), "1:b 3:d");
    const auto left = without_unfit(header, batch, firsts, {0});
    EXPECT_EQ(left_of(left), "2:c 3:d");
    const auto told = record::read_header(left);
    EXPECT_EQ(told.codec(), codec);
    EXPECT_EQ(told.base_sequence, 5);
    EXPECT_EQ(told.last_sequence(), 8);
    EXPECT_TRUE(record::check_stored(left));
  }
}

TEST(WithoutUnfit, ABatchOfWhichNothingIsLeftKeepsItsOffsetsWhoeverSentIt) {
  const FirstCopies firsts = {{.offset = Offset(3)}, {}, {}, {}};
  for (const ProducerId producer : {-1, 7}) {
    const auto batch = four(record::Codec::gzip, producer);
    const auto left = without_unfit(record::read_header(batch), batch, firsts, {1, 2, 3});
    ASSERT_TRUE(record::check_stored(left));
    const auto told = record::read_header(left);
    EXPECT_EQ(told.record_count, 0);
    EXPECT_EQ(told.last_offset_delta, 3);
    EXPECT_EQ(told.producer_id, producer);
    EXPECT_EQ(told.base_sequence, producer < 0 ? -1 : 5);
  }
}

TEST(EventHashes, TellWhereTheSourceEnds) { EXPECT_NE(hash_of(binary("/a", "bc")), hash_of(binary("/ab", "c"))); }

TEST(EventHashes, AreTheSameInEitherMode) {
  EXPECT_EQ(hash_of_json(R"({"specversion":"1.0","id":"1","source":"\/shop","type":"t","data":{"id":"9"}})"),
            hash_of(binary("/shop", "1")));
}

TEST(EventHashes, AreTheSameInProtobuf) {
  const std::string event = std::string("\x0a\x01") + "1\x12\x05/shop\x1a\x03" + "1.0\x22\x01t";
  EXPECT_EQ(hash_of({{"content-type", "application/cloudevents+protobuf"}}, event), hash_of(binary("/shop", "1")));
  EXPECT_EQ(hash_of({{"content-type", "application/cloudevents+protobuf"}}, event.substr(3)), std::nullopt);
}

TEST(EventHashes, AreReadAsRecordsAre) {
  EXPECT_EQ(hash_of({{"CE_SpecVersion", "1.0"},
                     {"ce_id", "0"},
                     {"ce_id", "1"},
                     {"ce_id", std::nullopt},
                     {"Ce_source", "/shop"},
                     {"ce_type", "t"}}),
            std::nullopt)
      << "names in other letters than a-z are none";
  EXPECT_EQ(hash_of({{"CE_specversion", "1.0"},
                     {"ce_id", "0"},
                     {"ce_id", "1"},
                     {"ce_id", std::nullopt},
                     {"Ce_source", "/shop"},
                     {"ce_type", "t"}}),
            hash_of(binary("/shop", "1")));
}

TEST(EventHashes, AreOfEventsAlone) {
  EXPECT_EQ(hash_of({}), std::nullopt);
  for (std::size_t missing = 0; missing < 4; ++missing) {
    auto headers = binary("/shop", "1");
    headers.erase(headers.begin() + static_cast<std::ptrdiff_t>(missing));
    EXPECT_EQ(hash_of(headers), std::nullopt) << missing;
  }
  auto other_version = binary("/shop", "1");
  other_version[0].second = "2.0";
  EXPECT_EQ(hash_of(other_version), std::nullopt);
  EXPECT_EQ(hash_of_json(R"({"specversion":"1.0","id":"","source":"/shop","type":"t"})"), std::nullopt);
  EXPECT_EQ(hash_of_json("{"), std::nullopt);
}

TEST(EventHashes, AreOfUnmarkedEventsWhereTheTopicKnowsThem) {
  const std::string text = R"({"specversion":"1.0","id":"1","source":"/shop","type":"t"})";
  const Headers json{{"content-type", "application/json"}};
  EXPECT_EQ(hash_of({}, text), std::nullopt);
  EventSettings topic;
  topic.knows_unmarked = true;
  EXPECT_EQ(hash_of({}, text, {1, 2}, topic), hash_of(binary("/shop", "1")));
  EXPECT_EQ(hash_of(json, text, {1, 2}, topic), hash_of(binary("/shop", "1")));
  EXPECT_EQ(hash_of({{"content-type", "text/plain"}}, text, {1, 2}, topic), std::nullopt);
  EXPECT_EQ(hash_of({}, R"({"id":"1","source":"/shop"})", {1, 2}, topic), std::nullopt);
}

TEST(EventHashes, ARedrivenEventHasNone) {
  auto headers = binary("/shop", "1");
  headers.push_back({"ce_dlredrive", "1"});
  EXPECT_EQ(hash_of(headers), std::nullopt);
  EXPECT_EQ(hash_of_json(R"({"specversion":"1.0","id":"1","source":"/shop","type":"t","dlredrive":1})"), std::nullopt);
}

}  // namespace
}  // namespace millrace::broker
