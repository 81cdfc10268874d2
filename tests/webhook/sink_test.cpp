// How a sink is asked, left alone, given up and gone back to.

#include <gmock/gmock.h>

#include "bench.hpp"
#include "millrace/metrics/exposition.hpp"

namespace millrace::webhook {
namespace {

using testing::Each;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

TEST(AskedSink, IsAskedBeforeAnythingIsSent) {
  Bench bench;
  bench.subscription.credential = subscriptions::AccessToken{.token = "t", .expires = {}};
  bench.sink.on_question = [](const Request&) { return std::nullopt; };
  bench.publish({"a1"});
  bench.start();
  bench.until([&] { return bench.sink.questions.size() == 1; });
  EXPECT_TRUE(bench.runner->status().is_pending);
  const Request& question = bench.sink.questions.at(0);
  EXPECT_EQ(question.sink.target, "/hook?x=1");
  EXPECT_EQ(question.field("WebHook-Request-Origin"), "localhost");
  EXPECT_EQ(question.field("WebHook-Request-Callback"), "absent") << "nobody could call there";
  EXPECT_EQ(question.field("Authorization"), "Bearer t");
  EXPECT_EQ(question.out.body, "");
  EXPECT_THAT(bench.sink.requests, IsEmpty());
  bench.sink.release(consent());
  bench.until_delivered(1);
  EXPECT_FALSE(bench.runner->status().is_pending);
}

TEST(AskedSink, ConsentsWhateverItsStatusIs) {
  Bench bench;
  bench.sink.on_question = [](const Request&) { return answered(405, {{"webhook-allowed-origin", "*"}}); };
  bench.publish({"a1"});
  bench.start();
  bench.until_delivered(1);
}

TEST(AskedSink, ThatDoesNotConsentGetsNothing) {
  for (const unsigned status : {200U, 401U, 404U, 405U}) {
    Bench bench;
    bench.sink.on_question = [&](const Request&) { return answered(status); };
    bench.publish({"a1"});
    bench.start();
    bench.until([&] { return !bench.suspended.empty(); });
    EXPECT_THAT(bench.suspended, ElementsAre("sink-refused"));
    EXPECT_THAT(bench.runner->status().last_attempt->message, HasSubstr("WebHook-Allowed-Origin"));
    EXPECT_EQ(bench.runner->status().last_attempt->status, static_cast<std::int32_t>(status));
    EXPECT_THAT(bench.sink.requests, IsEmpty());
    EXPECT_EQ(bench.counts().handed_out, 0U);
  }
}

TEST(AskedSink, IsAskedAgainUntilThereIsAnAnswer) {
  Bench bench;
  std::vector<Outcome> answers{without_answer(push::Ending::connect_error), without_answer(push::Ending::timeout),
                               answered(503), answered(502), consent()};
  bench.sink.on_question = [&](const Request&) { return answers.at(bench.sink.questions.size()); };
  bench.publish({"a1"});
  bench.start();
  bench.until([&] { return bench.runner->status().last_attempt.has_value(); });
  EXPECT_EQ(bench.runner->status().last_attempt->message, "nobody is there");
  EXPECT_TRUE(bench.runner->status().is_pending);
  bench.until([&] { return bench.counts().acknowledged == 1; }, 100ms);
  EXPECT_THAT(bench.suspended, IsEmpty());
  const auto& asked = bench.sink.questions;
  ASSERT_THAT(asked, SizeIs(5));
  for (std::size_t i = 1; i < asked.size(); ++i) {
    const auto base = Milliseconds(1'000 << (i - 1));
    EXPECT_GE(asked[i].at - asked[i - 1].at, base * 8 / 10) << "less a fifth for chance";
  }
}

TEST(AskedSink, IsLeftAloneForAsLongAsItSays) {
  Bench bench;
  bench.sink.on_question = [&](const Request&) {
    return bench.sink.questions.empty() ? answered(503, {{"Retry-After", "60"}}) : consent();
  };
  bench.start();
  bench.until([&] { return bench.sink.questions.size() == 2; }, 500ms);
  EXPECT_GE(bench.sink.questions[1].at - bench.sink.questions[0].at, 60s);
}

TEST(AskedSink, IsAskedAnewWhenItIsAnother) {
  Bench bench;
  bench.start();
  bench.publish({"a1"});
  bench.until_delivered(1);
  bench.subscription.http.edit().headers = {{"X-New", "1"}};
  bench.replace();
  bench.publish({"a2"});
  bench.until_delivered(2);
  EXPECT_THAT(bench.sink.questions, SizeIs(1)) << "the same sink has consented";
  EXPECT_EQ(bench.sink.requests.at(1).field("X-New"), "1");
  bench.subscription.sink = "https://other.example/";
  bench.replace();
  bench.publish({"a3"});
  bench.until_delivered(3);
  ASSERT_THAT(bench.sink.questions, SizeIs(2));
  EXPECT_EQ(bench.sink.questions.at(1).sink.host, "other.example");
  EXPECT_EQ(bench.sink.requests.at(2).sink.host, "other.example");
}

TEST(AskedSink, WhoseFormerUrlAnswersLateIsNotJudgedByThat) {
  Bench bench;
  bench.sink.on_events = [](const Request& request) {
    return request.sink.host == "other.example" ? std::optional(answered(200)) : std::nullopt;
  };
  bench.start();
  bench.publish({"a1"});
  bench.until([&] { return bench.sink.held.size() == 1; });
  bench.subscription.sink = "https://other.example/";
  bench.replace();
  bench.until([&] { return bench.sink.questions.size() == 2 && !bench.runner->status().is_pending; });
  bench.sink.release(answered(410));
  bench.until_delivered(1);
  EXPECT_THAT(bench.suspended, IsEmpty());
  EXPECT_EQ(bench.sink.requests.back().sink.host, "other.example");
}

TEST(AskedSink, WithoutTlsIsTheOperatorsAffair) {
  Bench bench;
  bench.options.allows_http = false;
  bench.subscription.sink = "http://sink.example/";
  bench.start();
  bench.until([&] { return !bench.suspended.empty(); });
  EXPECT_THAT(bench.suspended, ElementsAre("sink-not-allowed"));
  EXPECT_THAT(bench.sink.questions, IsEmpty());
}

TEST(AskedSink, AtAnAddressIsTheOperatorsAffair) {
  Bench bench;
  bench.subscription.sink = "https://10.1.2.3/";
  bench.start();
  bench.until([&] { return !bench.suspended.empty(); });
  EXPECT_THAT(bench.suspended, ElementsAre("sink-not-allowed"));
  EXPECT_THAT(bench.hooks->judge(bench.subscription).error().message, HasSubstr("webhook_allow_private_networks"));
  bench.subscription.sink = "https://sink.example/";
  EXPECT_TRUE(bench.hooks->judge(bench.subscription));
}

TEST(SlowedSink, IsPausedByItself) {
  Bench bench;
  bench.subscription.config.ordering = delivery::Order::none;
  bench.options.places = 1;
  bench.sink.on_events = [&](const Request&) {
    return bench.sink.requests.empty() ? answered(429, {{"Retry-After", "30"}}) : answered(200);
  };
  bench.publish({"a", "b", "c"});
  bench.start();
  bench.until([&] { return bench.counts().acknowledged == 2; }, 100ms);
  const auto& requests = bench.sink.requests;
  ASSERT_THAT(requests, SizeIs(3));
  EXPECT_GE(requests[1].at - requests[0].at, 30s) << "not even another event";
}

TEST(SlowedSink, IsSentNoMoreThanItGranted) {
  Bench bench;
  bench.subscription.config.ordering = delivery::Order::none;
  bench.sink.on_question = [](const Request&) { return consent("60"); };
  bench.publish({"a", "b", "c", "d", "e", "f", "g", "h", "i", "j"});
  bench.start();
  bench.until([&] { return bench.counts().acknowledged == 10; }, 100ms);
  const auto& requests = bench.sink.requests;
  ASSERT_THAT(requests, SizeIs(10));
  EXPECT_GE(requests[4].at - requests[0].at, 1s) << "a twentieth of a minute's and one at once";
  EXPECT_GE(requests[9].at - requests[0].at, 6s);
  EXPECT_EQ(bench.counts().failed, 0U);
}

Options with_breaker() {
  Options options;
  options.places = 1;
  options.breaker = {
      .failed_percent = 50, .ended_min = 4, .window = 60s, .open_first = 30s, .open_max = 60s, .probes = 2};
  return options;
}

std::string told(const WebHooks& hooks) {
  metrics::Exposition exposition;
  hooks.collect(exposition);
  return exposition.text();
}

TEST(BrokenSink, IsLeftAloneTriedAndTrustedAgain) {
  Bench bench;
  bench.options = with_breaker();
  bench.subscription.config.ordering = delivery::Order::none;
  bench.sink.on_events = [&](const Request&) { return answered(bench.sink.requests.size() < 4 ? 503 : 200); };
  bench.publish({"a", "b", "c", "d", "e", "f"});
  bench.start();
  bench.until([&] { return bench.counts().failed == 4; });
  bench.until([&] { return told(*bench.hooks).find("millrace_webhook_sinks{state=\"open\"} 1") != std::string::npos; });
  bench.until([&] { return bench.counts().acknowledged == 6; }, 100ms);
  const auto& requests = bench.sink.requests;
  ASSERT_THAT(requests, SizeIs(10)) << "nothing died, and nothing was tried while it was open";
  EXPECT_GE(requests[4].at - requests[3].at, 30s - 1s);
  EXPECT_THAT(told(*bench.hooks), HasSubstr("millrace_webhook_sinks{state=\"closed\"} 1"));
  EXPECT_THAT(told(*bench.hooks), HasSubstr("millrace_webhook_requests_total{outcome=\"5xx\"} 4"));
  EXPECT_THAT(told(*bench.hooks), HasSubstr("millrace_webhook_events_total{end=\"delivered\"} 6"));
}

TEST(BrokenSink, IsLeftAloneForLongerWhenItsProbeFails) {
  Bench bench;
  bench.options = with_breaker();
  bench.subscription.config.ordering = delivery::Order::none;
  bench.sink.on_events = [&](const Request&) { return answered(bench.sink.requests.size() < 5 ? 503 : 200); };
  bench.publish({"a", "b", "c", "d", "e", "f"});
  bench.start();
  bench.until([&] { return bench.counts().failed == 4; });  // Time stands still, so that all are in one window.
  bench.until([&] { return bench.counts().acknowledged == 6; }, 100ms);
  const auto& requests = bench.sink.requests;
  ASSERT_THAT(requests, SizeIs(11));
  EXPECT_GE(requests[5].at - requests[4].at, 60s - 1s);
}

TEST(GivenUpSink, GetsNothingMore) {
  Bench bench;
  bench.options.places = 1;
  bench.subscription.config.ordering = delivery::Order::none;
  bench.sink.on_events = [](const Request&) { return answered(410); };
  bench.publish({"a", "b", "c"});
  bench.start();
  bench.until([&] { return !bench.suspended.empty(); });
  bench.until([&] { return bench.facts().acquired == 0; });
  EXPECT_THAT(bench.suspended, ElementsAre("sink-retired"));
  EXPECT_THAT(bench.sink.requests, SizeIs(1));
  EXPECT_EQ(bench.runner->status().last_attempt->status, 410);
  bench.runner->stop();
  bench.sink.on_events = [](const Request&) { return answered(200); };
  bench.run();
  bench.until_delivered(3);
}

TEST(IdleSink, IsGoneFromTheFiguresWhenItIsGone) {
  Bench bench;
  bench.start();
  bench.until(
      [&] { return told(*bench.hooks).find("millrace_webhook_sinks{state=\"closed\"} 1") != std::string::npos; });
  bench.runner->stop();
  bench.until(
      [&] { return told(*bench.hooks).find("millrace_webhook_sinks{state=\"closed\"} 0") != std::string::npos; });
  EXPECT_THAT(told(*bench.hooks), HasSubstr("millrace_webhook_requests_in_flight 0"));
}

TEST(WebHookOptions, AreJudged) {
  Bench bench;
  const auto why = [&](Options options) {
    bench.open();
    const auto made = WebHooks::open({.broker = *bench.world.broker,
                                      .delivery = *bench.delivery,
                                      .send = {},
                                      .lanes = {bench.world.context.get_executor()},
                                      .diagnostics = World::silent()},
                                     std::move(options));
    return made ? std::string() : made.error().message;
  };
  EXPECT_THAT(why({.origin = "no name"}), HasSubstr("origin 'no name'"));
  EXPECT_THAT(why({.request_timeout = 0ms}), HasSubstr("request_timeout"));
  EXPECT_THAT(why({.places = 0}), HasSubstr("maxinflight"));
}

}  // namespace
}  // namespace millrace::webhook
