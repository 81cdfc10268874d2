// Frames by which events in hand are settled on a WebSocket: what they mean, and what is said of those that are none.

#include "routes/settlement.hpp"

#include <gmock/gmock.h>

#include "millrace/core/escaped.hpp"
#include "web_socket.hpp"

namespace millrace::http::routes {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

TEST(SettleFrame, SaysWhatBecomesOfEachToken) {
  const auto frame = parse_settle_frame(R"({"renew": ["r"], "acknowledge": ["a", "b"],
      "fail": {"tokens": ["f"], "code": 503, "message": "busy", "delay_ms": 1000}, "answer": true,
      "reject": {"tokens": ["x"], "code": -7, "message": "nonsense"}, "release": {"tokens": ["y"], "delay_ms": 86400000}})");
  ASSERT_TRUE(frame) << frame.error().reason;
  EXPECT_TRUE(frame->wants_answer);
  ASSERT_EQ(frame->settlements.size(), 5U);
  std::vector<SettleVerb> verbs;
  for (const auto& each : frame->settlements) verbs.push_back(each.verb);
  EXPECT_THAT(verbs, ElementsAre(SettleVerb::renew, SettleVerb::acknowledge, SettleVerb::fail, SettleVerb::reject,
                                 SettleVerb::release))
      << "in the order in which they stand";
  EXPECT_THAT(frame->settlements[1].tokens, ElementsAre("a", "b"));
  EXPECT_EQ(frame->settlements[2].delay, Milliseconds(1000));
  EXPECT_EQ(frame->settlements[2].failure.code, 503);
  EXPECT_EQ(frame->settlements[2].failure.message, "busy");
  EXPECT_EQ(frame->settlements[3].failure.code, -7);
  EXPECT_EQ(frame->settlements[3].failure.message, "nonsense");
  EXPECT_EQ(frame->settlements[4].delay, std::chrono::hours(24));
}

TEST(SettleFrame, EachVerbTakesAPlainListOfTokens) {
  for (const auto* const name : {"acknowledge", "fail", "reject", "release", "renew"}) {
    const auto frame = parse_settle_frame(std::string("{\"") + name + R"(":["t"]})");
    ASSERT_TRUE(frame) << frame.error().reason;
    ASSERT_EQ(frame->settlements.size(), 1U);
    EXPECT_THAT(frame->settlements[0].tokens, ElementsAre("t"));
    EXPECT_EQ(frame->settlements[0].delay, Milliseconds(0));
    EXPECT_EQ(frame->settlements[0].failure.code, 0);
    EXPECT_FALSE(frame->wants_answer);
  }
}

TEST(SettleFrame, MayAskForAnAnswerAndSettleNothing) {
  for (const auto* const text : {"{}", R"({"answer": true})", R"({"acknowledge": []})"}) {
    const auto frame = parse_settle_frame(text);
    ASSERT_TRUE(frame) << text << frame.error().reason;
    for (const auto& each : frame->settlements) EXPECT_THAT(each.tokens, IsEmpty());
  }
}

TEST(SettleFrame, OneThatIsNoJsonIsNone) {
  for (const auto* const text : {"", "{", "acknowledge", "{'acknowledge': []}", R"({"acknowledge": []} {})", "\xff"}) {
    const auto frame = parse_settle_frame(text);
    ASSERT_FALSE(frame) << text;
    EXPECT_FALSE(frame.error().is_json) << text;
    EXPECT_EQ(frame.error().reason, "the frame is no JSON");
  }
}

struct Broken {
  const char* text;
  const char* field;
  const char* rule;
};

