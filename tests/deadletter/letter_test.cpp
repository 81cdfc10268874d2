// A dead letter in each mode: what is added, what stays, and what is read of it again.

#include "millrace/deadletter/letter.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "letters.hpp"
#include "millrace/cloudevents/json.hpp"
#include "millrace/cloudevents/kafka.hpp"
#include "millrace/cloudevents/protobuf.hpp"

namespace millrace::deadletter {
namespace {

using delivery::Reason;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

const HeaderTexts binary{{"content-type", "application/json"},
                         {"ce_specversion", "1.0"},
                         {"ce_id", "A1"},
                         {"ce_source", "/shop"},
                         {"ce_type", "t"},
                         {"trace", std::nullopt}};
const HeaderTexts structured{{"content-type", "application/cloudevents+json"}};
const HeaderTexts protobuf{{"content-type", "application/cloudevents+protobuf"}};

constexpr std::string_view history = "billing,http-status,5,2026-05-01T12:00:00.000Z,2026-05-01T12:03:10.500Z";

std::vector<std::string> kafka_marks() {
  return {"__dlq.errors.topic: orders",
          "__dlq.errors.partition: 3",
          "__dlq.errors.offset: 1042",
          "__dlq.errors.group: billing",
          "__dlq.errors.delivery.count: 5",
          "__dlq.errors.message: no \"stock\" service",
          "__dlq.errors.disposition: max-deliveries",
          "__dlq.errors.millrace.code: 503",
          "__dlq.errors.millrace.destination: https://billing.example/events",
          "__dlq.errors.millrace.first.time: 2026-05-01T12:00:00.000Z",
          "__dlq.errors.millrace.time: 2026-05-01T12:03:10.500Z",
          "__dlq.errors.millrace.id: billing~orders~3~1042~0",
          "__dlq.errors.millrace.history: " + std::string(history)};
}

cloudevents::Event event_in(const Record& record) {
  const auto headers = headers_of(record);
  const auto view = view_of(record, headers);
  const auto event = cloudevents::from_record(headers, view.value);
  EXPECT_TRUE(event.has_value()) << value_of(record);
  return event.value_or(cloudevents::Event());
}

TEST(Letter, ARecordThatIsNoEventHasTheMarksAsKafkaHeaders) {
  const Record original = record_of({{"a", "1"}, {"b", std::nullopt}, {"a", "2"}, {"a", "1"}}, "\xFF not text");
  const Record letter = buried(sample(), original);
  EXPECT_EQ(letter.timestamp, original.timestamp);
  EXPECT_EQ(letter.key, original.key);
  EXPECT_EQ(letter.value, original.value);
  ASSERT_GE(letter.headers.size(), 4U);
  EXPECT_EQ(std::vector(letter.headers.begin(), letter.headers.begin() + 4), original.headers);
  EXPECT_EQ(headers_from(letter, 4), kafka_marks());
}

TEST(Letter, NullKeysValuesAndTombstonesStayNull) {
  const Record letter = buried(sample(), record_of({}, std::nullopt, std::nullopt));
  EXPECT_EQ(letter.key, std::nullopt);
  EXPECT_EQ(letter.value, std::nullopt);
  EXPECT_EQ(dug_up(letter).value().original, record_of({}, std::nullopt, std::nullopt));
}

TEST(Letter, AnEventInBinaryModeHasThemAsAttributesToo) {
  const Record letter = buried(sample(), record_of(binary, R"({"a":1})"));
  EXPECT_EQ(value_of(letter), R"({"a":1})");
  auto marks = std::vector<std::string>{"ce_dltopic: orders",
                                        "ce_dlpartition: 3",
                                        "ce_dloffset: 1042",
                                        "ce_dlgroup: billing",
                                        "ce_dlattempts: 5",
                                        "ce_dlmessage: no \"stock\" service",
                                        "ce_dlreason: max-deliveries",
                                        "ce_dlcode: 503",
                                        "ce_dldest: https://billing.example/events",
                                        "ce_dlfirsttime: 2026-05-01T12:00:00.000Z",
                                        "ce_dltime: 2026-05-01T12:03:10.500Z",
                                        "ce_dlid: billing~orders~3~1042~0",
                                        "ce_dlhistory: " + std::string(history)};
  for (const std::string& mark : kafka_marks()) marks.push_back(mark);
  EXPECT_EQ(headers_from(letter, binary.size()), marks);
  EXPECT_EQ(event_in(letter).text("dlid"), "billing~orders~3~1042~0");
}

TEST(Letter, AStructuredEventHasThemBehindItsLastMemberAndElseEveryByte) {
  const std::string front =
      "\t{ \"data\" : {\"dltopic\": [1, \"}\\\"\" , {}], \"n\": 1.50e+2} , \"specversion\":\"1.0\",\n"
      "\"id\":\"A1\",\"source\":\"/sh\\u006fp\", \"type\":\"t\"";
  const Record letter = buried(sample(), record_of(structured, front + "\n} \n"));
  EXPECT_EQ(value_of(letter),
            front +
                R"(,"dltopic":"orders","dlpartition":3,"dloffset":"1042","dlgroup":"billing","dlattempts":5,)"
                R"("dlmessage":"no \"stock\" service","dlreason":"max-deliveries","dlcode":503,)"
                R"("dldest":"https://billing.example/events","dlfirsttime":"2026-05-01T12:00:00.000Z",)"
                R"("dltime":"2026-05-01T12:03:10.500Z","dlid":"billing~orders~3~1042~0","dlhistory":")" +
                std::string(history) + "\"\n} \n");
  EXPECT_EQ(headers_from(letter, 1), kafka_marks());
  const auto event = event_in(letter);
  EXPECT_EQ(event.data, R"({"dltopic": [1, "}\"" , {}], "n": 1.50e+2})");
  EXPECT_EQ(event.text("dlmessage"), "no \"stock\" service");
  EXPECT_EQ(event.text("dlattempts"), "5");
}

