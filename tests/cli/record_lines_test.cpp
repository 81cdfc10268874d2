#include "record_lines.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace millrace::cli {
namespace {

using testing::HasSubstr;

Record read(std::string_view line, LineRules rules = {}) {
  const auto record = record_of(line, rules);
  EXPECT_TRUE(record.has_value()) << record.error().message;
  EXPECT_TRUE(record && *record) << line;
  return record && *record ? **record : Record{};
}

std::string refusal(std::string_view line, LineRules rules) {
  const auto record = record_of(line, rules);
  return record ? "taken" : record.error().message;
}

Record read_json(std::string_view line) { return read(line, {.form = LineForm::json}); }
std::string json_refusal(std::string_view line) { return refusal(line, {.form = LineForm::json}); }

TEST(PlainLine, IsAValueAndNothingElse) {
  const auto record = read(R"(  {"a": 1}:x )");
  EXPECT_EQ(record.key, std::nullopt);
  EXPECT_EQ(record.value, R"(  {"a": 1}:x )");
  EXPECT_EQ(read("").value, "");
}

TEST(PlainLine, IsSplitAtTheFirstSeparator) {
  const LineRules rules{.key_separator = "::"};
  const auto record = read("a:b::c::d", rules);
  EXPECT_EQ(record.key, "a:b");
  EXPECT_EQ(record.value, "c::d");
  EXPECT_EQ(read("::x", rules).key, "");
  EXPECT_THAT(refusal("no separator: here", rules), HasSubstr("\"::\""));
}

TEST(PlainLine, TakesWhatIsGivenForAll) {
  const auto record = read("v", {.headers = {{"a", "1"}, {"b", ""}}, .key = "k", .partition = 3});
  EXPECT_EQ(record.key, "k");
  EXPECT_EQ(record.partition, 3);
  ASSERT_EQ(record.headers.size(), 2U);
  EXPECT_EQ(record.headers[1].second, "");
}

TEST(JsonLine, SaysEverythingOfARecord) {
  const auto record = read_json(
      R"({"key": "k", "value": "v", "headers": {"a": "1", "n": null, "j": {"x": 2}}, "partition": 2, "timestamp": 5})");
  EXPECT_EQ(record.key, "k");
  EXPECT_EQ(record.value, "v");
  EXPECT_EQ(record.partition, 2);
  EXPECT_EQ(record.timestamp, 5);
  ASSERT_EQ(record.headers.size(), 3U);
  EXPECT_EQ(record.headers[0].second, "1");
  EXPECT_EQ(record.headers[1].second, std::nullopt);
  EXPECT_EQ(record.headers[2].second, R"({"x":2})");
}

TEST(JsonLine, LeavesAValueThatIsNoTextAsItStands) {
  EXPECT_EQ(read_json(R"({"key":1.50, "value": {"b": [1.0, "ä]\""], "a": null} , "partition": 0})").value,
            R"({"b": [1.0, "ä]\""], "a": null})");
  EXPECT_EQ(read_json(R"({"value": 12345678901234567890123, "key": [ ]})").value, "12345678901234567890123");
  EXPECT_EQ(read_json(R"( { "key" : {} , "value":true } )").value, "true");
  EXPECT_EQ(read_json(R"({"value": 7})").value, "7");
  EXPECT_EQ(read_json(R"({"value": "{}"})").value, "{}");
  EXPECT_EQ(read_json(R"({"key": "k", "value": null})").value, std::nullopt);
}

TEST(JsonLine, TakesBytesAsBase64) {
  const auto record = read_json(R"({"key_base64": "/w==", "value_base64": ""})");
  EXPECT_EQ(record.key, "\xff");
  EXPECT_EQ(record.value, "");
}

TEST(JsonLine, TakesAListOfHeadersInWhichNamesMayRepeat) {
  const auto record =
      read_json(R"({"value": "", "headers": [{"name": "a", "value": "1"}, {"name": "a", "value_base64": "/w=="}]})");
  ASSERT_EQ(record.headers.size(), 2U);
  EXPECT_EQ(record.headers[0], (std::pair<std::string, std::optional<std::string>>("a", "1")));
  EXPECT_EQ(record.headers[1].second, "\xff");
}

