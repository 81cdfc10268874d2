#include "millrace/broker/catalog.hpp"

#include <algorithm>

#include "millrace/core/escaped.hpp"
#include "millrace/core/limits.hpp"

namespace millrace::broker {

namespace {

constexpr char folded(char letter) { return letter == '.' ? '_' : letter; }

bool is_name_letter(char letter) {
  return (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z') || (letter >= '0' && letter <= '9') ||
         letter == '.' || letter == '_' || letter == '-';
}

CreateAnswer refused(ErrorCode error, std::string message) { return {error, std::move(message), {}, {}}; }

std::string quoted(std::string_view name) { return "topic \"" + escaped(name) + "\""; }

/// Partition numbers 0..n-1, each once, each on this broker alone. Nothing, or which rule is broken.
std::optional<std::string> assignment_fault(const std::vector<CreateTopic::Assignment>& assignments,
                                            std::int32_t broker_id) {
  std::vector<bool> seen(assignments.size());
  for (const auto& [partition, brokers] : assignments) {
    const auto named = "replica assignment of partition " + std::to_string(partition);
    if (partition < 0 || static_cast<std::size_t>(partition) >= seen.size()) {
      return named + ": partitions are numbered from 0 without gaps";
    }
    const auto index = static_cast<std::size_t>(partition);
    if (seen[index]) return named + " is given twice";
    seen[index] = true;
    if (brokers.size() != 1 || brokers.front() != broker_id) {
      return named + " must be broker " + std::to_string(broker_id) + ", the only one";
    }
  }
  return std::nullopt;
}

}  // namespace

std::optional<std::string> topic_name_fault(std::string_view name) {
  if (name.empty()) return "a topic name is not empty";
  if (name.size() > limits::topic_name_max) {
    return "a topic name has at most " + std::to_string(limits::topic_name_max) + " characters, this one has " +
           std::to_string(name.size());
  }
  if (name == "." || name == "..") return "a topic cannot be named \"" + std::string(name) + "\"";
  if (!std::ranges::all_of(name, is_name_letter)) {
    return quoted(name) + ": a topic name is made of letters, digits, '.', '_' and '-'";
  }
  return std::nullopt;
}

bool is_reserved_name(std::string_view name) { return name == offsets_topic || name.starts_with("__millrace_"); }

bool Catalog::NameLess::operator()(std::string_view left, std::string_view right) const {
  return std::ranges::lexicographical_compare(left, right, {}, folded, folded);
}

Catalog::TopicPtr Catalog::find(std::string_view name) const {
  const auto found = by_name_.find(name);
  return found != by_name_.end() && found->first == name ? found->second : nullptr;
}

Catalog::TopicPtr Catalog::find(const Uuid& id) const {
  const auto found = by_id_.find(id);
  return found != by_id_.end() ? found->second : nullptr;
}

std::vector<Catalog::TopicPtr> Catalog::topics() const {
  std::vector<TopicPtr> all;
  all.reserve(by_name_.size());
  for (const auto& [name, topic] : by_name_) all.push_back(topic);
  return all;
}

std::optional<CreateAnswer> Catalog::name_refusal(const CreateTopic& wanted) const {
  if (auto fault = topic_name_fault(wanted.name)) {
    return refused(ErrorCode::invalid_topic_exception, std::move(*fault));
  }
  const auto other = by_name_.find(wanted.name);
  if (other != by_name_.end() && other->first == wanted.name) {
    return refused(ErrorCode::topic_already_exists, quoted(wanted.name) + " already exists");
  }
  if (const auto view = named_view(wanted.name)) {
    return refused(ErrorCode::topic_already_exists, quoted(wanted.name) + " already exists: it is " + *view);
  }
  if ((is_reserved_name(wanted.name) || wanted.name == notices_topic) && !wanted.by_broker) {
    return refused(ErrorCode::invalid_topic_exception, quoted(wanted.name) + ": the name is the broker's own");
  }
  if (const auto view = views_.find(wanted.name); view != views_.end()) {
    return refused(
        ErrorCode::invalid_topic_exception,
        quoted(wanted.name) + " collides with " + *named_view(view->first) + ": '.' and '_' count as the same");
  }
  if (other != by_name_.end()) {
    return refused(ErrorCode::invalid_topic_exception,
                   quoted(wanted.name) + " collides with " + quoted(other->first) + ": '.' and '_' count as the same");
  }
  if (std::ranges::find(tombstones_, wanted.name, &Tombstone::name) != tombstones_.end()) {
    return refused(ErrorCode::topic_already_exists, quoted(wanted.name) + " is still being deleted");
  }
  return std::nullopt;
}

CreateAnswer Catalog::create_topic(const CreateTopic& wanted, const CatalogRules& rules, const Uuid& id,
                                   Timestamp wall_now) const {
  if (auto refusal = name_refusal(wanted)) return std::move(*refusal);
  auto partitions = wanted.partitions;
  if (!wanted.assignments.empty()) {
    if (wanted.partitions != -1 || wanted.replication_factor != -1) {
      return refused(ErrorCode::invalid_request,
                     quoted(wanted.name) + ": with a replica assignment, partitions and replication factor must be -1");
    }
    if (wanted.assignments.size() > static_cast<std::size_t>(limits::partitions_per_topic_max)) {
      return refused(ErrorCode::invalid_partitions, quoted(wanted.name) + ": the replica assignment has more than " +
                                                        std::to_string(limits::partitions_per_topic_max) +
                                                        " partitions");
    }
    if (auto fault = assignment_fault(wanted.assignments, rules.broker_id)) {
      return refused(ErrorCode::invalid_replica_assignment, quoted(wanted.name) + ": " + *fault);
    }
    partitions = static_cast<std::int32_t>(wanted.assignments.size());
  } else if (partitions == -1) {
    partitions = rules.default_partitions;
  }
  if (partitions < 1 || partitions > limits::partitions_per_topic_max) {
    return refused(ErrorCode::invalid_partitions, quoted(wanted.name) + ": " + std::to_string(partitions) +
                                                      " partitions, must be 1 to " +
                                                      std::to_string(limits::partitions_per_topic_max));
  }
  if (partitions_ + partitions > limits::partitions_total_max) {
    return refused(ErrorCode::invalid_partitions,
                   quoted(wanted.name) + ": " + std::to_string(partitions) + " partitions would make more than the " +
                       std::to_string(limits::partitions_total_max) + " that this broker holds");
  }
  if (wanted.replication_factor != -1 && wanted.replication_factor != 1) {
    return refused(ErrorCode::invalid_replication_factor, quoted(wanted.name) + ": replication factor " +
                                                              std::to_string(wanted.replication_factor) +
                                                              ", must be 1: there is one broker");
  }
  Topic topic{wanted.name, id, partitions, {}, wall_now, wanted.by_broker && wanted.name != notices_topic};
  for (const auto& [key, value] : wanted.configs) {
    if (auto verdict = check_config(key, value); verdict.error != ErrorCode::none) {
      return refused(verdict.error, std::move(verdict.message));
    }
    if (!topic.configs.emplace(key, *value).second) {
      return refused(ErrorCode::invalid_config, "topic configuration " + key + " is given twice");
    }
  }
  CreateAnswer answer;
  if (!wanted.validate_only) {
    answer.events.emplace_back(
        TopicCreated{topic.name, topic.id, topic.partitions, topic.configs, topic.created_at, topic.is_internal});
  }
  answer.topic = std::move(topic);
  return answer;
}

DeleteAnswer Catalog::delete_topic(std::string_view name, Timestamp wall_now) const {
  const auto topic = find(name);
  if (!topic) {
    if (find_view(name)) return {ErrorCode::none, {}, {DocumentRemoved{DocumentKind::view, std::string(name)}}};
    return {ErrorCode::unknown_topic_or_partition, quoted(name) + " does not exist", {}};
  }
  if (topic->is_internal || is_reserved_name(name)) {
    return {ErrorCode::invalid_topic_exception, quoted(name) + " is the broker's own and cannot be deleted", {}};
  }
  if (const auto first = views_of(name); !first.empty()) {
    return {ErrorCode::policy_violation, quoted(name) + " has views, which have to be deleted first: " + first, {}};
  }
  return {ErrorCode::none, {}, {TopicDeleted{topic->name, topic->id, topic->partitions, wall_now}}};
}

std::vector<MetadataEvent> Catalog::purge(const Uuid& id) const {
  const auto found = std::ranges::find(tombstones_, id, &Tombstone::id);
  if (found == tombstones_.end()) return {};
  return {TopicPurged{found->name, id}};
}

ProducerIdBlock Catalog::reserve_producer_ids() const {
  return {next_producer_id_, producer_id_block, {ProducerIdsReserved{next_producer_id_ + producer_id_block}}};
}

Result<void> Catalog::apply(const MetadataEvent& event) {
  auto done = std::visit([&](const auto& change) { return take_in(change); }, event);
  if (done) ++version_;
  return done;
}

Result<void> Catalog::take_in(const TopicCreated& change) {
  if (topic_name_fault(change.name) || change.partitions < 1) {
    return failure(Errc::corrupt, "metadata: creation of " + quoted(change.name) + " with " +
                                      std::to_string(change.partitions) + " partitions breaks the rules");
  }
  if (by_name_.contains(change.name) || by_id_.contains(change.id)) {
    return failure(Errc::corrupt, "metadata: " + quoted(change.name) + " is created while its name or id is taken");
  }
  auto topic = std::make_shared<const Topic>(
      Topic{change.name, change.id, change.partitions, change.configs, change.created_at, change.is_internal});
  by_id_.emplace(change.id, topic);
  by_name_.emplace(change.name, std::move(topic));
  partitions_ += change.partitions;
  return {};
}

Result<void> Catalog::take_in(const TopicChanged& change) {
  const auto corrupt = [&](const std::string& why) {
    return failure(Errc::corrupt, "metadata: a change of " + quoted(change.name) + " " + why);
  };
  if (topic_name_fault(change.name) || change.partitions < 1) return corrupt("breaks the rules");
  if (std::ranges::find(tombstones_, change.id, &Tombstone::id) != tombstones_.end()) {
    return corrupt("comes after its deletion");
  }
  const auto before = find(change.id);
  if (before && before->name != change.name) return corrupt("has the id of " + quoted(before->name));
  if (before && before->partitions > change.partitions) return corrupt("takes partitions away");
  // Compaction may have dropped the creation: the change tells the whole topic.
  if (!before && by_name_.contains(change.name)) return corrupt("has another id than the topic");
  auto topic = std::make_shared<const Topic>(
      Topic{change.name, change.id, change.partitions, change.configs, change.created_at, change.is_internal});
  partitions_ += change.partitions - (before ? before->partitions : 0);
  by_id_[change.id] = topic;
  by_name_.insert_or_assign(change.name, std::move(topic));
  return {};
}

Result<void> Catalog::take_in(const TopicDeleted& change) {
  if (std::ranges::find(tombstones_, change.id, &Tombstone::id) != tombstones_.end()) {
    return failure(Errc::corrupt, "metadata: " + quoted(change.name) + " is deleted twice");
  }
  // Compaction may have dropped the creation: the tombstone stands all the same.
  if (const auto topic = find(change.id)) {
    partitions_ -= topic->partitions;
    by_name_.erase(topic->name);
    by_id_.erase(change.id);
  }
  tombstones_.push_back({change.name, change.id, change.partitions, change.deleted_at});
  return {};
}

Result<void> Catalog::take_in(const TopicPurged& change) {
  std::erase_if(tombstones_, [&](const Tombstone& tombstone) { return tombstone.id == change.id; });
  return {};
}

Result<void> Catalog::take_in(const ProducerIdsReserved& change) {
  if (change.next < next_producer_id_) {
    return failure(Errc::corrupt, "metadata: producer ids go back from " + std::to_string(next_producer_id_) + " to " +
                                      std::to_string(change.next));
  }
  next_producer_id_ = change.next;
  return {};
}

Result<void> Catalog::take_in(const BrokerConfigured& change) {
  if (change.configs.empty())
    broker_configs_.erase(change.broker_id);
  else
    broker_configs_[change.broker_id] = change.configs;
  return {};
}

Result<void> Catalog::take_in(const GroupConfigured& change) {
  if (change.configs.empty())
    group_configs_.erase(change.group_id);
  else
    group_configs_[change.group_id] = change.configs;
  return {};
}

ConfigMap Catalog::group_configs(std::string_view group_id) const {
  const auto found = group_configs_.find(group_id);
  return found == group_configs_.end() ? ConfigMap{} : found->second;
}

std::vector<std::string> Catalog::configured_groups() const {
  std::vector<std::string> names;
  for (const auto& [name, configs] : group_configs_) names.push_back(name);
  return names;
}

ConfigMap Catalog::broker_configs(std::optional<std::int32_t> broker_id) const {
  ConfigMap configs;
  const auto found = broker_configs_.find(broker_id);
  if (found == broker_configs_.end()) return configs;
  for (const auto& [name, value] : found->second) {
    // A name that only another version knows stays in the log.
    if (const auto* key = find_broker_key(name)) configs.emplace(key->name, value);
  }
  return configs;
}

bool Catalog::operator==(const Catalog& other) const {
  const auto same_documents = [](const auto& left, const auto& right) {
    return std::ranges::equal(left, right, [](const DocumentMap& one, const DocumentMap& two) {
      return std::ranges::equal(
          one, two, [](const auto& a, const auto& b) { return a.first == b.first && *a.second == *b.second; });
    });
  };
  const auto same_topic = [](const TopicPtr& left, const TopicPtr& right) { return *left == *right; };
  return std::ranges::equal(topics(), other.topics(), same_topic) && tombstones_ == other.tombstones_ &&
         broker_configs_ == other.broker_configs_ && group_configs_ == other.group_configs_ &&
         same_documents(documents_, other.documents_) && next_producer_id_ == other.next_producer_id_;
}

}  // namespace millrace::broker