TEST(Letter, ANumberThatIsNoIntegerIsAString) {
  Letter letter = sample();
  letter.attempts = UINT32_MAX;
  const Record json = record_of(structured, R"({"specversion":"1.0","id":"1","source":"/","type":"t"})");
  EXPECT_EQ(event_in(buried(letter, json)).text("dlattempts"), "4294967295");
  const Record other = record_of(protobuf, to_protobuf(event_in(json)));
  EXPECT_EQ(event_in(buried(letter, other)).text("dlattempts"), "4294967295");
}

TEST(Letter, MembersOfTheSameNamesAreReplacedWhereverTheyStand) {
  const std::string event =
      R"({"dltopic":"x" , "dlid" :"y", "specversion":"1.0","id":"A1", "dl\u0063ode":7,"source":"/shop","type":"t" ,"dltime":"z" })";
  const auto read = dug_up(buried(sample(), record_of(structured, event))).value();
  EXPECT_EQ(value_of(read.original), R"({"specversion":"1.0","id":"A1","source":"/shop","type":"t" })");
  EXPECT_EQ(event_in(buried(sample(), record_of(structured, event))).text("dltopic"), "orders");
}

TEST(Letter, AProtobufEventHasThemBehindItsFields) {
  cloudevents::Event event;
  event.attributes = {{.name = "specversion", .text = "1.0"}, {.name = "id", .text = "A1"},
                      {.name = "source", .text = "/shop"},    {.name = "type", .text = "t"},
                      {.name = "dlgroup", .text = "other"},   {.name = "shop", .text = "north"}};
  event.data = "bytes";
  std::string plain = to_protobuf(event);
  // Field 99, of a future version of the format: a varint.
  plain += "\x98\x06\x2A";
  const Record letter = buried(sample(), record_of(protobuf, plain));
  const auto read = event_in(letter);
  EXPECT_EQ(read.text("dlgroup"), "billing");
  EXPECT_EQ(read.text("dlattempts"), "5");
  EXPECT_EQ(read.find("dlattempts")->type, cloudevents::ValueType::integer);
  EXPECT_EQ(read.text("dlhistory"), history);
  EXPECT_EQ(read.text("shop"), "north");
  EXPECT_EQ(read.data, "bytes");
  std::erase_if(event.attributes, [](const auto& one) { return one.name == "dlgroup"; });
  EXPECT_EQ(value_of(dug_up(letter).value().original), to_protobuf(event) + "\x98\x06\x2A");
  // The last field: {key "dlhistory", value {ce_string}}.
  EXPECT_THAT(value_of(letter), HasSubstr(std::string("\x0A\x09") + "dlhistory" + "\x12"));
}

