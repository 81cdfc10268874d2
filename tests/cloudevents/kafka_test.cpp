// Events in records.

#include "millrace/cloudevents/kafka.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "events.hpp"
#include "millrace/cloudevents/json.hpp"
#include "millrace/cloudevents/protobuf.hpp"
#include "wire.hpp"

namespace millrace::cloudevents {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Optional;
using ::testing::Pair;

Judged<Event> read(const RecordHeaders& headers, const std::optional<std::string>& value = std::nullopt,
                   Unmarked unmarked = Unmarked::refused) {
  const StoredRecord record(headers, value);
  return from_record(record.cursor(), record.view().value, unmarked);
}

Problem problem(const Judged<Event>& judged) {
  EXPECT_FALSE(judged);
  return judged ? Problem::invalid_cloudevent : problem_of(judged.error());
}

const RecordHeaders structured{{"content-type", "application/cloudevents+json"}};

TEST(CloudEventsKafka, Kaf3TheModeIsToldByTheContentType) {
  EXPECT_EQ(*read(structured, json_of()), event_of());
  EXPECT_EQ(*read({{"Content-Type", "Application/CloudEvents+JSON; charset=UTF-8"}}, json_of()), event_of());
  EXPECT_EQ(*read(required_headers, "x"), event_of({}, "x"));
  EXPECT_EQ(problem(read({}, json_of())), Problem::not_a_cloudevent) << "not marked";
  EXPECT_EQ(problem(read({{"content-type", "application/json"}}, "{}")), Problem::not_a_cloudevent);
  EXPECT_EQ(problem(read({{"ce_subject", "s"}}, "x")), Problem::not_a_cloudevent);
}

TEST(CloudEventsKafka, Pb1AnEventInProtobufIsStructuredToo) {
  const RecordHeaders protobuf{{"content-type", "Application/CloudEvents+Protobuf"}};
  const auto event = event_of({{"datacontenttype", "text/plain"}}, "sold");
  EXPECT_EQ(*read(protobuf, to_protobuf(event)), event);
  EXPECT_EQ(verdict_of(read(protobuf)), "KAF-7 ");
  EXPECT_EQ(verdict_of(read(protobuf, "\x0a\x05")), "PB-2 ");
  EXPECT_EQ(verdict_of(read(protobuf, wire::event_with(wire::attribute("time", wire::integer(5))))), "PB-5 /time");
  const auto stored = to_record(event, Storage::protobuf);
  EXPECT_THAT(stored.headers,
              ElementsAre(Pair("content-type", Optional(std::string("application/cloudevents+protobuf")))));
  EXPECT_EQ(stored.value, to_protobuf(event));
}

TEST(CloudEventsKafka, Kaf1ARecordIsNoBatchOfProtobuf) {
  EXPECT_EQ(verdict_of(read({{"content-type", "application/cloudevents-batch+protobuf"}}, "")), "KAF-1 content-type");
}

TEST(CloudEventsKafka, Kaf4AnUnknownFormatIsDataInBinaryMode) {
  const RecordHeaders avro{{"content-type", "application/cloudevents+avro"}};
  EXPECT_EQ(problem(read(avro, "x")), Problem::unsupported_event_format);
  const auto event = read(headers_with(avro), "x");
  ASSERT_TRUE(event);
  EXPECT_EQ(event->text("datacontenttype"), "application/cloudevents+avro");
}

TEST(CloudEventsKafka, Kaf1ARecordIsNoBatch) {
  EXPECT_EQ(verdict_of(read({{"content-type", "application/cloudevents-batch+json"}}, "[]")), "KAF-1 content-type");
}

TEST(CloudEventsKafka, Kaf5ContentTypeAndValueAreTheData) {
  const auto event = read(headers_with({{"content-type", "Text/Plain"}}), "a b%20");
  EXPECT_EQ(*event, event_of({{"datacontenttype", "Text/Plain"}}, "a b%20"));
  EXPECT_EQ(verdict_of(read(headers_with({{"content-type", "xyz"}}))), "CORE-14 content-type");
}

TEST(CloudEventsKafka, Kaf6HeadersAreAttributesInUtf8AndNothingIsDecoded) {
  const auto event = read(headers_with({{"other", "o"}, {"ce_subject", "caf\xC3\xA9 %20 \"q\""}, {"ce_n", "5"}}));
  EXPECT_EQ(*event, event_of({{"subject", "caf\xC3\xA9 %20 \"q\""}, {"n", "5"}}));
  EXPECT_EQ(verdict_of(read(headers_with({{"ce_subject", "caf\xE9"}}))), "CORE-12 ce_subject");
}

TEST(CloudEventsKafka, Kaf7NullAndEmptyAreNoData) {
  EXPECT_EQ(read(required_headers)->data, std::nullopt);
  EXPECT_EQ(read(required_headers, "")->data, std::nullopt);
  EXPECT_EQ(to_record(event_of(), Storage::binary).value, std::nullopt);
  EXPECT_THAT(to_record(event_of(), Storage::structured).value, Optional(json_of()));
  EXPECT_EQ(verdict_of(read(structured)), "KAF-7 ") << "a structured event is never a tombstone";
}

TEST(CloudEventsKafka, Kaf12HeadersBesideAStructuredEventAreCopies) {
  EXPECT_EQ(*read({{"content-type", "application/cloudevents+json"}, {"ce_id", "other"}}, json_of()), event_of());
  EXPECT_THAT(to_record(event_of(), Storage::structured).headers,
              ElementsAre(Pair("content-type", Optional(std::string("application/cloudevents+json")))));
}

TEST(CloudEventsKafka, FaultsInStructuredRecordsPointIntoTheValue) {
  EXPECT_EQ(verdict_of(read(structured, json_of("\"time\":\"noon\""))), "CORE-19 /time");
  EXPECT_EQ(problem(read(structured, "{")), Problem::malformed_event);
}

// Section 3.5, rule 1.

TEST(CloudEventsKafka, NullHeadersAreIgnored) {
  EXPECT_EQ(
      *read(headers_with({{"ce_subject", std::nullopt}, {"content-type", std::nullopt}, {"ce_id", std::nullopt}})),
      event_of());
}

TEST(CloudEventsKafka, Core7NamesThatNoAttributeCanHaveAreIgnored) {
  EXPECT_EQ(*read(headers_with({{"ce_my_ext", "x"}, {"ce_", "x"}, {"ce_data", "x"}, {"ce_ID", "x"}, {"ce", "x"}})),
            event_of());
}

TEST(CloudEventsKafka, CeDatacontenttypeIsIgnoredBesideTheRealOne) {
  EXPECT_EQ(read(headers_with({{"ce_datacontenttype", "a/b"}, {"content-type", "c/d"}}))->text("datacontenttype"),
            "c/d");
  EXPECT_EQ(read(headers_with({{"ce_datacontenttype", "a/b"}}))->text("datacontenttype"), "a/b");
}

TEST(CloudEventsKafka, Core9TheLastDuplicateCounts) {
  const auto event = read(headers_with({{"ce_x", "1"}, {"ce_id", "A2"}, {"ce_x", "2"}, {"ce_id", "A3"}}));
  ASSERT_TRUE(event);
  EXPECT_EQ(event->text("id"), "A3");
  EXPECT_EQ(event->text("x"), "2");
  EXPECT_EQ(event->attributes.size(), 5U);
  RecordHeaders many = required_headers;
  for (int at = 0; at < 8'000; ++at) many.emplace_back("ce_x" + std::to_string(at), "1");
  many.emplace_back("ce_x7999", "2");
  EXPECT_EQ(read(many)->text("x7999"), "2");
}

TEST(CloudEventsKafka, HeaderNamesAreReadInAnyLetterCase) {
  EXPECT_EQ(*read({{"CE_specversion", "1.0"},
                   {"Ce_id", "A1"},
                   {"cE_source", "/shop"},
                   {"ce_type", "com.example.sold"},
                   {"CONTENT-TYPE", "a/b"}}),
            event_of({{"datacontenttype", "a/b"}}));
}

TEST(CloudEventsKafka, D4UnmarkedEventsAreRecognisedWhereATopicAsks) {
  EXPECT_EQ(*read({}, json_of(), Unmarked::recognised), event_of());
  EXPECT_EQ(*read({{"content-type", "application/json"}}, json_of(), Unmarked::recognised), event_of());
  EXPECT_EQ(problem(read({{"content-type", "text/plain"}}, json_of(), Unmarked::recognised)),
            Problem::not_a_cloudevent);
  EXPECT_EQ(problem(read({}, "{\"id\":\"A\"}", Unmarked::recognised)), Problem::not_a_cloudevent);
  EXPECT_EQ(problem(read({}, std::nullopt, Unmarked::recognised)), Problem::not_a_cloudevent);
}

TEST(CloudEventsKafka, BinaryRecordsBeginWithTheFourAndKeepTheOrderOfOthers) {
  Event event;
  for (const auto* name : {"zz", "type", "subject", "id", "datacontenttype", "source", "aa", "specversion"}) {
    event.attributes.push_back(
        {.name = name, .text = name == std::string_view("datacontenttype") ? "text/plain" : "1.0"});
  }
  std::vector<std::string> keys;
  for (const auto& [key, value] : to_record(event, Storage::binary).headers) keys.push_back(key);
  EXPECT_THAT(keys, ElementsAre("content-type", "ce_specversion", "ce_id", "ce_source", "ce_type", "ce_zz",
                                "ce_subject", "ce_aa"));
}

TEST(CloudEventsKafka, Core16JsonDataGetsItsContentTypeInBinaryRecords) {
  const auto event = parse_json(json_of("\"data\":{\"a\":1}"));
  const StoredEvent record = to_record(*event, Storage::binary);
  EXPECT_EQ(record.headers[0].second, "application/json");
  EXPECT_THAT(record.value, Optional(std::string("{\"a\":1}")));
  EXPECT_EQ(to_record(*event, Storage::structured).value, json_of("\"data\":{\"a\":1}")) << "and nothing in JSON";
}

TEST(CloudEventsKafka, Json9Base64WithoutAContentTypeGetsNone) {
  const auto event = parse_json(json_of("\"data_base64\":\"e30=\""));
  EXPECT_EQ(to_record(*event, Storage::binary).headers[0].first, "ce_specversion");
}

TEST(CloudEventsKafka, Kaf10PartitionkeyStaysInTheEvent) {
  const StoredEvent record = to_record(event_of({{"partitionkey", "pk"}}), Storage::binary);
  EXPECT_EQ(record.headers.back().first, "ce_partitionkey");
}

TEST(CloudEvents03, RecordsStay03) {
  Event event = event_of({{"schemaurl", "/s"}});
  event.attributes[0].text = "0.3";
  const StoredEvent record = to_record(event, Storage::binary);
  EXPECT_EQ(record.headers[0].second, "0.3");
  EXPECT_EQ(record.headers.back().first, "ce_schemaurl");
  EXPECT_EQ(*read(record.headers), event);
}

// The judgement on the way in.

std::string checked(Validation validation, const RecordHeaders& headers, const std::optional<std::string>& value = "x",
                    Unmarked unmarked = Unmarked::refused) {
  const StoredRecord record(headers, value);
  const auto& view = record.view();
  return verdict_of(check_record(view.headers, view.header_count, view.value, validation, unmarked));
}
std::string either(const RecordHeaders& headers, const std::optional<std::string>& value = "x") {
  return checked(Validation::binary_or_structured, headers, value);
}
std::string strict(const RecordHeaders& headers, const std::optional<std::string>& value = "x") {
  return checked(Validation::strict, headers, value);
}

/// Replaces the value of one required header.
RecordHeaders headers_changed(std::string_view key, std::optional<std::string> value) {
  RecordHeaders headers = required_headers;
  for (auto& [name, text] : headers) {
    if (name == key) text = value;
  }
  return headers;
}

TEST(CheckRecord, NoneLetsEverythingPass) {
  EXPECT_EQ(checked(Validation::none, {}, std::nullopt), "fine");
  EXPECT_EQ(checked(Validation::none, {{"content-type", "application/cloudevents+json"}}, "{"), "fine");
}

TEST(CheckRecord, GoodRecordsPass) {
  const RecordHeaders binary = headers_with({{"ce_subject", "s"},
                                             {"ce_time", "2024-01-02T03:04:05Z"},
                                             {"ce_dataschema", "urn:s"},
                                             {"ce_partitionkey", "k"},
                                             {"content-type", "application/json"},
                                             {"other", "x"}});
  EXPECT_EQ(either(binary), "fine");
  EXPECT_EQ(strict(binary), "fine");
  EXPECT_EQ(strict(required_headers, std::nullopt), "fine");
  EXPECT_EQ(either(structured, json_of("\"time\":\"2024-01-02T03:04:05Z\"")), "fine");
  EXPECT_EQ(strict(structured, json_of("\"time\":\"2024-01-02T03:04:05Z\"")), "fine");
}

TEST(CheckRecord, Pb1EventsInProtobufAreJudgedAsThoseInJson) {
  const RecordHeaders protobuf{{"content-type", "application/cloudevents+protobuf"}};
  const auto with = [](std::string_view name, std::string_view value) {
    return wire::event_with(wire::attribute(name, value));
  };
  EXPECT_EQ(strict(protobuf, with("time", wire::timestamp(0))), "fine");
  EXPECT_EQ(either(protobuf, with("time", wire::integer(5))), "fine") << "it is no required one";
  EXPECT_EQ(strict(protobuf, with("time", wire::integer(5))), "PB-5 /time");
  EXPECT_EQ(either(protobuf, with("dataschema", wire::string("a/b"))), "fine");
  EXPECT_EQ(strict(protobuf, with("dataschema", wire::string("a/b"))), "PB-5 /dataschema");
  EXPECT_EQ(strict(protobuf, with("dataschema", wire::uri("a/b"))), "CORE-17 /dataschema");
  for (const auto& judged : {either(protobuf, "{"), strict(protobuf, "{")}) EXPECT_EQ(judged, "PB-2 ");
  for (const auto& judged : {either(protobuf, ""), strict(protobuf, "")}) EXPECT_EQ(judged, "CORE-2 /specversion");
  EXPECT_EQ(either(protobuf, std::nullopt), "KAF-7 ");
  EXPECT_EQ(either({{"content-type", "application/cloudevents-batch+protobuf"}}, ""), "KAF-1 content-type");
}

TEST(CheckRecord, WhatIsNoEventIsRefused) {
  EXPECT_EQ(either({}), "KAF-3 ");
  EXPECT_EQ(strict({{"content-type", "application/json"}}, json_of()), "KAF-3 ");
  const StoredRecord record(RecordHeaders{});
  EXPECT_EQ(check_record(record.view().headers, 0, std::nullopt, Validation::strict)->problem,
            Problem::not_a_cloudevent);
}

TEST(CheckRecord, TheFourRequiredObeyTheirRulesInBothModes) {
  for (const auto validation : {Validation::binary_or_structured, Validation::strict}) {
    for (const std::string name : {"specversion", "id", "source", "type"}) {
      EXPECT_EQ(checked(validation, headers_changed("ce_" + name, "")), "CORE-2 ce_" + name);
    }
    EXPECT_EQ(checked(validation, headers_changed("ce_source", "a b")), "CORE-3 ce_source");
    EXPECT_EQ(checked(validation, headers_changed("ce_specversion", "1.1")), "CORE-6 ce_specversion");
    EXPECT_EQ(checked(validation, headers_changed("ce_id", "a\nb")), "CORE-12 ce_id");
    EXPECT_EQ(checked(validation, {{"ce_specversion", "1.0"}, {"ce_id", "A"}, {"ce_type", "t"}}), "CORE-2 ce_source");
    EXPECT_EQ(checked(validation, structured, "{}"), "CORE-2 /specversion");
    EXPECT_EQ(checked(validation, structured, "{"), "JSON-1 ");
    EXPECT_EQ(checked(validation, structured, std::nullopt), "KAF-7 ");
    EXPECT_EQ(checked(validation, structured, json_of("\"data\":1,\"data_base64\":\"\"")), "JSON-6 /data");
  }
}

TEST(CheckRecord, OtherAttributesAreJudgedByTheStrictOnly) {
  const std::pair<RecordHeaders, const char*> cases[] = {
      {{{"ce_time", "noon"}}, "CORE-19 ce_time"},
      {{{"ce_subject", ""}}, "CORE-18 ce_subject"},
      {{{"ce_dataschema", "/relative"}}, "CORE-17 ce_dataschema"},
      {{{"ce_x", "\x01"}}, "CORE-12 ce_x"},
      {{{"content-type", "xyz"}}, "CORE-14 content-type"},
      {{{"ce_subject", std::nullopt}}, "KAF-6 ce_subject"},
      {{{"content-type", std::nullopt}}, "KAF-5 content-type"},
      {{{"ce_datacontenttype", "a/b"}}, "KAF-5 ce_datacontenttype"},
      {{{"ce_my_ext", "x"}}, "CORE-7 ce_my_ext"},
      {{{"ce_x", "1"}, {"ce_x", "1"}}, "CORE-9 ce_x"},
      {{{"ce_id", "A1"}}, "CORE-9 ce_id"},
      {{{"CE_x", "1"}}, "KAF-6 CE_x"},
      {{{"Content-Type", "a/b"}}, "KAF-5 Content-Type"},
      {{{"content-type", "a/b"}, {"content-type", "a/b"}}, "CORE-9 content-type"},
  };
  for (const auto& [more, verdict] : cases) {
    EXPECT_EQ(either(headers_with(more)), "fine") << verdict;
    EXPECT_EQ(strict(headers_with(more)), verdict);
  }
  EXPECT_EQ(either(structured, json_of("\"time\":\"noon\"")), "fine");
  EXPECT_EQ(strict(structured, json_of("\"time\":\"noon\"")), "CORE-19 /time");
  EXPECT_EQ(either(structured, json_of("\"dataschema\":\"/s\"")), "fine");
  EXPECT_EQ(strict(structured, json_of("\"dataschema\":\"/s\"")), "CORE-17 /dataschema");
}

TEST(CheckRecord, Kaf12CopiesBesideAStructuredEventAreForTheLenient) {
  const RecordHeaders both = headers_with(structured);
  EXPECT_EQ(either(both, json_of()), "fine");
  EXPECT_EQ(strict(both, json_of()), "KAF-12 ");
}

TEST(CheckRecord, Kaf4UnknownFormatsAreStoredAsTheyAreUnlessStrict) {
  EXPECT_EQ(either({{"content-type", "application/cloudevents+avro"}}), "fine");
  EXPECT_EQ(strict({{"content-type", "application/cloudevents+avro"}}), "KAF-4 content-type");
  EXPECT_EQ(either({{"content-type", "application/cloudevents-batch+json"}}, "[]"), "KAF-1 content-type");
}

TEST(CheckRecord, D4UnmarkedEventsPassWhereATopicAsksUnlessStrict) {
  EXPECT_EQ(checked(Validation::binary_or_structured, {}, json_of(), Unmarked::recognised), "fine");
  EXPECT_EQ(checked(Validation::binary_or_structured, {}, "{}", Unmarked::recognised), "KAF-3 ");
  EXPECT_EQ(checked(Validation::strict, {}, json_of(), Unmarked::recognised), "KAF-3 ");
}

TEST(CheckRecord, TheLastDuplicateIsTheOneThatIsJudged) {
  EXPECT_EQ(either(headers_with({{"ce_id", ""}})), "CORE-2 ce_id");
  EXPECT_EQ(either(headers_with({{"ce_source", "a b"}, {"ce_source", "/s"}})), "fine");
  EXPECT_EQ(either(headers_with({{"ce_id", std::nullopt}})), "fine");
}

TEST(CheckRecord, ManyHeadersTakeLittleTime) {
  RecordHeaders headers = required_headers;
  for (int at = 0; at < 16'000; ++at) headers.emplace_back("ce_x" + std::to_string(at), "v");
  EXPECT_EQ(strict(headers), "fine");
  headers.emplace_back("ce_x15999", "v");
  EXPECT_EQ(strict(headers), "CORE-9 ce_x15999");
}

TEST(CheckRecord, AFaultTellsTheFieldTheValueAndTheRule) {
  const StoredRecord record(headers_changed("ce_source", "a b\n" + std::string(1000, 'x')));
  const auto fault =
      check_record(record.view().headers, record.view().header_count, std::nullopt, Validation::binary_or_structured);
  ASSERT_TRUE(fault);
  EXPECT_THAT(fault->detail, testing::StartsWith("ce_source is \"a b\\n"));
  EXPECT_LT(fault->detail.size(), 200U);
}

TEST(CheckRecord, WhatTheStrictAcceptReadersRead) {
  const StoredRecord record(headers_with({{"ce_time", "2024-01-02T03:04:05Z"}}), "x");
  EXPECT_TRUE(from_record(record.cursor(), record.view().value));
}

}  // namespace
}  // namespace millrace::cloudevents
