// IncrementalAlterConfigs and AlterConfigs for one topic or for the broker: what the configurations will be, all
// changes or none.

#include <algorithm>

#include "millrace/broker/catalog.hpp"
#include "millrace/core/escaped.hpp"

namespace millrace::broker {

namespace {

using Items = std::vector<std::string>;

CreateAnswer refused(ErrorCode error, std::string message) { return {error, std::move(message), {}, {}}; }

Items items_of(std::string_view list) {
  Items items;
  while (!list.empty()) {
    const auto end = std::min(list.find(','), list.size());
    if (end > 0) items.emplace_back(list.substr(0, end));
    list.remove_prefix(std::min(end + 1, list.size()));
  }
  return items;
}

/// The list in force with the items of `change` added to it, where they are missing, or taken away.
std::string changed_list(std::string_view in_force, const ConfigChange& change) {
  auto items = items_of(in_force);
  for (auto& item : items_of(change.value.value_or(""))) {
    const auto found = std::ranges::find(items, item);
    if (change.operation == ConfigOperation::subtract) {
      std::erase(items, item);
    } else if (found == items.end()) {
      items.push_back(std::move(item));
    }
  }
  std::string text;
  for (const auto& item : items) text += (text.empty() ? "" : ",") + item;
  return text;
}

/// Carries one change out on `configs`, or says what is wrong with it.
ConfigVerdict change_one(ConfigMap& configs, const ConfigChange& change) {
  using enum ConfigOperation;
  const auto* key = find_config_key(change.key);
  if (change.operation == remove) {
    configs.erase(change.key);
    return {};
  }
  auto value = change.value;
  if (key != nullptr && (change.operation == append || change.operation == subtract)) {
    if (key->type != ConfigType::list) {
      return {ErrorCode::invalid_config,
              "topic configuration " + change.key + " is no list: nothing can be appended to it or subtracted from it"};
    }
    const auto now = configs.find(change.key);
    value = changed_list(now == configs.end() ? key->default_value : std::string_view(now->second), change);
  }
  if (auto verdict = check_config(change.key, value); verdict.error != ErrorCode::none) return verdict;
  configs.insert_or_assign(change.key, *value);
  return {};
}

}  // namespace

CreateAnswer Catalog::alter_topic(const AlterTopic& wanted) const {
  const auto quoted = "topic \"" + escaped(wanted.name) + "\"";
  if (auto fault = topic_name_fault(wanted.name)) {
    return refused(ErrorCode::invalid_topic_exception, std::move(*fault));
  }
  if (const auto view = named_view(wanted.name)) {
    return refused(ErrorCode::invalid_topic_exception,
                   quoted + " is " + *view + ", and has that topic's configuration");
  }
  const auto topic = find(wanted.name);
  if (!topic) return refused(ErrorCode::unknown_topic_or_partition, quoted + " does not exist");
  if (topic->is_internal || is_reserved_name(wanted.name)) {
    return refused(ErrorCode::invalid_topic_exception, quoted + " is the broker's own and keeps its configuration");
  }
  Topic altered = *topic;
  if (wanted.from_nothing) altered.configs.clear();
  for (const auto& change : wanted.changes) {
    if (auto verdict = change_one(altered.configs, change); verdict.error != ErrorCode::none) {
      return refused(verdict.error, std::move(verdict.message));
    }
  }
  CreateAnswer answer;
  if (!wanted.validate_only && altered.configs != topic->configs) {
    answer.events.emplace_back(TopicChanged{altered.name, altered.id, altered.partitions, altered.configs,
                                            altered.created_at, altered.is_internal});
  }
  answer.topic = std::move(altered);
  return answer;
}

AlterAnswer Catalog::alter_broker(const AlterBroker& wanted) const {
  const auto before = broker_configs(wanted.broker_id);
  auto configs = wanted.from_nothing ? ConfigMap{} : before;
  for (const auto& change : wanted.changes) {
    const auto* key = find_broker_key(change.key);
    // What cannot be set is not set, so it may be taken back; Kafka's tools do that to be sure.
    if (key == nullptr && change.operation == ConfigOperation::remove) continue;
    if (key == nullptr) {
      return {ErrorCode::invalid_request,
              "broker configuration " + escaped(change.key) + " cannot be altered while the broker runs",
              {}};
    }
    const ConfigChange named{std::string(key->name), change.operation, change.value};
    if (auto verdict = change_one(configs, named); verdict.error != ErrorCode::none) {
      // A broker's value that is wrong is INVALID_REQUEST in Kafka, a topic's INVALID_CONFIG.
      const bool is_value = change.operation == ConfigOperation::set;
      return {is_value ? ErrorCode::invalid_request : verdict.error, std::move(verdict.message), {}};
    }
  }
  AlterAnswer answer;
  if (wanted.validate_only || configs == before) return answer;
  BrokerConfigured event{wanted.broker_id, {}};
  for (const auto& [name, value] : configs) {
    event.configs.emplace(find_config_key(name)->broker_name, value);
  }
  answer.events.emplace_back(std::move(event));
  return answer;
}

}  // namespace millrace::broker