TEST(JsonLine, TakesATimeAsPeopleWriteIt) {
  EXPECT_EQ(read_json(R"({"value": "", "timestamp": "1970-01-01T00:00:01.5Z"})").timestamp, 1500);
}

TEST(JsonLine, ThatIsBlankIsNothing) {
  const auto record = record_of(" \t\r", {.form = LineForm::json});
  ASSERT_TRUE(record.has_value());
  EXPECT_FALSE(record->has_value());
}

TEST(JsonLine, ThatBreaksARuleIsToldWhich) {
  EXPECT_THAT(json_refusal("{"), HasSubstr("no JSON"));
  EXPECT_THAT(json_refusal("[1]"), HasSubstr("no JSON object"));
  EXPECT_THAT(json_refusal(R"({"key": "k"})"), HasSubstr("neither value nor value_base64"));
  EXPECT_THAT(json_refusal(R"({"value": 1, "value_base64": ""})"), HasSubstr("both value and value_base64"));
  EXPECT_THAT(json_refusal(R"({"value_base64": "?"})"), HasSubstr("value_base64 \"?\""));
  EXPECT_THAT(json_refusal(R"({"value": 1, "vlaue": 2})"), HasSubstr("\"vlaue\""));
  EXPECT_THAT(json_refusal(R"({"value": 1, "partition": -1})"), HasSubstr("partition -1"));
  EXPECT_THAT(json_refusal(R"({"value": 1, "partition": 4294967296})"), HasSubstr("partition 4294967296"));
  EXPECT_THAT(json_refusal(R"({"value": 1, "timestamp": "soon"})"), HasSubstr("timestamp \"soon\""));
  EXPECT_THAT(json_refusal(R"({"value": 1, "headers": 7})"), HasSubstr("headers 7"));
  EXPECT_THAT(json_refusal(R"({"value": 1, "headers": [{"nam": "x"}]})"), HasSubstr("headers"));
  EXPECT_THAT(json_refusal(std::string("{\"value\": ") + std::string(200, '[') + std::string(200, ']') + "}"),
              HasSubstr("nested deeper"));
  EXPECT_THAT(json_refusal("{\"value\": \"\xff\"}"), HasSubstr("no JSON"));
}

TEST(EventLine, IsSentAsItIs) {
  const std::string line =
      R"({ "specversion":"1.0","id":"1", "source":"/a","type":"t","partitionkey":"p","n":1,"data": 1.0 })";
  const auto record = read(line, {.form = LineForm::cloudevents});
  EXPECT_EQ(record.value, line);
  EXPECT_EQ(record.key, "p");
  ASSERT_EQ(record.headers.size(), 1U);
  EXPECT_EQ(record.headers[0].first, "content-type");
  EXPECT_EQ(record.headers[0].second, "application/cloudevents+json");
}

TEST(EventLine, ThatIsNoCloudEventIsRefusedByTheRule) {
  const LineRules rules{.form = LineForm::cloudevents};
  EXPECT_THAT(refusal(R"({"specversion": "1.0", "id": "1", "source": "/a"})", rules),
              AllOf(HasSubstr("type"), HasSubstr("CORE-2")));
  EXPECT_THAT(refusal(R"({"specversion": "0.9", "id": "1", "source": "/a", "type": "t"})", rules),
              AllOf(HasSubstr("0.9"), HasSubstr("CORE-6")));
  EXPECT_THAT(refusal(R"({"specversion": "1.0", "id": 1, "source": "/a", "type": "t"})", rules), HasSubstr("/id"));
  EXPECT_THAT(refusal(R"({"specversion": "1.0", "id": "", "source": "/a", "type": "t"})", rules),
              AllOf(HasSubstr("/id"), HasSubstr("CORE-2")));
  EXPECT_THAT(refusal(R"({"specversion": "1.0", "id": "1", "source": "/a", "type": "t", "n": 1.0})", rules),
              AllOf(HasSubstr("/n"), HasSubstr("CORE-11")));
  EXPECT_THAT(refusal("[]", rules), HasSubstr("JSON"));
}

TEST(Header, IsNameAndValue) {
  EXPECT_EQ(*parse_header("a=b=c"), (std::pair<std::string, std::string>("a", "b=c")));
  EXPECT_FALSE(parse_header("a"));
  EXPECT_FALSE(parse_header("=b"));
}

}  // namespace
}  // namespace millrace::cli
