#pragma once
// What is served right now: topics by name with their open partitions. An immutable picture that the administrator
// thread replaces; readers on any thread hold one by shared_ptr for the length of a request and take no lock in it.
//
// A view stands among them with the partitions of its source, so that all that is asked of a topic can be asked of it.
// Whoever reads records must ask for its `view` and leave out what that does not take; BrokerRuntime::fetch() does.
// Whoever goes over all topics to count or to look after them does not meet views: their partitions are met already.

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "millrace/broker/catalog.hpp"
#include "millrace/record/selection.hpp"
#include "millrace/runtime/hosted_partition.hpp"

namespace millrace::runtime {

struct HostedTopic;

/// What makes a topic a view of another.
struct HostedView {
  std::shared_ptr<const broker::View> view;
  std::shared_ptr<const HostedTopic> source;
  record::TakesRecord takes;
};

struct HostedTopic {
  std::shared_ptr<const broker::Topic> topic;  ///< of a view: with the partitions and configurations of its source
  broker::TopicSettings settings;
  std::vector<std::shared_ptr<HostedPartition>> partitions;  ///< by index
  std::shared_ptr<const HostedView> view = nullptr;          ///< null: it is no view

  /// Null when there is no such partition.
  [[nodiscard]] std::shared_ptr<HostedPartition> find(PartitionIndex index) const {
    if (index < 0 || static_cast<std::size_t>(index) >= partitions.size()) return nullptr;
    return partitions[static_cast<std::size_t>(index)];
  }
};

using HostedTopicPtr = std::shared_ptr<const HostedTopic>;

/// A topic as a request names it: by its id where there is one, for newer versions know no names, else by its name.
struct TopicRef {
  std::string name;
  std::optional<Uuid> id;

  bool operator==(const TopicRef&) const = default;
  /// What the answer says when there is no such topic.
  [[nodiscard]] ErrorCode unknown() const {
    return id ? ErrorCode::unknown_topic_id : ErrorCode::unknown_topic_or_partition;
  }
};

class Topology {
 public:
  /// Null when there is none.
  [[nodiscard]] HostedTopicPtr find(std::string_view name) const {
    const auto found = by_name_.find(name);
    return found == by_name_.end() ? nullptr : found->second;
  }
  [[nodiscard]] HostedTopicPtr find(const Uuid& id) const {
    const auto found = by_id_.find(id);
    return found == by_id_.end() ? nullptr : found->second;
  }
  [[nodiscard]] std::shared_ptr<HostedPartition> find(std::string_view name, PartitionIndex index) const {
    const auto topic = find(name);
    return topic ? topic->find(index) : nullptr;
  }
  [[nodiscard]] HostedTopicPtr find(const TopicRef& topic) const {
    return topic.id ? find(*topic.id) : find(topic.name);
  }
  void add(HostedTopicPtr topic) {
    by_id_[topic->topic->id] = topic;
    by_name_[topic->topic->name] = std::move(topic);
  }
  void remove(std::string_view name) {
    const auto found = by_name_.find(name);
    if (found == by_name_.end()) return;
    by_id_.erase(found->second->topic->id);
    by_name_.erase(found);
  }

  /// Without views.
  template <class F>
  void for_each(F&& each) const {
    for (const auto& [name, topic] : by_name_) {
      if (!topic->view) each(*topic);
    }
  }
  template <class F>
  void for_each_view(F&& each) const {
    for (const auto& [name, topic] : by_name_) {
      if (topic->view) each(*topic);
    }
  }

 private:
  struct NameHash {
    using is_transparent = void;
    std::size_t operator()(std::string_view name) const { return std::hash<std::string_view>{}(name); }
  };
  std::unordered_map<std::string, HostedTopicPtr, NameHash, std::equal_to<>> by_name_;
  std::unordered_map<Uuid, HostedTopicPtr> by_id_;
};

}  // namespace millrace::runtime
