#include "subscription_wish.hpp"

#include <gtest/gtest.h>

namespace millrace::cli {
namespace {

Json applied(const SubscriptionWish& wish, Json subscription = Json::object()) {
  apply(wish, subscription);
  return subscription;
}

TEST(SubscriptionWish, BecomesTheJsonThatTheBrokerReads) {
  const SubscriptionWish wish{.topic = "orders",
                              .sink = "https://sink.example/hook",
                              .source = "/shop",
                              .filter = "total > 10",
                              .types = {"a", "b"},
                              .from = "earliest",
                              .ordering = "key",
                              .max_attempts = "3",
                              .max_age = "12h",
                              .config = {"locktime=5000"},
                              .unset = {},
                              .headers = {"X-Tenant=7"}};
  EXPECT_EQ(applied(wish), Json::parse(R"({
    "source": "/shop", "types": ["a", "b"], "filters": [{"sql": "total > 10"}],
    "sink": "https://sink.example/hook", "protocol": "HTTP", "protocolsettings": {"headers": {"X-Tenant": "7"}},
    "config": {"topic": "orders", "startfrom": "earliest", "ordering": "key", "maxattempts": "3",
               "maxage": "43200000", "locktime": "5000"}})"));
}

TEST(SubscriptionWish, WithATopicOfThisClusterAsSinkIsKafkas) {
  EXPECT_EQ(applied({.sink = "kafka:copies"}).at("protocol"), "KAFKA");
}

TEST(SubscriptionWish, ChangesWhatIsNamedAndNothingElse) {
  const auto before = Json::parse(R"({"id": "s", "types": ["a"], "filters": [{"prefix": {"type": "x"}}],
    "sink": "https://a.example/", "protocol": "HTTP", "protocolsettings": {"method": "PUT", "headers": {"A": "1"}},
    "sinkcredential": {"credentialtype": "PLAIN", "identifier": "me"},
    "config": {"topic": "t", "maxattempts": "10"}})");
  EXPECT_EQ(applied({}, before), before);

  auto after = before;
  after["config"]["maxattempts"] = "20";
  after["protocolsettings"]["headers"] = Json{{"B", "2"}};
  EXPECT_EQ(applied({.config = {"maxattempts=20"}, .headers = {"A=", "B=2"}}, before), after);

  after = before;
  after["sink"] = "https://b.example/";
  EXPECT_EQ(applied({.sink = "https://b.example/"}, before), after);
  after["config"].erase("maxattempts");
  EXPECT_EQ(applied({.sink = "https://b.example/", .unset = {"maxattempts"}}, before), after);
}

TEST(SubscriptionWish, TakesAwayWhatIsNamedAndEmpty) {
  const auto before = Json::parse(R"({"source": "/s", "types": ["a"], "filters": [{"sql": "true"}],
    "sink": "https://a.example/", "protocol": "HTTP", "protocolsettings": {"method": "PUT"},
    "sinkcredential": {"credentialtype": "PLAIN"}, "config": {"topic": "t", "maxage": "5"}})");
  const SubscriptionWish nothing{.sink = "", .source = "", .filter = "", .types = {""}, .max_age = ""};
  EXPECT_EQ(applied(nothing, before), Json::parse(R"({"config": {"topic": "t"}})"));
}

TEST(SubscriptionWish, LeavesNoSettingsOfAnotherProtocol) {
  const auto before = Json::parse(R"({"sink": "https://a.example/", "protocol": "HTTP",
    "protocolsettings": {"method": "PUT"}, "sinkcredential": {"credentialtype": "PLAIN"}, "config": {"topic": "t"}})");
  EXPECT_EQ(applied({.sink = "kafka:copies"}, before),
            Json::parse(R"({"sink": "kafka:copies", "protocol": "KAFKA", "config": {"topic": "t"}})"));
}

TEST(SubscriptionWish, IsEmptyUntilSomethingIsNamed) {
  EXPECT_TRUE(SubscriptionWish{}.is_empty());
  EXPECT_FALSE(SubscriptionWish{.sink = ""}.is_empty());
  EXPECT_FALSE(SubscriptionWish{.unset = {"maxage"}}.is_empty());
}

}  // namespace
}  // namespace millrace::cli
