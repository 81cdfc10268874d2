#include "broker_facts.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "keys.hpp"

namespace millrace::app {
namespace {

using broker::ConfigFact;
using broker::ConfigSource;
using broker::ConfigType;

ConfigFact fact(const std::string& name, const Settings& settings) {
  for (auto& each : broker_facts_of(settings)) {
    if (each.name == name) return each;
  }
  ADD_FAILURE() << name << " is not told";
  return {};
}

TEST(BrokerFacts, EverySettingIsToldOnceHereOrAsADefaultOfTopics) {
  std::set<std::string> told;
  for (const auto& each : broker_facts_of({})) {
    EXPECT_TRUE(told.insert(each.name).second) << each.name;
    EXPECT_TRUE(each.read_only) << each.name;
    EXPECT_FALSE(each.documentation.empty()) << each.name;
  }
  for (const Key& key : keys()) {
    const auto& name = key.kafka_name.empty() ? key.name : key.kafka_name;
    EXPECT_NE(told.contains(name), broker::find_broker_key(name) != nullptr) << name;
  }
}

TEST(BrokerFacts, AreInKafkasForm) {
  Settings settings;
  settings.data_dir = "/var/lib/millrace";
  settings.advertised_listeners = {{"broker.example", 9092}};
  EXPECT_EQ(fact("listeners", settings).value, "PLAINTEXT://127.0.0.1:9092,PLAINTEXT://[::1]:9092");
  EXPECT_EQ(fact("listeners", settings).type, ConfigType::list);
  EXPECT_EQ(fact("advertised.listeners", settings).value, "PLAINTEXT://broker.example:9092");
  settings.http_allowed_hosts = {"one", "two"};
  EXPECT_EQ(fact("http_listeners", settings).value, "127.0.0.1:8080");
  EXPECT_EQ(fact("http_allowed_hosts", settings).value, "one,two");
  EXPECT_EQ(fact("log.dirs", settings).value, "/var/lib/millrace");
  EXPECT_EQ(fact("auto.create.topics.enable", settings).value, "true");
  EXPECT_EQ(fact("auto.create.topics.enable", settings).type, ConfigType::boolean);
  EXPECT_EQ(fact("log_level", settings).value, "info") << "without the quotes of TOML";
}

TEST(BrokerFacts, SayWhetherTheOperatorSetThem) {
  Settings settings;
  const auto plain = fact("num.partitions", settings);
  EXPECT_EQ(plain.value, "1");
  EXPECT_EQ(plain.source, ConfigSource::default_config);
  ASSERT_EQ(plain.synonyms.size(), 1U);
  settings.num_partitions = 6;
  const auto set = fact("num.partitions", settings);
  EXPECT_EQ(set.value, "6");
  EXPECT_EQ(set.source, ConfigSource::static_broker);
  ASSERT_EQ(set.synonyms.size(), 2U);
  EXPECT_EQ(set.synonyms[0].source, ConfigSource::static_broker);
  EXPECT_EQ(set.synonyms[1].source, ConfigSource::default_config);
  EXPECT_EQ(set.synonyms[1].value, "1");
}

TEST(BrokerFacts, WhatIsNeitherSetNorHasADefaultHasNoValue) {
  const auto advertised = fact("advertised.listeners", {});
  EXPECT_EQ(advertised.value, std::nullopt);
  EXPECT_TRUE(advertised.synonyms.empty());
}

TEST(BrokerFacts, TellTheBrokersNumberUnderBothOfItsNames) {
  Settings settings;
  settings.broker_id = 7;
  EXPECT_EQ(fact("node.id", settings).value, "7");
  EXPECT_EQ(fact("broker.id", settings).value, "7");
}

}  // namespace
}  // namespace millrace::app