TEST(SettleFrame, WhatBreaksARuleNamesTheFieldAndTheRule) {
  const Broken cases[] = {
      {"[]", "the frame", "no JSON object"},
      {"7", "the frame", "no JSON object"},
      {R"({"ack": ["t"]})", "ack", "is none of acknowledge, fail, reject, release, renew and answer"},
      {R"({"acknowledge": "t"})", "acknowledge", "neither a list of tokens nor an object"},
      {R"({"acknowledge": null})", "acknowledge", "neither a list of tokens nor an object"},
      {R"({"acknowledge": [7]})", "acknowledge.tokens: 7", "is not a text"},
      {R"({"acknowledge": [["t"]]})", "acknowledge.tokens", "is not a text"},
      {R"({"acknowledge": [[["t"]]]})", "the frame", "nested deeper than 3"},
      {R"({"acknowledge": {"tokens": ["t"], "code": 1}})", "acknowledge.code", "is not a field"},
      {R"({"renew": {"tokens": ["t"], "delay_ms": 1}})", "renew.delay_ms", "is not a field"},
      {R"({"reject": {"tokens": ["t"], "delay_ms": 1}})", "reject.delay_ms", "is not a field"},
      {R"({"release": {"tokens": ["t"], "message": "x"}})", "release.message", "is not a field"},
      {R"({"release": {"tokens": ["t"], "consumer": "x"}})", "release.consumer", "is not a field"},
      {R"({"fail": {"code": 1}})", "fail.tokens", "is not said"},
      {R"({"fail": {"tokens": []}})", "fail.tokens", "is not said"},
      {R"({"fail": {"tokens": ["t"], "code": 1.5}})", "fail.code: 1.5", "is not a whole number of 32 bits"},
      {R"({"fail": {"tokens": ["t"], "code": 4294967296}})", "fail.code: 4294967296", "a whole number of 32 bits"},
      {R"({"fail": {"tokens": ["t"], "message": 7}})", "fail.message: 7", "is not a text"},
      {R"({"fail": {"tokens": ["t"], "delay_ms": -1}})", "fail.delay_ms: -1", "is not from 0 to 86400000"},
      {R"({"release": {"tokens": ["t"], "delay_ms": 86400001}})", "release.delay_ms: 86400001", "from 0 to 86400000"},
      {R"({"answer": "yes"})", "answer", "neither true nor false"},
      {R"({"acknowledge": ["a"], "acknowledge": ["b"]})", "acknowledge", "stands twice"},
      {R"({"fail": {"tokens": ["a"], "tokens": ["b"]}})", "tokens", "stands twice"},
  };
  for (const auto& [text, field, rule] : cases) {
    const auto frame = parse_settle_frame(text);
    ASSERT_FALSE(frame) << text;
    EXPECT_TRUE(frame.error().is_json) << text;
    EXPECT_THAT(frame.error().reason, HasSubstr(field)) << text;
    EXPECT_THAT(frame.error().reason, HasSubstr(rule)) << text;
  }
}

std::string list_of(std::size_t count, const std::string& token) {
  std::string text = "[";
  for (std::size_t i = 0; i < count; ++i) text += (i == 0 ? "\"" : ",\"") + token + "\"";
  return text + "]";
}

TEST(SettleFrame, BoundsItsTokens) {
  EXPECT_TRUE(parse_settle_frame("{\"acknowledge\":" + list_of(1'000, "t") + "}"));
  for (const auto& text : {"{\"acknowledge\":" + list_of(1'001, "t") + "}",
                           "{\"acknowledge\":" + list_of(600, "t") + ",\"renew\":" + list_of(600, "t") + "}"}) {
    const auto frame = parse_settle_frame(text);
    ASSERT_FALSE(frame);
    EXPECT_THAT(frame.error().reason, HasSubstr("1000 are the most"));
  }
  EXPECT_TRUE(parse_settle_frame("{\"acknowledge\":" + list_of(1, std::string(64, 't')) + "}"));
  const auto frame = parse_settle_frame("{\"acknowledge\":" + list_of(1, std::string(65, 't')) + "}");
  ASSERT_FALSE(frame);
  EXPECT_EQ(frame.error().reason, "acknowledge.tokens: one has 65 bytes; 64 are the most");
}

/// What a stranger chose is cut, the rule is not.
TEST(SettleFrame, AReasonFitsIntoAClose) {
  std::string euros, bells;
  for (int i = 0; i < 1'000; ++i) {
    euros += "\u20ac";
    bells += "\\u0007";
  }
  for (const auto& text : {R"({")" + euros + R"(": 1})", R"({")" + bells + R"(": 1})",
                           R"({"fail": {"tokens": ["t"], ")" + euros + R"(": 1}})",
                           R"({"release": {"tokens": ["t"], "delay_ms": ")" + euros + R"("}})", std::string(5'000, '['),
                           R"({"acknowledge": [{")" + bells + R"(": 1}]})"}) {
    const auto frame = parse_settle_frame(text);
    ASSERT_FALSE(frame);
    const auto& reason = frame.error().reason;
    EXPECT_LE(reason.size(), WebSocket::reason_bytes_max);
    EXPECT_TRUE(is_utf8(reason)) << reason;
    EXPECT_FALSE(reason.empty());
  }
  const auto frame = parse_settle_frame(R"({"release": {"tokens": ["t"], "delay_ms": ")" + euros + R"("}})");
  ASSERT_FALSE(frame);
  EXPECT_THAT(frame.error().reason, HasSubstr("is not a whole number of 64 bits"));
}

}  // namespace
}  // namespace millrace::http::routes
