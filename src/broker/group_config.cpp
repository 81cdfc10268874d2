#include "millrace/broker/group_config.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include "millrace/core/escaped.hpp"

namespace millrace::broker {

namespace {

constexpr std::string_view heartbeat_interval = "consumer.heartbeat.interval.ms";
constexpr std::string_view session_timeout = "consumer.session.timeout.ms";

constexpr std::array<GroupConfigKey, 2> table{{
    {heartbeat_interval, "group.consumer.heartbeat.interval.ms",
     "How often a member of this group is asked to speak; consumer protocol only."},
    {session_timeout, "group.consumer.session.timeout.ms",
     "A member of this group that is silent for this long is gone; consumer protocol only."},
}};

/// Kafka has these; accepting one without honouring it would be a lie.
constexpr std::string_view not_honoured[] = {
    "consumer.assignment.interval.ms",    "share.assignment.interval.ms",   "share.auto.offset.reset",
    "share.delivery.count.limit",         "share.heartbeat.interval.ms",    "share.isolation.level",
    "share.partition.max.record.locks",   "share.record.lock.duration.ms",  "share.renew.acknowledge.enable",
    "share.session.timeout.ms",           "streams.assignment.interval.ms", "streams.heartbeat.interval.ms",
    "streams.initial.rebalance.delay.ms", "streams.num.standby.replicas",   "streams.session.timeout.ms",
};

ConfigVerdict invalid(std::string message) { return {ErrorCode::invalid_config, std::move(message)}; }

std::string quoted(std::string_view name, std::string_view value) {
  return "group configuration " + std::string(name) + " is \"" + escaped(value) + "\", but must be ";
}

std::optional<Milliseconds> read(std::string_view text) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return Milliseconds{value};
}

struct Bounds {
  Milliseconds min{0};
  Milliseconds max{0};
};

Bounds bounds_of(std::string_view name, const GroupConfigRules& rules) {
  return name == session_timeout ? Bounds{rules.session_timeout_min, rules.session_timeout_max}
                                 : Bounds{rules.heartbeat_interval_min, rules.heartbeat_interval_max};
}

/// What `group` says of `name`, if it is within the bounds.
std::optional<Milliseconds> said_of(std::string_view name, const ConfigMap& group, const GroupConfigRules& rules) {
  const auto found = group.find(name);
  if (found == group.end()) return std::nullopt;
  const auto value = read(found->second);
  const auto [min, max] = bounds_of(name, rules);
  return value && *value >= min && *value <= max ? value : std::nullopt;
}

}  // namespace

std::span<const GroupConfigKey> group_config_keys() { return table; }

std::span<const std::string_view> group_config_keys_not_honoured() { return not_honoured; }

ConfigVerdict check_group_configs(const ConfigMap& configs, const GroupConfigRules& rules) {
  for (const auto& [name, value] : configs) {
    if (std::ranges::find(table, name, &GroupConfigKey::name) == table.end()) {
      const bool kafkas = std::ranges::find(not_honoured, name) != std::end(not_honoured);
      return invalid("group configuration " + escaped(name) +
                     (kafkas ? " is Kafka's, but this version does not honour it" : " is not known"));
    }
    if (said_of(name, configs, rules)) continue;
    const auto [min, max] = bounds_of(name, rules);
    return invalid(quoted(name, value) + "a whole number from " + std::to_string(min.count()) + " to " +
                   std::to_string(max.count()));
  }
  const auto times = group_times(rules, configs);
  const auto timeout = times.session_timeout.value_or(rules.session_timeout);
  const auto interval = times.heartbeat_interval.value_or(rules.heartbeat_interval);
  if (configs.empty() || timeout > interval) return {};
  return invalid(quoted(session_timeout, std::to_string(timeout.count())) + "more than " +
                 std::string(heartbeat_interval) + ", " + std::to_string(interval.count()));
}

GroupTimes group_times(const GroupConfigRules& rules, const ConfigMap& group) {
  return {said_of(session_timeout, group, rules), said_of(heartbeat_interval, group, rules)};
}

std::vector<ConfigFact> describe(const GroupConfigRules& rules, const ConfigMap& group,
                                 const std::vector<ConfigFact>& broker) {
  std::vector<ConfigFact> facts;
  for (const auto& key : table) {
    ConfigFact fact;
    fact.name = key.name;
    fact.type = ConfigType::int32;
    fact.documentation = key.documentation;
    if (const auto said = said_of(key.name, group, rules)) {
      fact.synonyms.push_back({fact.name, std::to_string(said->count()), ConfigSource::group});
    }
    const auto followed = std::ranges::find(broker, key.broker_name, &ConfigFact::name);
    if (followed != broker.end()) {
      fact.synonyms.insert(fact.synonyms.end(), followed->synonyms.begin(), followed->synonyms.end());
    }
    if (!fact.synonyms.empty()) {
      fact.value = fact.synonyms.front().value;
      fact.source = fact.synonyms.front().source;
    }
    facts.push_back(std::move(fact));
  }
  return facts;
}

}  // namespace millrace::broker
