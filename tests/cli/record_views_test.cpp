#include "record_views.hpp"

#include <gtest/gtest.h>

#include "record_lines.hpp"

namespace millrace::cli {
namespace {

const Paint plain{false};

Record make(std::optional<std::string> key, std::optional<std::string> value) {
  return {.topic = "t",
          .partition = 1,
          .offset = 7,
          .timestamp = 0,
          .key = std::move(key),
          .value = std::move(value),
          .headers = {}};
}

TEST(PeopleText, IsOneLineWhateverTheRecordHolds) {
  EXPECT_EQ(people_text(make("k", "v"), plain), "1970-01-01T00:00:00.000Z  1/7  k  v\n");
  EXPECT_EQ(people_text(make(std::nullopt, std::nullopt), plain), "1970-01-01T00:00:00.000Z  1/7  -  -\n");
  EXPECT_EQ(people_text(make("a\nb", "\x1b[31m\xff"), plain), "1970-01-01T00:00:00.000Z  1/7  a\\nb  \\x1b[31m\\xff\n");
  auto timeless = make("k", "v");
  timeless.timestamp = -1;
  EXPECT_EQ(people_text(timeless, plain), "-  1/7  k  v\n");
}

TEST(PeopleText, IsColouredIfWanted) {
  EXPECT_EQ(people_text(make("k", "v"), Paint(true)),
            "\x1b[2m1970-01-01T00:00:00.000Z\x1b[0m  \x1b[36m1/7\x1b[0m  \x1b[1mk\x1b[0m  v\n");
}

TEST(PeopleText, ShowsACloudEventOfBinaryModeAsABlock) {
  auto record = make("4711", R"({"total":1.10,"items":[],"of":["a","b"]})");
  record.headers = {{"content-type", "application/json; charset=utf-8"},
                    {"ce_specversion", "1.0"},
                    {"ce_id", "i-1"},
                    {"ce_source", "/orders"},
                    {"ce_type", "order.placed"},
                    {"ce_subject", "4711"},
                    {"ce_traceparent", "00-1\u202e"},
                    {"x-other", "not an attribute"}};
  EXPECT_EQ(people_text(record, plain),
            "type      order.placed\n"
            "source    /orders\n"
            "subject   4711\n"
            "id        i-1\n"
            "traceparent 00-1\\u202e\n"
            "datacontenttype application/json; charset=utf-8\n"
            "at        t/1/7, 1970-01-01T00:00:00.000Z\n"
            "key       4711\n"
            "data      {\n"
            "            \"total\": 1.10,\n"
            "            \"items\": [],\n"
            "            \"of\": [\n"
            "              \"a\",\n"
            "              \"b\"\n"
            "            ]\n"
            "          }\n"
            "\n");
}

TEST(PeopleText, ShowsACloudEventOfStructuredModeAsABlock) {
  auto record = make(std::nullopt,
                     R"({"specversion":"1.0","type":"t","source":"/s","id":"1","time":"2026-01-01T00:00:00Z","n":3,)"
                     R"("data":{"a":"\\\u202e"}})");
  record.headers = {{"content-type", "application/cloudevents+json; charset=UTF-8"}};
  EXPECT_EQ(people_text(record, plain),
            "type      t\n"
            "source    /s\n"
            "id        1\n"
            "time      2026-01-01T00:00:00Z\n"
            "n         3\n"
            "at        t/1/7, 1970-01-01T00:00:00.000Z\n"
            "data      {\n"
            "            \"a\": \"\\\\\\u202e\"\n"
            "          }\n"
            "\n");
}

TEST(PeopleText, ShowsDataThatIsNoJsonAsItIs) {
  auto record = make(std::nullopt, "<a/>\n");
  record.headers = {
      {"ce_specversion", "1.0"}, {"ce_id", "1"}, {"ce_source", "/s"}, {"ce_type", "t"}, {"content-type", "text/xml"}};
  EXPECT_NE(people_text(record, plain).find("data      <a/>\\n\n"), std::string::npos);
  auto structured =
      make(std::nullopt, R"({"specversion":"1.0","type":"t","source":"/s","id":"1","datacontenttype":"text/plain",)"
                         R"("data_base64":"aGk="})");
  structured.headers = {{"content-type", "application/cloudevents+json"}};
  EXPECT_NE(people_text(structured, plain).find("data      hi\n"), std::string::npos);
}

TEST(PeopleText, TakesNothingForACloudEventThatIsNone) {
  auto other_version = make("k", "v");
  other_version.headers = {{"ce_specversion", "0.3"}, {"ce_type", "t"}};
  auto broken = make("k", "{");
  broken.headers = {{"content-type", "application/cloudevents+json"}};
  auto deep = make("k", std::string(100'000, '['));
  deep.headers = {{"content-type", "application/cloudevents+json"}};
  for (const auto& record : {other_version, broken, deep}) {
    EXPECT_TRUE(people_text(record, plain).starts_with("1970-01-01T00:00:00.000Z  1/7  k  "));
  }
}

TEST(JsonOfARecord, SaysEverything) {
  auto record = make("k", R"({"a":1})");
  record.headers = {{"h", "1"}, {"h", std::nullopt}};
  EXPECT_EQ(json_of(record).dump(),
            R"({"topic":"t","partition":1,"offset":7,"timestamp":0,"key":"k",)"
            R"("headers":[{"name":"h","value":"1"},{"name":"h","value":null}],"value":"{\"a\":1}"})");
}

TEST(JsonOfARecord, IsReadAgainAsTheSameRecord) {
  auto record = make("\xff\n", "\x80");
  record.headers = {{"h", "\xfe"}, {"h", std::nullopt}, {"i", ""}};
  const auto again = record_of(json_of(record).dump(), {.form = LineForm::json});
  ASSERT_TRUE(again && *again);
  EXPECT_EQ((*again)->key, record.key);
  EXPECT_EQ((*again)->value, record.value);
  EXPECT_EQ((*again)->headers, record.headers);
  EXPECT_EQ((*again)->timestamp, record.timestamp);
  EXPECT_EQ((*again)->partition, record.partition);
}

TEST(Paint, FollowsTheWishThenTheTerminalAndNoColor) {
  EXPECT_TRUE(is_painted(Colour::automatic, true, nullptr, "xterm"));
  EXPECT_TRUE(is_painted(Colour::automatic, true, "", "xterm"));
  EXPECT_FALSE(is_painted(Colour::automatic, true, "1", "xterm"));
  EXPECT_FALSE(is_painted(Colour::automatic, true, nullptr, "dumb"));
  EXPECT_FALSE(is_painted(Colour::automatic, false, nullptr, "xterm"));
  EXPECT_TRUE(is_painted(Colour::always, false, "1", "dumb"));
  EXPECT_FALSE(is_painted(Colour::never, true, nullptr, "xterm"));
}

}  // namespace
}  // namespace millrace::cli
