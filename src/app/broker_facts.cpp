#include "broker_facts.hpp"

#include <algorithm>

#include "keys.hpp"

namespace millrace::app {
namespace {

using broker::ConfigFact;
using broker::ConfigSource;
using broker::ConfigType;

/// Clients are told the types that Kafka has; for these they are narrower than ours.
constexpr std::string_view int_in_kafka[] = {
    "group.consumer.heartbeat.interval.ms",
    "group.consumer.max.heartbeat.interval.ms",
    "group.consumer.max.session.timeout.ms",
    "group.consumer.min.heartbeat.interval.ms",
    "group.consumer.min.session.timeout.ms",
    "group.consumer.session.timeout.ms",
    "group.initial.rebalance.delay.ms",
    "group.max.session.timeout.ms",
    "group.min.session.timeout.ms",
    "log.flush.offset.checkpoint.interval.ms",
    "offsets.retention.minutes",
};

ConfigFact fact_of(const Key& key, const std::string& name, const Settings& settings) {
  static const Settings defaults;
  ConfigFact fact;
  fact.name = name;
  fact.type = std::ranges::find(int_in_kafka, name) != std::end(int_in_kafka) ? ConfigType::int32 : key.type;
  fact.documentation = key.about;
  fact.read_only = true;
  fact.value = key.tell(settings);
  if (!key.same(settings, defaults)) {
    fact.source = ConfigSource::static_broker;
    fact.synonyms.push_back({name, fact.value, ConfigSource::static_broker});
  }
  if (auto usual = key.tell(defaults)) {
    fact.synonyms.push_back({name, std::move(usual), ConfigSource::default_config});
  }
  return fact;
}

}  // namespace

broker::FileKeysPtr file_keys() {
  auto all = std::make_shared<std::vector<broker::FileKey>>();
  for (const Key& key : keys()) {
    all->push_back({.name = key.name,
                    .kafka_name = key.kafka_name.empty() ? key.name : key.kafka_name,
                    .is_reloadable = key.reloadable});
  }
  return all;
}

std::vector<ConfigFact> broker_facts_of(const Settings& settings) {
  std::vector<ConfigFact> facts;
  for (const Key& key : keys()) {
    const auto& name = key.kafka_name.empty() ? key.name : key.kafka_name;
    if (broker::find_broker_key(name) != nullptr) continue;
    facts.push_back(fact_of(key, name, settings));
    // The name that it had before KRaft, and that tools still look for.
    if (name == "node.id") facts.push_back(fact_of(key, "broker.id", settings));
  }
  return facts;
}

}  // namespace millrace::app