TEST(Letter, AnEventThatCannotBeReadIsNotTouched) {
  for (const char* const value :
       {"{", R"({"id":"A1"})", "", R"({"specversion":"1.0","id":"","source":"/","type":"t"})"}) {
    const Record letter = buried(sample(), record_of(structured, value));
    EXPECT_EQ(value_of(letter), value);
    EXPECT_EQ(headers_from(letter, 1), kafka_marks());
    EXPECT_EQ(dug_up(letter).value().original, record_of(structured, value));
  }
  const Record letter = buried(sample(), record_of({{"ce_id", "A1"}}, "no type"));
  EXPECT_EQ(headers_from(letter, 1), kafka_marks());
}

TEST(Letter, IsReadAsItWasWritten) {
  for (const auto& [headers, value] :
       {std::pair(binary, std::string("data")),
        std::pair(structured, std::string(R"({"specversion":"1.0","id":"1","source":"/","type":"t"})")),
        std::pair(HeaderTexts{}, std::string())}) {
    const auto read = dug_up(buried(sample(), record_of(headers, value)));
    ASSERT_TRUE(read.has_value());
    EXPECT_EQ(read->letter, sample());
    EXPECT_EQ(read->original, record_of(headers, value));
  }
}

TEST(Letter, WhatIsNotKnownIsNotWritten) {
  Letter letter;
  letter.name = {"billing", "orders", 0, Offset(0), 0};
  letter.reason = Reason::manual;
  EXPECT_THAT(headers_from(buried(letter, record_of({}, "v")), 0),
              ElementsAre("__dlq.errors.topic: orders", "__dlq.errors.partition: 0", "__dlq.errors.offset: 0",
                          "__dlq.errors.group: billing", "__dlq.errors.delivery.count: 0",
                          "__dlq.errors.disposition: manual", "__dlq.errors.millrace.id: billing~orders~0~0~0"));
}

