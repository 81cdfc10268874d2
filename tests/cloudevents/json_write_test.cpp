// Events into JSON.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "events.hpp"
#include "millrace/cloudevents/json.hpp"

namespace millrace::cloudevents {
namespace {

using namespace std::string_literals;
using ::testing::HasSubstr;
using ::testing::Not;

std::string data_of(std::optional<std::string> type, std::string data) {
  Event event = event_of({}, std::move(data));
  if (type) event.attributes.push_back({.name = "datacontenttype", .text = *type});
  const std::string text = to_json(event);
  const auto at = text.find("\"data");
  const std::string found = text.substr(text.find("\"data", at == text.find("\"datacontenttype") ? at + 1 : at));
  return found.substr(0, found.size() - 1);
}

TEST(CloudEventsJsonWriter, Json2AttributesStandInTheirOrder) {
  EXPECT_EQ(
      to_json(event_of({{"zz", "1"}, {"subject", "s"}}, "[1]")),
      R"({"specversion":"1.0","id":"A1","source":"/shop","type":"com.example.sold","zz":"1","subject":"s","data":[1]})");
}

TEST(CloudEventsJsonWriter, Json3TypesAreWrittenAsTheyWereRead) {
  const std::string text = json_of(R"("t":true,"n":-5,"s":"5")");
  EXPECT_EQ(to_json(*parse_json(text)), text);
}

TEST(CloudEventsJsonWriter, Json4NothingIsEverNull) {
  const auto event = parse_json(json_of(R"("subject":null,"time":null)"));
  EXPECT_EQ(to_json(*event), json_of());
}

TEST(CloudEventsJsonWriter, StringsAreEscaped) {
  EXPECT_EQ(to_json(event_of({{"x", "a\"b\\c/\xE2\x82\xAC"}})), json_of("\"x\":\"a\\\"b\\\\c/\xE2\x82\xAC\""));
  EXPECT_EQ(data_of("text/plain", "a\nb\t\x01\x7f\b\f\r\0"s), "\"data\":\"a\\nb\\t\\u0001\x7f\\b\\f\\r\\u0000\"");
}

TEST(CloudEventsJsonWriter, WhatIsNoEventIsStillJson) {
  Event event;
  EXPECT_EQ(to_json(event), "{}");
  event.data = "\xFF";
  EXPECT_EQ(to_json(event), "{\"data_base64\":\"/w==\"}");
  event.attributes.push_back({.name = "a\"\xFF", .text = "\xC3", .type = ValueType::integer});
  EXPECT_TRUE(is_json_text(to_json(event))) << to_json(event);
}

TEST(CloudEventsJsonWriter, Json5BytesAreBase64) {
  EXPECT_EQ(data_of("application/octet-stream", "\x01\x02\xFF"), "\"data_base64\":\"AQL/\"");
  EXPECT_EQ(data_of("application/octet-stream", "foob"), "\"data_base64\":\"Zm9vYg==\"");
  EXPECT_EQ(data_of("text/plain", "\xFF"), "\"data_base64\":\"/w==\"");
}

TEST(CloudEventsJsonWriter, Json7JsonIsAValueToTheByte) {
  const std::string data = "{ \"b\":1.50, \"a\" : [] }";
  EXPECT_EQ(data_of("application/json", data), "\"data\":" + data);
  EXPECT_EQ(data_of("application/vnd.x+JSON; v=1", "\"text\""), "\"data\":\"text\"");
}

TEST(CloudEventsJsonWriter, Json7JsonThatIsNoneIsBase64) {
  for (const auto* data : {"{", "plain", "", "{}{}", "[1,]", "\"\xFF\""}) {
    EXPECT_THAT(data_of("application/json", data), HasSubstr("\"data_base64\":\"")) << data;
  }
}

TEST(CloudEventsJsonWriter, Json8DataWithoutAContentTypeIsJsonIfItIs) {
  EXPECT_EQ(data_of(std::nullopt, "{\"a\":1}"), "\"data\":{\"a\":1}");
  EXPECT_EQ(data_of(std::nullopt, "plain"), "\"data_base64\":\"cGxhaW4=\"");
}

TEST(CloudEventsJsonWriter, Json10TextIsAString) {
  EXPECT_EQ(data_of("text/plain", "{}"), "\"data\":\"{}\"");
  EXPECT_EQ(data_of("application/xml", "<a/>"), "\"data\":\"<a/>\"");
  EXPECT_EQ(data_of("image/svg+xml; charset=utf-8", "\xC3\xA9"), "\"data\":\"\xC3\xA9\"");
}

TEST(CloudEventsJsonWriter, Json13ABatchIsAnArray) {
  EXPECT_EQ(to_json_batch({}), "[]");
  const std::vector<Event> events{event_of(), event_of({{"n", "2"}})};
  EXPECT_EQ(to_json_batch(events), '[' + json_of() + ',' + json_of("\"n\":\"2\"") + ']');
}

TEST(CloudEventsJsonWriter, IsJsonTextAsksForOneWholeValue) {
  for (const auto* text : {"1", " {} ", "null", "\"\\ud800\"", "-0.1e-5", "[[[]]]"}) EXPECT_TRUE(is_json_text(text));
  for (const auto& text : {""s, " "s, "1 2"s, "nul"s, "\"\xFF\""s, "1\0"s, "[\"a\":1]"s})
    EXPECT_FALSE(is_json_text(text));
}

TEST(CloudEvents03, BytesAreWrittenWithTheirEncoding) {
  Event event = event_of({{"datacontenttype", "image/png"}}, "\x01\x02\xFF");
  event.attributes[0].text = "0.3";
  const std::string text = to_json(event);
  EXPECT_THAT(text, HasSubstr(R"("datacontentencoding":"base64","data":"AQL/")"));
  EXPECT_THAT(text, Not(HasSubstr("data_base64")));
  EXPECT_EQ(*parse_json(text), event);
}

TEST(CloudEvents03, AnEncodingThatCameAsAHeaderIsTrueOfTheJson) {
  Event event = event_of({{"datacontentencoding", "base64"}, {"datacontenttype", "text/plain"}}, "plain");
  event.attributes[0].text = "0.3";
  const auto again = parse_json(to_json(event));
  ASSERT_TRUE(again);
  EXPECT_EQ(again->data, "plain");
}

}  // namespace
}  // namespace millrace::cloudevents
