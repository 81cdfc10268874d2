// Tests of a sink that is a script: what goes out, what is told, and who waits for what.

#include "millrace/webhook/hook_tests.hpp"

#include <gmock/gmock.h>

#include "bench.hpp"

namespace millrace::webhook {
namespace {

using dispatch::SinkTest;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;
using Told = std::optional<Result<SinkTest>>;
using WouldBe = SinkTest::WouldBe;

class TestedSink : public testing::Test {
 protected:
  TestedSink() {
    subscription.id = "s";
    subscription.sink = "https://sink.example/hook?x=1";
    subscription.protocol = subscriptions::Protocol::http;
    subscription.config.topic = "orders";
    world.start();
  }
  ~TestedSink() override {
    if (tests) tests->stop();
    while (!script.held.empty()) script.release(without_answer(push::Ending::connect_error));
    world.run();
  }
  void open() {
    const auto send = [this](const subscriptions::SinkUrl& to, sender::Outgoing out, Milliseconds timeout,
                             runtime::Callback<void(Outcome)> done) {
      script.take(world.context, {std::move(out), to, timeout, world.clock.now().steady}, std::move(done));
    };
    tests = std::make_unique<HookTests>(HookTestWorks{.broker = *world.broker, .send = send, .options = options});
  }
  void begin(Told& told) {
    if (!tests) open();
    tests->test(std::make_shared<const subscriptions::Subscription>(subscription),
                [&told](Result<SinkTest> test) { told = std::move(test); });
  }
  SinkTest test() {
    Told told;
    begin(told);
    world.run_until([&] { return told.has_value(); });
    return told->value();
  }
  WouldBe answer_means(Outcome outcome) {
    script.on_events = [&](const Request&) { return outcome; };
    return test().would_be;
  }

  World world;
  ScriptedSink script;
  Options options;
  subscriptions::Subscription subscription;
  std::unique_ptr<HookTests> tests;
};

TEST_F(TestedSink, IsAskedAndSentAnEventThatIsAsOthers) {
  subscription.credential = subscriptions::AccessToken{.token = "t", .expires = {}};
  subscription.http = subscriptions::HttpSettings{.headers = {{"X-Tenant", "7"}}};
  subscription.config.content_mode = subscriptions::ContentMode::structured;
  subscription.config.lock_time = 8s;
  const auto told = test();
  EXPECT_EQ(told.consent.word, SinkTest::Word::granted);
  EXPECT_EQ(told.would_be, WouldBe::delivered);
  ASSERT_THAT(script.questions, SizeIs(1));
  EXPECT_EQ(script.questions[0].field("Authorization"), "Bearer t");
  EXPECT_EQ(script.questions[0].timeout, options.request_timeout);
  ASSERT_THAT(script.requests, SizeIs(1));
  const Request& request = script.requests[0];
  EXPECT_EQ(request.field("Authorization"), "Bearer t");
  EXPECT_EQ(request.field("X-Tenant"), "7");
  EXPECT_EQ(request.field("Millrace-Delivery-Attempt"), "1");
  EXPECT_EQ(request.timeout, 7s) << "an eighth of the lock is kept for settling";
  const auto event = cloudevents::parse_json(request.out.body);
  ASSERT_TRUE(event);
  EXPECT_EQ(event->text("id"), told.event_id);
  EXPECT_EQ(event->text("type"), "dev.millrace.test");
  EXPECT_EQ(event->text("source"), "/v1/subscriptions/s");
  EXPECT_EQ(event->data, R"({"subscription":"s"})");
}

TEST_F(TestedSink, SaysWhatItWouldHaveMeant) {
  EXPECT_EQ(answer_means(answered(503)), WouldBe::retried);
  EXPECT_EQ(answer_means(without_answer(push::Ending::timeout)), WouldBe::retried);
  EXPECT_EQ(answer_means(answered(404)), WouldBe::retried) << "it has consented";
  EXPECT_EQ(answer_means(answered(422)), WouldBe::dead_lettered);
  EXPECT_EQ(answer_means(answered(410)), WouldBe::suspended);
  subscription.config.retry_on = "422";
  EXPECT_EQ(answer_means(answered(422)), WouldBe::retried);
  subscription.config.attempts_max = 1;
  EXPECT_EQ(answer_means(answered(503)), WouldBe::dead_lettered);
  subscription.config.dead_letters = false;
  EXPECT_EQ(answer_means(answered(503)), WouldBe::discarded);
}

TEST_F(TestedSink, ThatIsNotAllowedIsNotAsked) {
  subscription.sink = "http://sink.example/";
  const auto told = test();
  EXPECT_EQ(told.consent.word, SinkTest::Word::not_asked);
  EXPECT_THAT(told.consent.why, HasSubstr("webhook_allow_http"));
  EXPECT_EQ(told.would_be, WouldBe::suspended);
  EXPECT_EQ(told.reason, "sink-not-allowed");
  EXPECT_THAT(script.questions, IsEmpty());
}

TEST_F(TestedSink, IsOneOfSoManyAtOnce) {
  script.on_question = [](const Request&) { return std::nullopt; };
  std::vector<Told> told(hook_tests_max + 1);
  for (auto& each : told) begin(each);
  ASSERT_TRUE(told.back());
  EXPECT_EQ(told.back()->error().code, Errc::busy);
  EXPECT_THAT(script.questions, SizeIs(hook_tests_max));
  script.release(answered(200));
  ASSERT_TRUE(told.front());
  EXPECT_EQ(told.front()->value().would_be, WouldBe::suspended);
  told.back().reset();
  begin(told.back());
  EXPECT_FALSE(told.back()) << "there is room again";
  tests->stop();
}

TEST_F(TestedSink, IsWaitedForUntilTheBrokerStops) {
  script.on_question = [](const Request&) { return std::nullopt; };
  Told told, late;
  begin(told);
  EXPECT_FALSE(told);
  tests->stop();
  ASSERT_TRUE(told);
  EXPECT_EQ(told->error().code, Errc::busy);
  script.release(consent());
  world.run();
  EXPECT_THAT(script.requests, IsEmpty()) << "nothing further is sent";
  begin(late);
  ASSERT_TRUE(late);
  EXPECT_EQ(late->error().code, Errc::busy);
}

}  // namespace
}  // namespace millrace::webhook
