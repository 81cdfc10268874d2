// What a redrive job sends to a sink, and what the answers of one that is a script are to the job.

#include "millrace/webhook/redrive_sinks.hpp"

#include <gmock/gmock.h>

#include "bench.hpp"

namespace millrace::webhook {
namespace {

using redrive::SinkAnswer;
using redrive::SinkConsent;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;
using Fate = SinkAnswer::Fate;

constexpr const char* sink_url = "https://sink.example/hook?x=1";

redrive::SinkLetter letter_of(std::vector<std::pair<std::string, std::string>> headers, std::string_view value) {
  redrive::SinkLetter letter;
  letter.name = {"billing", "orders", 0, Offset(7), 0};
  letter.record.timestamp = 1'700'000'000'000;
  letter.record.value = to_bytes(value);
  for (const auto& [name, text] : headers) letter.record.headers.emplace_back(name, to_bytes(text));
  letter.attempt = 4;
  return letter;
}
redrive::SinkLetter event() {
  return letter_of({{"content-type", "text/plain"},
                    {"ce_specversion", "1.0"},
                    {"ce_id", "a1"},
                    {"ce_source", "/shop"},
                    {"ce_type", "order.placed"}},
                   "data");
}

class RedriveSinks : public testing::Test {
 protected:
  RedriveSinks() {
    world.start();
    EXPECT_EQ(world.create("orders", 1), "done");
  }
  std::shared_ptr<redrive::Sinks> sinks() {
    const auto send = [this](const subscriptions::SinkUrl& to, sender::Outgoing out, Milliseconds timeout,
                             runtime::Callback<void(Outcome)> done) {
      script.take(world.context, {std::move(out), to, timeout, world.clock.now().steady}, std::move(done));
    };
    return redrive_sinks({.broker = *world.broker, .send = send, .options = options, .allowed = allowed});
  }
  SinkConsent ask(redrive::Sink& sink) {
    std::optional<SinkConsent> told;
    sink.ask([&told](SinkConsent consent) { told = std::move(consent); });
    world.run_until([&] { return told.has_value(); });
    return *told;
  }
  SinkAnswer send(redrive::Sink& sink, redrive::SinkLetter letter = event()) {
    std::optional<SinkAnswer> told;
    sink.send(std::move(letter), [&told](SinkAnswer answer) { told = std::move(answer); });
    world.run_until([&] { return told.has_value(); });
    return *told;
  }
  /// Of a sink that has consented, and answers so.
  SinkAnswer answer_to(const Outcome& outcome) {
    script.on_events = [&](const Request&) { return outcome; };
    const auto sink = sinks()->open(sink_url);
    EXPECT_EQ(ask(*sink).word, SinkConsent::Word::granted);
    return send(*sink);
  }