TEST(Letter, IsMadeOfWhatDeliveryKnows) {
  delivery::DeadLetter dead;
  dead.offset = Offset(1042);
  dead.life = 2;
  dead.reason = Reason::expired;
  dead.died_at = noon + 9'000;
  dead.failures = {.count = 3, .hand_outs = 7, .first = noon, .code = 429, .message = "slow\ndown", .history = {}};
  dead.failures.history = {{Reason::http_status, 2, noon, noon + 1'000},
                           {Reason::lock_timeout, 1, noon + 500, noon + 2'000}};
  const Letter letter =
      letter_of(dead, {.group = "billing", .topic = "orders", .partition = 3, .destination = "http://b/"});
  EXPECT_EQ(letter.name, (LetterName{"billing", "orders", 3, Offset(1042), 2}));
  EXPECT_EQ(letter.reason, Reason::expired);
  EXPECT_EQ(letter.died_at, noon + 9'000);
  EXPECT_EQ(letter.attempts, 3U);
  EXPECT_EQ(letter.first_failure, noon);
  EXPECT_EQ(letter.code, 429);
  EXPECT_EQ(letter.message, "slow down");
  EXPECT_EQ(letter.destination, "http://b/");
  EXPECT_THAT(letter.history.deaths, ElementsAre(Death{"billing", Reason::lock_timeout, 1, noon + 500, noon + 2'000},
                                                 Death{"billing", Reason::http_status, 2, noon, noon + 1'000}));
}

TEST(Letter, TextsAreMadeFitAndCutAtACharacter) {
  Letter letter = sample();
  letter.message = std::string(message_bytes_max - 4, 'm') + "\r\n" + "\xC3\xA9\xC3\xA9";
  letter.destination = "a\x7F\xC2\x85\xEF\xBF\xBE\xFF" + std::string(destination_bytes_max, 'd');
  letter.name.group = "tab\there";
  const Record record = buried(letter, record_of(binary, "v"));
  const auto event = event_in(record);
  EXPECT_EQ(event.text("dlmessage"), std::string(message_bytes_max - 4, 'm') + "  \xC3\xA9");
  EXPECT_THAT(std::string(event.text("dldest")), StartsWith("a  \xEF\xBF\xBD\xEF\xBF\xBD"
                                                            "ddd"));
  EXPECT_EQ(event.text("dldest").size(), destination_bytes_max);
  EXPECT_EQ(event.text("dlgroup"), "tab here");
  EXPECT_EQ(dug_up(record).value().letter.name.group, "tab\there") << "the id has it as it is";
}

TEST(Letter, ItsTextsMayBeBoundedFurther) {
  Letter letter = sample();
  letter.message = "first\xC3\xA4";
  const auto bounded = [&](std::size_t message, std::size_t history) {
    return dug_up(buried(letter, record_of({}, "value"), Compat::none, {message, history}))->letter;
  };
  EXPECT_EQ(bounded(6, 4'096).message, "first") << "cut between two characters";
  EXPECT_EQ(bounded(0, 4'096).message, "");
  EXPECT_EQ(bounded(0, 4'096).history, letter.history);
  EXPECT_EQ(bounded(1'024, 0).history, History());
  EXPECT_EQ(bounded(9'999, 9'999).message, letter.message);
}

TEST(Letter, ALinkHasOnlyWhatNamesTheRecord) {
  Letter letter = sample();
  letter.is_link = true;
  const Record binary = record_of({{"content-type", "text/plain"},
                                   {"ce_specversion", "1.0"},
                                   {"ce_id", "A1"},
                                   {"ce_source", "/shop"},
                                   {"ce_type", "sold"},
                                   {"ce_secret", "7"},
                                   {"trace", "x"}},
                                  "value");
  const std::string json = R"({"specversion":"1.0","id":"A1","source":"/shop","type":"sold","data":7})";
  const Record structured = record_of({{"content-type", "application/cloudevents+json"}}, json);
  for (const auto& original : {binary, structured}) {
    const auto record = buried(letter, original);
    EXPECT_EQ(record.value, std::nullopt);
    EXPECT_EQ(record.timestamp, original.timestamp);
    const auto read = dug_up(record);
    ASSERT_TRUE(read);
    EXPECT_EQ(read->letter, letter);
    EXPECT_EQ(read->original.key, original.key);
    EXPECT_THAT(headers_from(read->original, 0),
                testing::ElementsAre("ce_specversion: 1.0", "ce_id: A1", "ce_source: /shop", "ce_type: sold"));
  }
  const auto read = dug_up(buried(letter, record_of({{"trace", "x"}}, "no event")));
  ASSERT_TRUE(read);
  EXPECT_TRUE(read->letter.is_link);
  EXPECT_THAT(read->original.headers, testing::IsEmpty());
}

TEST(Letter, OneThatDiesAgainHasItsMarksOnce) {
  Letter again = sample();
  again.name.life = 1;
  again.message = "still no stock";
  again.history.deaths.front().count = 9;
  for (const auto& original : {record_of(binary, "v"), record_of({}, "v"),
                               record_of(structured, R"({"specversion":"1.0","id":"1","source":"/","type":"t"})")}) {
    const Record once = buried(sample(), original);
    const Record twice = buried(again, once);
    EXPECT_EQ(twice.headers.size(), once.headers.size());
    EXPECT_EQ(dug_up(twice).value().original, original);
    EXPECT_EQ(dug_up(twice).value().letter, again) << "delivery has counted the first life, too";
    EXPECT_EQ(twice, buried(again, original));
  }
}

TEST(Letter, OneThatDiesInAnotherGroupKeepsItsHistory) {
  Letter mail = sample();
  mail.name = {"mail", "dlq.billing.orders", 3, Offset(0), 0};
  mail.history.deaths = {{"mail", Reason::rejected, 1, noon + 900'000, noon + 900'000}};
  const Record twice = buried(mail, buried(sample(), record_of({}, "v")));
  EXPECT_THAT(dug_up(twice).value().letter.history.deaths,
              ElementsAre(mail.history.deaths.front(), sample().history.deaths.front()));
  EXPECT_THAT(headers_from(twice, 0), Contains("__dlq.errors.group: mail"));
  EXPECT_THAT(headers_from(twice, 0), Not(Contains("__dlq.errors.group: billing")));
}

TEST(Letter, KnativesAttributesAreWrittenOnRequestAndTakenAwayAgain) {
  const Record original = record_of(binary, "v");
  const Record letter = buried(sample(), original, Compat::knative);
  const auto event = event_in(letter);
  EXPECT_EQ(event.text("knativeerrordest"), "https://billing.example/events");
  EXPECT_EQ(event.text("knativeerrorcode"), "503");
  EXPECT_EQ(event.text("knativeerrordata"), "bm8gInN0b2NrIiBzZXJ2aWNl");
  EXPECT_EQ(dug_up(letter).value().original, original);
  EXPECT_EQ(buried(sample(), letter), buried(sample(), original));
}

TEST(Letter, KnativesDataIsCutToItsLength) {
  Letter letter = sample();
  letter.message = std::string(message_bytes_max, 'm');
  EXPECT_EQ(event_in(buried(letter, record_of(binary, "v"), Compat::knative)).text("knativeerrordata").size(), 1024U);
}

TEST(Letter, KnativesAttributesOfTheProducerAreTheProducers) {
  HeaderTexts headers = binary;
  headers.emplace_back("ce_knativeerrorcode", "500");
  const Record original = record_of(headers, "v");
  EXPECT_EQ(dug_up(buried(sample(), original)).value().original, original);
}

TEST(Letter, ARecordWithoutAnIdIsNone) {
  EXPECT_EQ(dug_up(record_of({}, "v")).has_value(), false);
  EXPECT_FALSE(dug_up(record_of({{"__dlq.errors.topic", "orders"}, {"__dlq.errors.partition", "3"}}, "v")).has_value());
  for (const auto id : {std::optional<std::string_view>(), std::optional<std::string_view>("billing")}) {
    EXPECT_FALSE(dug_up(record_of({{"__dlq.errors.millrace.id", id}}, "v")).has_value());
  }
}

TEST(Letter, MarksThatCannotBeReadAreAsIfTheyWereNotThere) {
  const auto read = dug_up(record_of({{"__dlq.errors.millrace.id", "billing~orders~3~1042~0"},
                                      {"__dlq.errors.delivery.count", "-1"},
                                      {"__dlq.errors.disposition", "boredom"},
                                      {"__dlq.errors.millrace.code", "99999999999"},
                                      {"__dlq.errors.millrace.time", "noon"},
                                      {"__dlq.errors.millrace.history", ";;"},
                                      {"__dlq.errors.message", std::nullopt}},
                                     "v"));
  Letter nothing;
  nothing.name = {"billing", "orders", 3, Offset(1042), 0};
  EXPECT_EQ(read.value().letter, nothing);
  EXPECT_EQ(read->original, record_of({}, "v"));
}

}  // namespace
}  // namespace millrace::deadletter
