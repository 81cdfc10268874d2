// The keys of config, against docs/subscriptions.md, and what they mean to delivery.

#include <gmock/gmock.h>

#include <fstream>
#include <sstream>

#include "config_keys.hpp"
#include "subscriptions.hpp"

namespace millrace::subscriptions {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

/// Kept and read again.
Subscription restored(Subscription subscription) {
  subscription.id = "s-1";
  auto again = restore(to_json(subscription, Secrets::kept)).value();
  again.id.clear();
  return again;
}

Config config_of(const std::string& keys) { return read(pushed("", keys)).value().config; }

TEST(SubscriptionConfig, Sub14ValuesMayBeStrings) {
  EXPECT_EQ(config_of(R"(,"maxattempts":7,"honourexpiry":true,"maxage":86400000)"),
            config_of(R"(,"maxattempts":"7","honourexpiry":"true","maxage":"86400000")"));
  EXPECT_EQ(config_of(R"(,"maxattempts":7)").attempts_max, 7);
}

TEST(SubscriptionConfig, Sub14TheTopicIsRequired) {
  EXPECT_EQ(faults_of("{}"), "/config SUB-14: config is required, and topic in it");
  EXPECT_EQ(faults_of(R"({"config":{}})"), "/config/topic SUB-14: topic is required");
  EXPECT_THAT(faults_of(R"({"config":{"topic":"a/b"}})"),
              StartsWith("/config/topic SUB-14: topic is \"a/b\", but must"));
  EXPECT_THAT(faults_of(R"({"config":{"topic":".."}})"), StartsWith("/config/topic SUB-14: "));
  EXPECT_THAT(faults_of(R"({"config":"orders"})"), StartsWith("/config SUB-14: config must be an object"));
}

TEST(SubscriptionConfig, Sub14NumbersHaveBoundsAndWordsAreListed) {
  for (const auto& key : config_keys()) {
    const auto value = [&](const std::string& text) {
      const auto member = ",\"" + std::string(key.name) + "\":\"" + text + "\"";
      return faults_of(key.of == KeyOf::pull ? pulled("", member) : pushed("", member));
    };
    EXPECT_THAT(value("x"), StartsWith("/config/" + std::string(key.name) + " SUB-14: ")) << key.name;
    if (!key.words.empty()) continue;
    EXPECT_THAT(value(std::to_string(key.least - 1)), HasSubstr("must be a whole number from")) << key.name;
    EXPECT_THAT(value(std::to_string(key.most + 1)), HasSubstr("must be a whole number from")) << key.name;
    if (!key.name.starts_with("backoff")) {
      EXPECT_EQ(value(std::to_string(key.least)), "none") << key.name;
      EXPECT_EQ(value(std::to_string(key.most)), "none") << key.name;
    }
  }
  EXPECT_THAT(faults_of(pushed("", R"(,"maxattempts":7.5)")), HasSubstr("is \"7.5\", but must be a whole number"));
  EXPECT_THAT(faults_of(pushed("", R"(,"maxattempts":[])")), HasSubstr("must be a string, a number or a boolean"));
  EXPECT_THAT(faults_of(pushed("", R"(,"backoffbase":1000,"backoffcap":999)")),
              StartsWith("/config/backoffcap SUB-14: backoff.cap is 999"));
}

TEST(SubscriptionConfig, Sub14AStartIsAnEndOfTheTopicOrATime) {
  EXPECT_EQ(config_of(R"(,"startfrom":"earliest")").start.at, Start::At::earliest);
  EXPECT_EQ(config_of("").start.at, Start::At::latest);
  EXPECT_EQ(config_of(R"(,"startfrom":"1970-01-01T01:00:01.5+01:00")").start, (Start{Start::At::time, 1'500}));
  for (const char* const text : {"", "yesterday", "Latest", "2026-05-01", "1969-12-31T23:59:59Z"}) {
    EXPECT_THAT(faults_of(pushed("", ",\"startfrom\":\"" + std::string(text) + "\"")),
                StartsWith("/config/startfrom SUB-14: "))
        << text;
  }
}

TEST(SubscriptionConfig, Sub14WhatIsOfRequestsIsRefusedElsewhere) {
  EXPECT_EQ(config_of(R"(,"contentmode":"batch","maxbatchevents":5)").batch_events_max, 5U);
  for (const char* const key : {R"(,"contentmode":"binary")", R"(,"maxbatchevents":5)", R"(,"maxbatchbytes":5000)"})
    EXPECT_THAT(faults_of(pulled("", key)), HasSubstr("is for protocol HTTP only")) << key;
}

TEST(SubscriptionConfig, Sub14WhatIsOfHandOutsIsRefusedWhereThereIsASink) {
  for (const char* const key : {R"(,"breaker":"off")", R"(,"breakerrate":50)", R"(,"breakerpause":5000)"})
    EXPECT_THAT(faults_of(pushed("", key)), HasSubstr("is for subscriptions without a sink only")) << key;
}

TEST(SubscriptionConfig, ABreakerIsOfThoseWhoAskForTheirEvents) {
  EXPECT_EQ(breaker_of(read(pushed()).value()), std::nullopt);
  EXPECT_EQ(breaker_of(read(copied()).value()), std::nullopt);
  EXPECT_EQ(breaker_of(read(pulled("", R"(,"breaker":"off")")).value()), std::nullopt);
  // dead-letters: half of a hundred within a minute.
  const auto usual = breaker_of(read(pulled()).value());
  ASSERT_TRUE(usual);
  EXPECT_EQ(usual->failed_percent, 50U);
  EXPECT_EQ(usual->ended_min, 100U);
  EXPECT_EQ(usual->window, Milliseconds(60'000));
  EXPECT_EQ(usual->open_first, Milliseconds(60'000));
  const auto other = breaker_of(
      read(pulled("", R"(,"breakerrate":5,"breakerleast":6,"breakerwindow":7000,"breakerpause":800000)")).value());
  ASSERT_TRUE(other);
  EXPECT_EQ(other->failed_percent, 5U);
  EXPECT_EQ(other->ended_min, 6U);
  EXPECT_EQ(other->window, Milliseconds(7'000));
  EXPECT_EQ(other->open_first, Milliseconds(800'000));
  EXPECT_TRUE(delivery::check(*other));
}

TEST(SubscriptionConfig, Sub14TheTableOfAnswersMayBeChanged) {
  const auto said = read(pushed("", R"(,"retryon":"404, 4xx","failon":"503,timeout")")).value();
  EXPECT_EQ(said.config.retry_on, "404, 4xx");
  EXPECT_TRUE(overrides_of(said).retry_on.names(404));
  EXPECT_TRUE(overrides_of(said).fail_on.names(push::Ending::timeout));
  EXPECT_EQ(restored(said), said);
  EXPECT_EQ(overrides_of(read(pushed()).value()), push::Overrides());
  for (const char* const text : {"200", "302", "2xx", "404;405", "slow"}) {
    EXPECT_THAT(faults_of(pushed("", R"(,"failon":")" + std::string(text) + '"')),
                StartsWith("/config/failon SUB-14: failon: '" + std::string(text) + "' must be a status from 400"));
  }
  EXPECT_THAT(faults_of(pushed("", R"(,"retryon":"410")")), HasSubstr("410 suspends the subscription"));
  EXPECT_THAT(faults_of(pushed("", R"(,"retryon":"404,5xx","failon":"5xx")")),
              StartsWith("/config/failon SUB-14: retryon and failon must not name the same"));
  EXPECT_THAT(faults_of(pulled("", R"(,"retryon":"404")")), HasSubstr("is for protocol HTTP only"));
  EXPECT_THAT(faults_of(pushed("", R"(,"retryon":")" + std::string(513, ' ') + '"')), HasSubstr("512 bytes at most"));
}

TEST(SubscriptionConfig, Sub14DeadLettersGoToAnotherTopic) {
  EXPECT_EQ(config_of(R"(,"deadlettertopic":"dlq.mine")").dead_letter_topic, "dlq.mine");
  EXPECT_THAT(faults_of(pulled("", R"(,"deadlettertopic":"orders")")), StartsWith("/config/deadlettertopic SUB-14: "));
}

TEST(SubscriptionConfig, IsDeliverysPolicy) {
  const auto policy = policy_of(
      read(pushed("", R"(,"maxattempts":3,"maxage":5000,"ordering":"partition","locktime":9000,"maxinflight":12,)"
                      R"("backoffbase":10,"backofffactor":300,"backoffcap":70,"backoffjitter":5,"deadletters":false,)"
                      R"("deadholds":false,"ontargeterror":"drop","messagelimit":99)"))
          .value());
  EXPECT_EQ(policy, (delivery::Policy{.max_deliveries = 3,
                                      .max_age = Milliseconds(5'000),
                                      .backoff = {Milliseconds(10), 300, Milliseconds(70), 5},
                                      .order = delivery::Order::partition,
                                      .dead_holds = false,
                                      .lock_time = Milliseconds(9'000),
                                      .in_flight_max = 12,
                                      .dead_letters = false,
                                      .on_target_error = delivery::OnTargetError::drop,
                                      .message_bytes_max = 99}));
  EXPECT_TRUE(delivery::check(policy_of(read(pulled()).value())));
}

std::string page() {
  std::ifstream file(std::string(MILLRACE_DOCS) + "subscriptions.md");
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

/// The row of each key: its default and what it may be.
TEST(SubscriptionConfig, ThePageHasEveryKey) {
  const Config defaults;
  for (const auto& key : config_keys()) {
    std::string may = std::to_string(key.least) + " to " + std::to_string(key.most);
    if (!key.words.empty()) {
      may = "`" + std::string(key.words) + "`";
      for (std::size_t at = 0; (at = may.find(' ', at)) != std::string::npos; at += 4) may.replace(at, 1, "`, `");
    }
    EXPECT_THAT(page(), HasSubstr("| `" + std::string(key.name) + "` | " + text_of(key, defaults).value_or("none") +
                                  " | " + may + " |"));
  }
  for (const char* const name : {"topic", "startfrom", "deadlettertopic", "retryon", "failon"})
    EXPECT_THAT(page(), HasSubstr("| `" + std::string(name) + "` | "));
}

TEST(SubscriptionConfig, ThePagesExampleIsASubscription) {
  const auto text = page();
  const auto from = text.find("```json\n") + 8;
  const auto read_there = read(text.substr(from, text.find("```", from) - from));
  EXPECT_EQ(faults_of(read_there), "none");
  EXPECT_EQ(read_there.value().config.attempts_max, 20);
}

}  // namespace
}  // namespace millrace::subscriptions
