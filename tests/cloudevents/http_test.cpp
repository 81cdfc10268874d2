// Binary mode over HTTP.

#include "millrace/cloudevents/http.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "events.hpp"

namespace millrace::cloudevents {
namespace {

using namespace std::string_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;
using ::testing::UnorderedElementsAre;

struct Message {
  std::optional<std::string_view> content_type{};
  std::vector<HeaderField> headers{};
  std::string_view body{};
};

/// The four required headers, then `more`.
Message message(std::initializer_list<HeaderField> more = {}) {
  Message out{
      .headers = {{"ce-specversion", "1.0"}, {"ce-id", "A1"}, {"ce-source", "/shop"}, {"ce-type", "com.example.sold"}}};
  out.headers.insert(out.headers.end(), more);
  return out;
}

Judged<Event> read(const Message& in, Strictness strictness = Strictness::lenient, Leniencies* forgiven = nullptr) {
  return from_http(in.content_type, in.headers, in.body, strictness, forgiven);
}

TEST(CloudEventsHttp, Http5ContentTypeIsDatacontenttype) {
  Message in = message();
  in.content_type = "Application/JSON; charset=utf-8";
  const auto event = read(in);
  ASSERT_TRUE(event);
  EXPECT_EQ(event->text("datacontenttype"), "Application/JSON; charset=utf-8");
  EXPECT_EQ(read(message())->find("datacontenttype"), nullptr);
  in.content_type = "xyz";
  EXPECT_EQ(verdict_of(read(in)), "CORE-14 content-type");
}

TEST(CloudEventsHttp, Http5CeDatacontenttypeIsForgivenWhereItChangesNothing) {
  Message in = message({{"ce-datacontenttype", "text/plain"}});
  Leniencies forgiven;
  EXPECT_EQ(read(in, Strictness::lenient, &forgiven)->text("datacontenttype"), "text/plain") << "in place of the other";
  in.content_type = "text/plain";
  EXPECT_EQ(read(in, Strictness::lenient, &forgiven)->text("datacontenttype"), "text/plain") << "equal to it";
  EXPECT_EQ(forgiven.ce_datacontenttype, 2U);
  EXPECT_EQ(verdict_of(read(in, Strictness::strict)), "HTTP-5 content-type");
  in.content_type = "text/csv";
  EXPECT_EQ(verdict_of(read(in)), "HTTP-5 content-type");
}

TEST(CloudEventsHttp, Http6EachHeaderIsAnAttributeAndTheBodyIsTheData) {
  Message in = message({{"ce-subject", "s"}, {"Host", "h"}, {"ce", "x"}, {"x-ce-y", "z"}, {"ce-n", "5"}});
  in.body = "\x01\xFF";
  const auto event = read(in);
  ASSERT_TRUE(event);
  EXPECT_EQ(*event, event_of({{"subject", "s"}, {"n", "5"}}, "\x01\xFF"));
}

TEST(CloudEventsHttp, Http6AnEmptyBodyIsNoData) { EXPECT_EQ(read(message())->data, std::nullopt); }

TEST(CloudEventsHttp, Http7NamesAreInAnyLetterCase) {
  Message in;
  in.headers = {{"CE-SpecVersion", "1.0"}, {"Ce-Id", "A1"}, {"ce-SOURCE", "/shop"}, {"cE-type", "com.example.sold"}};
  EXPECT_EQ(*read(in), event_of());
}

TEST(CloudEventsHttp, Core7NamesThatNoAttributeCanHaveAreRefused) {
  EXPECT_EQ(verdict_of(read(message({{"ce-my-ext", "x"}}))), "CORE-7 ce-my-ext");
  EXPECT_EQ(verdict_of(read(message({{"ce-", "x"}}))), "CORE-7 ");
  EXPECT_EQ(verdict_of(read(message({{"ce-data", "x"}}))), "CORE-7 ce-data");
}

TEST(CloudEventsHttp, Core9HeadersThatComeTwiceAreRefused) {
  EXPECT_EQ(verdict_of(read(message({{"ce-id", "A1"}}))), "CORE-9 ce-id");
  EXPECT_EQ(verdict_of(read(message({{"ce-x", "a"}, {"CE-X", "b"}}))), "CORE-9 ce-x");
}

TEST(CloudEventsHttp, Core2MissingHeadersAreNamed) {
  Message in;
  in.headers = {{"ce-id", "A1"}, {"ce-source", ""}};
  const auto judged = read(in);
  ASSERT_FALSE(judged);
  std::vector<std::string> found;
  for (const Fault& fault : judged.error()) found.push_back(fault.rule + ' ' + fault.header);
  EXPECT_THAT(found, UnorderedElementsAre("CORE-2 ce-source", "CORE-2 ce-specversion", "CORE-2 ce-type"));
}

TEST(CloudEventsHttp, Http14WithoutAnyRequiredHeaderItIsNoEvent) {
  Message in;
  in.headers = {{"Host", "h"}, {"ce-subject", "s"}};
  const auto judged = read(in);
  ASSERT_FALSE(judged);
  EXPECT_EQ(problem_of(judged.error()), Problem::not_a_cloudevent);
  EXPECT_EQ(verdict_of(judged), "HTTP-14 ");
}

TEST(CloudEventsHttp, FaultsNameTheirHeader) {
  EXPECT_EQ(verdict_of(read(message({{"CE-Time", "noon"}}))), "CORE-19 ce-time");
  const auto judged = read(message({{"ce-subject", "%C0%A0"}, {"ce-time", "noon"}}));
  ASSERT_FALSE(judged);
  EXPECT_EQ(problem_of(judged.error()), Problem::invalid_header_encoding);
  EXPECT_THAT(rules_of(judged.error()), ElementsAre("HTTP-10", "CORE-19"));
  EXPECT_THAT(judged.error()[0].detail, HasSubstr("subject is \"%C0%A0\""));
}

TEST(CloudEventsHttp, Core6OtherVersionsAreNamedAsSuch) {
  Message in = message();
  in.headers[0].value = "0.9";
  EXPECT_EQ(problem_of(read(in).error()), Problem::unsupported_specversion);
}

TEST(CloudEventsHttp, Core17RelativeSchemasAreCounted) {
  Leniencies forgiven;
  EXPECT_TRUE(read(message({{"ce-dataschema", "/s"}}), Strictness::lenient, &forgiven));
  EXPECT_TRUE(read(message({{"ce-dataschema", "urn:s"}}), Strictness::lenient, &forgiven));
  EXPECT_EQ(forgiven.relative_dataschema, 1U);
  EXPECT_EQ(verdict_of(read(message({{"ce-dataschema", "/s"}}), Strictness::strict)), "CORE-17 ce-dataschema");
}

TEST(CloudEventsHttp, Http8WhatIsWrittenIsEncoded) {
  EXPECT_THAT(http_headers_of(event_of({{"subject", "caf\xC3\xA9 \"q\" 100%"}, {"datacontenttype", "text/plain"}})),
              ElementsAre(Pair("ce-specversion", "1.0"), Pair("ce-id", "A1"), Pair("ce-source", "/shop"),
                          Pair("ce-type", "com.example.sold"), Pair("ce-subject", "caf%C3%A9%20%22q%22%20100%25")));
}

// The examples of the binding's section 3.1.3.2; more are in the vectors, where those are at hand.

TEST(CloudEventsHttp, Http8AndHttp10TheWorkedExample) {
  const auto* const text = "Euro \xE2\x82\xAC \xF0\x9F\x98\x80";
  EXPECT_EQ(encode_header_value(text), "Euro%20%E2%82%AC%20%F0%9F%98%80");
  EXPECT_EQ(decode_header_value("Euro%20%E2%82%AC%20%F0%9F%98%80", Strictness::strict), text);
}

TEST(CloudEventsHttp, Http10EscapesAreOneRoundOfAnyHexThatIsUtf8) {
  EXPECT_EQ(decode_header_value("%e2%82%ac", Strictness::strict), "\xE2\x82\xAC");
  EXPECT_EQ(decode_header_value("a%2Fb%41", Strictness::strict), "a/bA") << "needless";
  EXPECT_EQ(decode_header_value("%2520", Strictness::strict), "%20");
  for (const auto* value : {"%C0%A0", "%ED%A0%80", "%F4%90%80%80", "%E2%82", "%80"}) {
    const auto decoded = decode_header_value(value);
    ASSERT_FALSE(decoded) << value;
    EXPECT_EQ(decoded.error().rule, "HTTP-10");
  }
}

TEST(CloudEventsHttp, Http9AQuotedStringIsOneAsAWholeOrNotAtAll) {
  EXPECT_EQ(decode_header_value("\"a\\\\b\""), "a\\b");
  EXPECT_EQ(decode_header_value(" \t\"\" "), "");
  EXPECT_EQ(decode_header_value("\"a\" or \"b\""), "\"a\" or \"b\"");
  EXPECT_EQ(decode_header_value("\"a\\\""), "\"a\\\"") << "its last quote is escaped";
  EXPECT_EQ(decode_header_value("a\"b"), "a\"b");
  EXPECT_EQ(decode_header_value("\""), "\"");
}

TEST(CloudEventsHttp, D2LenienciesAreCountedByTheirName) {
  const auto forgiven_in = [](std::string_view value) {
    Leniencies forgiven;
    EXPECT_TRUE(decode_header_value(value, Strictness::lenient, &forgiven)) << value;
    EXPECT_EQ(decode_header_value(value, Strictness::strict).has_value(), forgiven == Leniencies{}) << value;
    return forgiven;
  };
  EXPECT_EQ(forgiven_in("a%20b"), Leniencies{});
  EXPECT_EQ(forgiven_in("\"a b\""), Leniencies{});
  EXPECT_EQ(forgiven_in("100%"), (Leniencies{.raw_percent = 1}));
  EXPECT_EQ(forgiven_in("%4"), (Leniencies{.raw_percent = 1}));
  EXPECT_EQ(forgiven_in("a b"), (Leniencies{.raw_space_or_quote = 1}));
  EXPECT_EQ(forgiven_in("caf\xC3\xA9"), (Leniencies{.raw_utf8 = 1}));
  EXPECT_EQ(forgiven_in("caf\xE9"), (Leniencies{.raw_latin1 = 1}));
  EXPECT_EQ(forgiven_in("\xE9 100%"), (Leniencies{.raw_percent = 1, .raw_space_or_quote = 1, .raw_latin1 = 1}));
}

TEST(CloudEventsHttp, Core12ForbiddenCharactersAreNotForgiven) {
  for (const auto& value : {"a\x01"s, "a\tb"s, "%7F"s, "%C2%85"s, "\x85"s, "%00"s}) {
    const auto decoded = decode_header_value(value);
    ASSERT_FALSE(decoded);
    EXPECT_EQ(decoded.error().rule, "CORE-12");
  }
}

TEST(CloudEventsHttp, ManyHeadersTakeLittleTime) {
  std::vector<std::string> names;
  for (int at = 0; at < 100'000; ++at) names.push_back("ce-x" + std::to_string(at));
  Message in = message();
  for (const std::string& name : names) in.headers.push_back({name, "v"});
  EXPECT_TRUE(read(in));
}

}  // namespace
}  // namespace millrace::cloudevents
