// IncrementalAlterConfigs and AlterConfigs, as the catalog decides about them.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "millrace/broker/catalog.hpp"

namespace millrace::broker {
namespace {

using testing::HasSubstr;
using enum ConfigOperation;

/// A catalog with the topic "orders", which has `configs`.
struct Orders {
  explicit Orders(ConfigMap configs = {{"retention.ms", "60000"}, {"max.message.bytes", "5000"}}) {
    EXPECT_TRUE(catalog.apply(TopicCreated{"orders", Uuid::from_random(1, 2), 3, std::move(configs), 7, false}));
  }
  CreateAnswer decide(std::vector<ConfigChange> changes, bool from_nothing = false) const {
    return catalog.alter_topic({.name = "orders", .changes = std::move(changes), .from_nothing = from_nothing});
  }
  ErrorCode alter(std::vector<ConfigChange> changes, bool from_nothing = false) {
    const auto answer = decide(std::move(changes), from_nothing);
    for (const auto& event : answer.events) EXPECT_TRUE(catalog.apply(event));
    return answer.error;
  }
  [[nodiscard]] ConfigMap configs() const { return catalog.find("orders")->configs; }

  Catalog catalog;
};

TEST(AlterTopic, ChangesWhatIsNamedAndKeepsAllElse) {
  Orders orders;
  const auto before = *orders.catalog.find("orders");
  EXPECT_EQ(orders.alter({{"retention.ms", set, "90000"}, {"segment.ms", set, "1000"}}), ErrorCode::none);
  auto expected = before;
  expected.configs = {{"retention.ms", "90000"}, {"max.message.bytes", "5000"}, {"segment.ms", "1000"}};
  EXPECT_EQ(*orders.catalog.find("orders"), expected);
}

TEST(AlterTopic, RemovingGoesBackToTheDefaultAndMayBeRepeated) {
  Orders orders;
  EXPECT_EQ(orders.alter({{"retention.ms", remove, std::nullopt}}), ErrorCode::none);
  EXPECT_EQ(orders.configs(), (ConfigMap{{"max.message.bytes", "5000"}}));
  const auto again = orders.decide({{"retention.ms", remove, std::nullopt}});
  EXPECT_EQ(again.error, ErrorCode::none);
  EXPECT_TRUE(again.events.empty()) << "nothing changes, so nothing is written";
}

TEST(AlterTopic, FromNothingTakesAwayWhatIsNotNamed) {
  Orders orders;
  EXPECT_EQ(orders.alter({{"segment.ms", set, "1000"}}, true), ErrorCode::none);
  EXPECT_EQ(orders.configs(), (ConfigMap{{"segment.ms", "1000"}}));
}

TEST(AlterTopic, OneBadChangeSpoilsAllAndIsNamed) {
  Orders orders;
  const auto answer = orders.decide({{"retention.ms", set, "90000"}, {"segment.ms", set, "soon"}});
  EXPECT_EQ(answer.error, ErrorCode::invalid_config);
  EXPECT_THAT(answer.message, HasSubstr("segment.ms"));
  EXPECT_THAT(answer.message, HasSubstr("soon"));
  EXPECT_TRUE(answer.events.empty());
}

TEST(AlterTopic, WhatIsNotHonouredIsRefusedByName) {
  const Orders orders;
  for (const std::string key : {"local.retention.ms", "remote.storage.enable", "no.such.key"}) {
    const auto answer = orders.decide({{key, set, "1"}});
    EXPECT_EQ(answer.error, ErrorCode::invalid_config) << key;
    EXPECT_THAT(answer.message, HasSubstr(key));
  }
}

TEST(AlterTopic, AppendsToListsAndSubtractsFromThemOnly) {
  Orders orders;
  EXPECT_EQ(orders.alter({{"cleanup.policy", append, "delete"}}), ErrorCode::none) << "it is in the default already";
  EXPECT_EQ(orders.configs()["cleanup.policy"], "delete");
  EXPECT_EQ(orders.alter({{"cleanup.policy", subtract, "compact"}}), ErrorCode::none);
  EXPECT_EQ(orders.configs()["cleanup.policy"], "delete");
  EXPECT_EQ(orders.alter({{"cleanup.policy", append, "compact"}}), ErrorCode::none);
  EXPECT_EQ(orders.configs()["cleanup.policy"], "delete,compact");
  EXPECT_EQ(orders.alter({{"cleanup.policy", subtract, "delete"}}), ErrorCode::none);
  EXPECT_EQ(orders.configs()["cleanup.policy"], "compact");
  for (const auto operation : {append, subtract}) {
    const auto answer = orders.decide({{"retention.ms", operation, "1"}});
    EXPECT_EQ(answer.error, ErrorCode::invalid_config);
    EXPECT_THAT(answer.message, HasSubstr("no list"));
  }
}

TEST(AlterTopic, OnlyValidatingWritesNothing) {
  const Orders orders;
  const auto answer = orders.catalog.alter_topic(
      {.name = "orders", .changes = {{"retention.ms", set, "1"}}, .from_nothing = false, .validate_only = true});
  EXPECT_EQ(answer.error, ErrorCode::none);
  EXPECT_TRUE(answer.events.empty());
}

TEST(AlterTopic, UnknownAndOwnTopicsAreRefused) {
  Orders orders;
  EXPECT_TRUE(orders.catalog.apply(TopicCreated{std::string(offsets_topic), Uuid::from_random(3, 4), 1, {}, 7, true}));
  const auto error_of = [&](std::string name) {
    return orders.catalog.alter_topic({.name = std::move(name), .changes = {}}).error;
  };
  EXPECT_EQ(error_of("nowhere"), ErrorCode::unknown_topic_or_partition);
  EXPECT_EQ(error_of("no blanks"), ErrorCode::invalid_topic_exception);
  EXPECT_EQ(error_of(std::string(offsets_topic)), ErrorCode::invalid_topic_exception);
}

class AlterBrokerTest : public ::testing::Test {
 protected:
  AlterAnswer alter(std::optional<std::int32_t> id, std::vector<ConfigChange> changes, bool from_nothing = false) {
    auto answer = catalog.alter_broker(
        {.broker_id = id, .changes = std::move(changes), .from_nothing = from_nothing, .validate_only = false});
    for (const auto& event : answer.events) EXPECT_TRUE(catalog.apply(event));
    return answer;
  }
  Catalog catalog;
};

TEST_F(AlterBrokerTest, SetsAndTakesAwayForOneBrokerAndForAll) {
  EXPECT_EQ(alter(1, {{"log.retention.ms", ConfigOperation::set, "5"}}).error, ErrorCode::none);
  EXPECT_EQ(alter(std::nullopt, {{"message.max.bytes", ConfigOperation::set, "7"}}).error, ErrorCode::none);
  EXPECT_EQ(catalog.broker_configs(1), (ConfigMap{{"retention.ms", "5"}}));
  EXPECT_EQ(catalog.broker_configs(std::nullopt), (ConfigMap{{"max.message.bytes", "7"}}));
  EXPECT_EQ(catalog.broker_configs(2), ConfigMap{});
  EXPECT_EQ(alter(1, {{"log.retention.ms", ConfigOperation::remove, std::nullopt}}).events.size(), 1u);
  EXPECT_EQ(catalog.broker_configs(1), ConfigMap{});
}

TEST_F(AlterBrokerTest, FromNothingTakesAwayWhatIsNotNamed) {
  alter(1, {{"log.retention.ms", ConfigOperation::set, "5"}, {"message.max.bytes", ConfigOperation::set, "7"}});
  alter(1, {{"log.roll.ms", ConfigOperation::set, "9"}}, true);
  EXPECT_EQ(catalog.broker_configs(1), (ConfigMap{{"segment.ms", "9"}}));
}

TEST_F(AlterBrokerTest, WritesNothingWhenNothingIsDifferent) {
  alter(1, {{"log.retention.ms", ConfigOperation::set, "5"}});
  EXPECT_TRUE(alter(1, {{"log.retention.ms", ConfigOperation::set, "5"}}).events.empty());
  EXPECT_TRUE(alter(1, {{"message.max.bytes", ConfigOperation::remove, std::nullopt}}).events.empty());
}

TEST_F(AlterBrokerTest, OneBadChangeSpoilsAllAndIsNamed) {
  const ConfigChange good{"log.retention.ms", ConfigOperation::set, "5"};
  const auto unknown = alter(1, {good, {"retention.ms", ConfigOperation::set, "5"}});
  EXPECT_EQ(unknown.error, ErrorCode::invalid_request) << "that is a topic's name for it";
  EXPECT_NE(unknown.message.find("retention.ms"), std::string::npos);
  EXPECT_EQ(alter(1, {good, {"message.max.bytes", ConfigOperation::set, "-1"}}).error, ErrorCode::invalid_request);
  EXPECT_EQ(alter(1, {good, {"message.max.bytes", ConfigOperation::append, "1"}}).error, ErrorCode::invalid_config);
  EXPECT_EQ(catalog.broker_configs(1), ConfigMap{});
}

TEST(BrokerDefaults, AreFollowedInTheirOrderAndSayWhereTheyComeFrom) {
  BrokerDefaults defaults(ConfigMap{{"retention.ms", "3"}, {"segment.ms", "3"}, {"retention.bytes", "3"}});
  defaults.dynamic_cluster = {{"retention.ms", "2"}, {"segment.ms", "2"}};
  defaults.dynamic_broker = {{"retention.ms", "1"}};
  EXPECT_EQ(resolve(defaults, {}).retention.ms, 1);
  EXPECT_EQ(resolve(defaults, {}).log.segment_ms, 2);
  EXPECT_EQ(resolve(defaults, {}).retention.bytes, 3);
  EXPECT_EQ(resolve(defaults, {{"retention.ms", "9"}}).retention.ms, 9);
  for (const ConfigFact& fact : describe(defaults, {})) {
    if (fact.name != "retention.ms") continue;
    std::vector<ConfigSource> sources;
    for (const auto& synonym : fact.synonyms) sources.push_back(synonym.source);
    using enum ConfigSource;
    EXPECT_EQ(sources, (std::vector{dynamic_broker, dynamic_default_broker, static_broker, default_config}));
    EXPECT_EQ(fact.source, dynamic_broker);
    EXPECT_EQ(fact.value, "1");
  }
}

}  // namespace
}  // namespace millrace::broker