  World world;
  ScriptedSink script;
  Options options;
  subscriptions::Allowed allowed;
};

TEST_F(RedriveSinks, ALetterIsSentAsItsEventIsDelivered) {
  const auto sink = sinks()->open(sink_url);
  const auto consent = ask(*sink);
  EXPECT_EQ(consent.word, SinkConsent::Word::granted);
  EXPECT_EQ(consent.places, options.places);
  ASSERT_THAT(script.questions, SizeIs(1));
  EXPECT_EQ(script.questions[0].sink.target, "/hook?x=1");
  EXPECT_EQ(script.questions[0].field("WebHook-Request-Origin"), "localhost");
  EXPECT_EQ(send(*sink).fate, Fate::arrived);
  ASSERT_THAT(script.requests, SizeIs(1));
  const auto& request = script.requests[0];
  EXPECT_EQ(request.out.method, "POST");
  EXPECT_EQ(request.sink.host, "sink.example");
  EXPECT_EQ(request.out.content_type, "text/plain");
  EXPECT_EQ(request.out.body, "data");
  EXPECT_EQ(request.field("ce-id"), "a1");
  EXPECT_EQ(request.field("ce-type"), "order.placed");
  EXPECT_EQ(request.field("Authorization"), "absent");
  EXPECT_EQ(request.timeout, options.request_timeout);
}

TEST_F(RedriveSinks, ARecordThatIsNoEventIsToldAsOne) {
  const auto sink = sinks()->open(sink_url);
  (void)ask(*sink);
  EXPECT_EQ(send(*sink, letter_of({}, "plain")).fate, Fate::arrived);
  ASSERT_THAT(script.requests, SizeIs(1));
  const auto told = cloudevents::parse_json(script.requests[0].out.body);
  ASSERT_TRUE(told);
  EXPECT_EQ(told->text("type"), "dev.millrace.record");
  EXPECT_EQ(told->text("id"), "partition:0/offset:7") << "as a subscription would have had it";
}

TEST_F(RedriveSinks, EachAnswerIsJudgedAsThatOfAWebHook) {
  EXPECT_EQ(answer_to(answered(204)).fate, Fate::arrived);
  for (const unsigned status : {302U, 400U, 404U, 409U, 500U, 503U}) {
    const auto answer = answer_to(answered(status));
    EXPECT_EQ(answer.fate, Fate::failed) << status;
    EXPECT_EQ(answer.failure.reason, delivery::Reason::http_status) << status;
    EXPECT_EQ(answer.failure.code, static_cast<std::int32_t>(status));
    EXPECT_EQ(answer.wait, Milliseconds(0)) << status;
  }
  const auto unanswered = answer_to(without_answer(push::Ending::timeout));
  EXPECT_EQ(unanswered.fate, Fate::failed);
  EXPECT_EQ(unanswered.failure.reason, delivery::Reason::http_timeout);
  const auto retired = answer_to(answered(410));
  EXPECT_EQ(retired.fate, Fate::retired);
  EXPECT_THAT(retired.why, HasSubstr("410"));
  for (const unsigned status : {401U, 403U}) {
    const auto unwelcome = answer_to(answered(status));
    EXPECT_EQ(unwelcome.fate, Fate::unwelcome);
    EXPECT_THAT(unwelcome.why, HasSubstr(std::to_string(status)));
  }
}

TEST_F(RedriveSinks, ASinkThatAsksForTimeGetsIt) {
  script.on_events = [](const Request&) { return answered(429, {{"Retry-After", "7"}}); };
  const auto sink = sinks()->open(sink_url);
  (void)ask(*sink);
  const auto answer = send(*sink);
  EXPECT_EQ(answer.fate, Fate::put_back) << "nobody has judged the letter";
  EXPECT_EQ(answer.wait, 7s);
  EXPECT_EQ(send(*sink).fate, Fate::put_back);
  EXPECT_THAT(script.requests, SizeIs(1)) << "nothing is sent meanwhile";
  world.clock.advance(7s);
  script.on_events = [](const Request&) { return answered(503, {{"Retry-After", "9"}}); };
  const auto failed = send(*sink);
  EXPECT_EQ(failed.fate, Fate::failed);
  EXPECT_EQ(failed.wait, 9s);
  EXPECT_EQ(send(*sink).wait, 9s);
  EXPECT_THAT(script.requests, SizeIs(2));
}

TEST_F(RedriveSinks, ARateThatWasGrantedIsKept) {
  script.on_question = [](const Request&) { return consent("60"); };
  const auto sink = sinks()->open(sink_url);
  (void)ask(*sink);
  std::size_t arrived = 0;
  SinkAnswer last{.fate = Fate::arrived};
  while (last.fate == Fate::arrived && arrived < 100) {
    last = send(*sink);
    arrived += last.fate == Fate::arrived ? 1 : 0;
  }
  EXPECT_EQ(last.fate, Fate::put_back);
  EXPECT_LE(arrived, 60U);
  EXPECT_GT(last.wait, Milliseconds(0));
  world.clock.advance(last.wait);
  EXPECT_EQ(send(*sink).fate, Fate::arrived);
}

TEST_F(RedriveSinks, WithoutConsentNothingIsSent) {
  script.on_question = [](const Request&) { return answered(200); };
  const auto refused = ask(*sinks()->open(sink_url));
  EXPECT_EQ(refused.word, SinkConsent::Word::refused);
  EXPECT_THAT(refused.why, HasSubstr("WebHook-Allowed-Origin"));
  script.on_question = [](const Request&) { return without_answer(push::Ending::connect_error); };
  const auto away = sinks()->open(sink_url);
  const auto first = ask(*away), second = ask(*away);
  EXPECT_EQ(first.word, SinkConsent::Word::away);
  EXPECT_THAT(first.why, HasSubstr("nobody is there"));
  EXPECT_GE(first.wait, 800ms);
  EXPECT_GE(second.wait, 1'600ms) << "asked less and less often";
  EXPECT_EQ(send(*away).fate, Fate::put_back);
  EXPECT_THAT(script.requests, IsEmpty());
}

TEST_F(RedriveSinks, WhatTheOperatorDoesNotAllowIsRefused) {
  const auto why = [this](const std::string& url) {
    const auto checked = sinks()->check(url);
    return checked ? std::string("allowed") : checked.error().message;
  };
  EXPECT_EQ(why(sink_url), "allowed");
  EXPECT_THAT(why("sink.example"), HasSubstr("sink.example"));
  EXPECT_THAT(why("http://sink.example/"), HasSubstr("webhook_allow_http"));
  EXPECT_THAT(why("https://127.0.0.1/"), HasSubstr("loopback"));
  EXPECT_THAT(why("https://10.1.2.3/"), HasSubstr("private"));
  const auto before = sinks()->open("https://127.0.0.1/");
  EXPECT_EQ(ask(*before).word, SinkConsent::Word::refused) << "also where it was allowed when the job was made";
  EXPECT_THAT(script.questions, IsEmpty());
  options.allows_http = true;
  allowed = {.loopback = true, .private_networks = true};
  EXPECT_EQ(why("http://sink.example/"), "allowed");
  EXPECT_EQ(why("https://127.0.0.1/"), "allowed");
  EXPECT_EQ(why("https://10.1.2.3/"), "allowed");
}

}  // namespace
}  // namespace millrace::webhook
