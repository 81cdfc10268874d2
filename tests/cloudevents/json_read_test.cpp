// Events out of JSON.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "events.hpp"
#include "millrace/cloudevents/json.hpp"
#include "millrace/core/limits.hpp"

namespace millrace::cloudevents {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::UnorderedElementsAre;

Event read(std::string_view more) {
  const auto event = parse_json(json_of(more));
  EXPECT_TRUE(event) << (event ? "" : event.error().front().detail);
  return event ? *event : Event{};
}

std::string verdict(std::string_view more) { return verdict_of(parse_json(json_of(more))); }

TEST(CloudEventsJson, Json1OneObjectIsOneEvent) {
  const auto event = parse_json(" \n" + json_of() + "\t\r\n");
  ASSERT_TRUE(event);
  EXPECT_EQ(*event, event_of());
  for (const auto* text : {"",
                           " ",
                           "[]",
                           "1",
                           "\"a\"",
                           "null",
                           "{",
                           "{}{}",
                           "{\"a\"}",
                           "{\"a\":}",
                           "{\"a\":1,}",
                           "{,}",
                           "{\"a\":1 \"b\":2}",
                           "{a:1}",
                           "{'a':1}",
                           "{\"a\":1}x",
                           "{\"a\":01}",
                           "{\"a\":1.}",
                           "{\"a\":.5}",
                           "{\"a\":+1}",
                           "{\"a\":tru}",
                           "{\"a\":NaN}",
                           "{\"a\":\"b}",
                           "{\"a\":\"\\x\"}",
                           "{\"a\":\"\\u12g4\"}",
                           "{\"a\":\"\\u12",
                           "{\"a\":\"\t\"}",
                           "{\"a\":[1}",
                           "{\"a\":{]}",
                           "{\"data\":{\"a\" 1}}",
                           "{\"data\":[1,]}",
                           "{\"data\":[1 2]}",
                           "{\"data\":{\"a\":1,}}",
                           "{\"data\":{1:2}}",
                           "{\"data\":-}",
                           "{\"data\":1e}",
                           "{\"data\":\"\\",
                           "\xEF\xBB\xBF{}"}) {
    const auto judged = parse_json(text);
    ASSERT_FALSE(judged) << text;
    EXPECT_EQ(problem_of(judged.error()), Problem::malformed_event) << text;
    EXPECT_EQ(verdict_of(judged), "JSON-1 ") << text;
  }
}

TEST(CloudEventsJson, Json1TheTextIsUtf8) {
  for (const auto* bad : {"\xFF", "\xC0\xA0", "\xED\xA0\x80", "\xE2\x82"}) {
    const auto judged = parse_json(json_of("\"data\":\"" + std::string(bad) + "\""));
    ASSERT_FALSE(judged);
    EXPECT_THAT(judged.error().front().detail, HasSubstr("UTF-8"));
  }
  EXPECT_EQ(verdict("\"a\":\"\xE2\x82\xAC\""), "fine");
}

TEST(CloudEventsJson, Json2EveryMemberIsAnAttributeInItsOrder) {
  const Event event = read(R"("zz":"1","subject":"s","aa":"2")");
  std::vector<std::string> names;
  for (const Attribute& one : event.attributes) names.push_back(one.name);
  EXPECT_THAT(names, ElementsAre("specversion", "id", "source", "type", "zz", "subject", "aa"));
  EXPECT_EQ(verdict(R"("extensions":{"a":"b"})"), "CORE-10 /extensions");
}

TEST(CloudEventsJson, Json3BooleansAndIntegersKeepTheirType) {
  const Event event = read(R"("t":true,"f":false,"n":-5,"s":"5")");
  EXPECT_EQ(*event.find("t"), (Attribute{"t", "true", ValueType::boolean}));
  EXPECT_EQ(*event.find("f"), (Attribute{"f", "false", ValueType::boolean}));
  EXPECT_EQ(*event.find("n"), (Attribute{"n", "-5", ValueType::integer}));
  EXPECT_EQ(*event.find("s"), (Attribute{"s", "5", ValueType::string}));
}

TEST(CloudEventsJson, Json4NullIsAbsent) {
  const Event event = read(R"("subject":null,"datacontenttype":null,"time":null,"x":null,"data_base64":null)");
  EXPECT_EQ(event, event_of());
  EXPECT_EQ(verdict_of(parse_json(R"({"specversion":"1.0","id":null,"source":"/s","type":"t"})")), "CORE-2 /id");
}

TEST(CloudEventsJson, Json5BinaryDataIsBase64) {
  EXPECT_EQ(read(R"("data_base64":"AQL/")").data, "\x01\x02\xFF");
  EXPECT_EQ(read(R"("data_base64":"")").data, "");
  // RFC 4648, section 10.
  EXPECT_EQ(read(R"("data_base64":"Zm9vYmE=")").data, "fooba");
  EXPECT_EQ(read(R"("data_base64":"Zm9vYg==")").data, "foob");
  EXPECT_EQ(read(R"("data_base64":"\u005am9vYmFy")").data, "foobar");
  for (const auto* text : {"\"A\"", "\"AA\"", "\"AAA\"", "\"A===\"", "\"AA=A\"", "\"AA==AAAA\"", "\"AQL_\"", "\"AQ L\"",
                           "\"====\"", "5", "true", "{}", "[\"AQL/\"]"}) {
    EXPECT_EQ(verdict("\"data_base64\":" + std::string(text)), "JSON-5 /data_base64") << text;
  }
}

TEST(CloudEventsJson, Json6DataAndBase64ExcludeEachOther) {
  const auto judged = parse_json(json_of(R"("data":1,"data_base64":"AQL/")"));
  EXPECT_EQ(verdict_of(judged), "JSON-6 /data");
  EXPECT_EQ(judged.error().front().problem, Problem::malformed_event);
}

TEST(CloudEventsJson, Json6NullDataIsAValueAndNullBase64IsNone) {  // Decision D7.
  EXPECT_EQ(verdict(R"("data":null,"data_base64":"AQL/")"), "JSON-6 /data");
  EXPECT_EQ(read(R"("data":1,"data_base64":null)").data, "1");
}

TEST(CloudEventsJson, Json7JsonDataIsKeptToTheByte) {
  const std::string data = "{ \"b\" : 1.50e+3, \"a\":[ ],\n \"a\": \"\\u00e9\\/\", \"n\": 12345678901234567890.0 }";
  for (const auto* type : {"application/json", "TEXT/JSON; charset=utf-8", "application/vnd.x+json"}) {
    const Event event = read("\"datacontenttype\":\"" + std::string(type) + "\",\"data\": " + data + " ");
    EXPECT_EQ(event.data, data);
    EXPECT_FALSE(event.json_data);
  }
  EXPECT_EQ(read("\"data\":" + data + ",\"datacontenttype\":\"application/json\"").data, data) << "in either order";
}

TEST(CloudEventsJson, Json8DataWithoutAContentTypeIsJson) {
  const Event event = read(R"("data":{"a":1})");
  EXPECT_EQ(event.data, "{\"a\":1}");
  EXPECT_TRUE(event.json_data);
  EXPECT_EQ(event.find("datacontenttype"), nullptr);
  EXPECT_EQ(event.content_type(), "application/json");
}

TEST(CloudEventsJson, Json9NothingIsAssumedOfBase64) {
  const Event event = read(R"("data_base64":"e30=")");
  EXPECT_EQ(event.data, "{}");
  EXPECT_FALSE(event.json_data);
  EXPECT_EQ(event.content_type(), std::nullopt);
}

TEST(CloudEventsJson, Json10OtherDataIsAString) {
  EXPECT_EQ(read(R"("datacontenttype":"text/plain","data":"a\n\u20ac\ud83d\ude00\u0000")").data,
            std::string("a\n\xE2\x82\xAC\xF0\x9F\x98\x80\0", 10));
  EXPECT_EQ(read(R"("datacontenttype":"application/xml","data":"")").data, "");
  for (const auto* data : {"1", "true", "{}", "[]"}) {
    EXPECT_EQ(verdict("\"datacontenttype\":\"text/plain\",\"data\":" + std::string(data)), "JSON-10 /data");
  }
  EXPECT_EQ(verdict(R"("datacontenttype":"text/plain","data":"\ud83d")"), "JSON-10 /data");
}

TEST(CloudEventsJson, Json11NullIsJsonData) {
  EXPECT_EQ(read(R"("data":null)").data, "null");
  EXPECT_EQ(read(R"("datacontenttype":"application/json","data":null)").data, "null");
  EXPECT_EQ(verdict(R"("datacontenttype":"text/plain","data":null)"), "JSON-11 /data");
  EXPECT_EQ(read("").data, std::nullopt);
}

TEST(CloudEventsJson, Json12AStringOfJsonStaysAString) {
  EXPECT_EQ(read(R"("data":"{\"a\":1}")").data, R"("{\"a\":1}")");
}

TEST(CloudEventsJson, Core7NamesAreRefusedWithAPointer) {
  EXPECT_EQ(verdict(R"("comExample":"x")"), "CORE-7 /comExample");
  EXPECT_EQ(verdict(R"("a/b~c":"x")"), "CORE-7 /a~1b~0c");
  EXPECT_EQ(verdict(R"("":"x")"), "CORE-7 ");
}

TEST(CloudEventsJson, Core9MembersThatComeTwiceAreRefused) {
  EXPECT_EQ(verdict(R"("id":"A2")"), "CORE-9 /id");
  EXPECT_EQ(verdict(R"("\u0069d":"A2")"), "CORE-9 /id") << "spelled with an escape";
  EXPECT_EQ(verdict(R"("x":null,"x":"a")"), "CORE-9 /x");
  EXPECT_EQ(verdict(R"("data":1,"data":2)"), "CORE-9 /data");
  EXPECT_EQ(verdict(R"("data":{"a":1,"a":2})"), "fine") << "inside of data it is not our business";
}

TEST(CloudEventsJson, Core10AttributesAreScalars) {
  EXPECT_EQ(verdict(R"("x":{"a":1})"), "CORE-10 /x");
  EXPECT_EQ(verdict(R"("x":[])"), "CORE-10 /x");
  EXPECT_EQ(verdict(R"("subject":5)"), "CORE-10 /subject");
  EXPECT_EQ(verdict(R"("time":true)"), "CORE-10 /time");
  const auto judged = parse_json(R"({"specversion":1.0,"id":5,"source":"/s","type":"t"})");
  EXPECT_THAT(rules_of(judged.error()), ElementsAre("CORE-10", "CORE-10")) << "and nothing is missing beside";
}

TEST(CloudEventsJson, Core11NumbersAreIntegersOfThirtyTwoBits) {
  for (const auto* text : {"4247483647", "42.42", "1e2", "2147483648", "-2147483649", "1.0", "1E400"}) {
    EXPECT_EQ(verdict("\"x\":" + std::string(text)), "CORE-11 /x") << text;
  }
  EXPECT_EQ(read("\"x\":-2147483648").text("x"), "-2147483648");
}

TEST(CloudEventsJson, Core12IsAskedBehindTheEscapes) {
  EXPECT_EQ(read(R"("x":"\"\\\/ \u00e9 \ud83d\ude00")").text("x"), "\"\\/ \xC3\xA9 \xF0\x9F\x98\x80");
  for (const auto* text : {"\\n", "\\u0000", "\\u007f", "\\u0085", "\\ufffe", "\\ufdd0", "\\ud800", "\\udc00",
                           "\\ud83d\\ud83d", "\\ud83dx", "\\ud83f\\udfff", "\xEF\xBF\xBF"}) {
    EXPECT_EQ(verdict("\"x\":\"" + std::string(text) + "\""), "CORE-12 /x") << text;
  }
}

TEST(CloudEventsJson, Core13AttributeTextsAreThoseThatCame) {
  EXPECT_EQ(read(R"("time":"2024-01-02T03:04:05.6780000+00:00")").text("time"), "2024-01-02T03:04:05.6780000+00:00");
  EXPECT_EQ(read(R"("datacontenttype":"Text/PLAIN;Charset=x")").text("datacontenttype"), "Text/PLAIN;Charset=x");
  EXPECT_EQ(parse_json(R"({"specversion":"1.0","id":" A ","source":"/s","type":"t"})")->text("id"), " A ");
}

TEST(CloudEventsJson, EveryFaultIsListed) {
  const auto judged = parse_json(R"({"id":"","source":"a b","time":"noon","x":[],"data_base64":5})");
  ASSERT_FALSE(judged);
  EXPECT_THAT(rules_of(judged.error()),
              UnorderedElementsAre("CORE-10", "JSON-5", "CORE-2", "CORE-3", "CORE-19", "CORE-2", "CORE-2"));
  EXPECT_EQ(problem_of(judged.error()), Problem::malformed_event);
}

TEST(CloudEventsJson, DataMayBeDeepButNotWithoutEnd) {
  const auto nested = [](std::size_t depth) { return "\"data\":" + std::string(depth, '[') + std::string(depth, ']'); };
  EXPECT_EQ(verdict(nested(limits::json_depth_max)), "fine");
  EXPECT_EQ(verdict(nested(limits::json_depth_max + 1)), "JSON-1 ");
  EXPECT_FALSE(parse_json(std::string(10'000'000, '[')));
  EXPECT_FALSE(parse_json("{\"data\":" + std::string(10'000'000, '{')));
}

TEST(CloudEventsJson, ManyMembersTakeLittleTime) {
  std::string text;
  for (int at = 0; at < 200'000; ++at) text += "\"x" + std::to_string(at) + "\":null,";
  EXPECT_EQ(verdict(text + "\"y\":1"), "fine");
}

TEST(CloudEventsJson, Core23SixtyFourKibibytesOfAttributesPass) {
  const std::string text(64 * 1024, 'x');
  EXPECT_EQ(read("\"subject\":\"" + text + "\"").text("subject"), text);
}

// Section 1.2.

Event read_0_3(std::string_view more) {
  const auto event =
      parse_json(R"({"specversion":"0.3","id":"A1","source":"/s","type":"t",)" + std::string(more) + '}');
  EXPECT_TRUE(event);
  return event ? *event : Event{};
}

TEST(CloudEvents03, DataInBase64IsRead) {
  const Event event = read_0_3(R"("datacontentencoding":"base64","datacontenttype":"image/png","data":"AQL/")");
  EXPECT_EQ(event.data, "\x01\x02\xFF");
  EXPECT_EQ(event.find("datacontentencoding"), nullptr) << "it speaks of the JSON, not of the event";
  EXPECT_EQ(event.text("specversion"), "0.3");
  EXPECT_EQ(read_0_3(R"("datacontentencoding":"Base64","data":"e30=")").data, "{}");
}

TEST(CloudEvents03, In10TheEncodingIsAnExtension) {
  const Event event = read(R"("datacontentencoding":"base64","datacontenttype":"text/plain","data":"AQL/")");
  EXPECT_EQ(event.data, "AQL/");
  EXPECT_EQ(event.text("datacontentencoding"), "base64");
}

TEST(CloudEvents03, ObjectsAsExtensionsAreRefused) {
  EXPECT_EQ(verdict_of(parse_json(R"({"specversion":"0.3","id":"A1","source":"/s","type":"t","ext":{"a":1}})")),
            "CORE-10 /ext");
}

}  // namespace
}  // namespace millrace::cloudevents
