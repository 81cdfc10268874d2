// The committed offsets of a group, and which topics its members read.

#include <utility>

#include "group.hpp"

namespace millrace::groups {

std::size_t bytes_of(const OffsetValue& value) {
  constexpr std::size_t overhead = 128;  // two map nodes, amortised, and the value
  return overhead + value.metadata.size();
}

const OffsetValue* Group::committed(std::string_view topic, PartitionIndex partition) const {
  const auto partitions = offsets_.find(topic);
  if (partitions == offsets_.end()) return nullptr;
  const auto at = partitions->second.find(partition);
  return at == partitions->second.end() ? nullptr : &at->second;
}

void Group::commit(const std::string& topic, PartitionIndex partition, OffsetValue value) {
  totals_.offsets_bytes += bytes_of(value);
  const auto [at, fresh] = offsets_[topic].try_emplace(partition);
  if (fresh)
    ++totals_.offsets;
  else
    totals_.offsets_bytes -= bytes_of(at->second);
  at->second = std::move(value);
}

void Group::uncommit(std::string_view topic, PartitionIndex partition) {
  const auto partitions = offsets_.find(topic);
  if (partitions == offsets_.end()) return;
  const auto at = partitions->second.find(partition);
  if (at == partitions->second.end()) return;
  --totals_.offsets;
  totals_.offsets_bytes -= bytes_of(at->second);
  partitions->second.erase(at);
  if (partitions->second.empty()) offsets_.erase(partitions);
}

NamedPartitions names_of(const Withheld& withheld) {
  NamedPartitions names;
  for (const auto& [topic, partitions] : withheld) {
    for (const auto& [partition, connections] : partitions) names[topic].insert(partition);
  }
  return names;
}

bool Group::withholds(std::string_view topic, PartitionIndex partition) const {
  const auto found = withheld.find(topic);
  return found != withheld.end() && found->second.contains(partition);
}

bool Group::knows_reset(std::string_view topic, PartitionIndex partition, const std::string& connection) const {
  return withholds(topic, partition) && withheld.find(topic)->second.at(partition).contains(connection);
}

void Group::has_asked(std::string_view topic, PartitionIndex partition, const std::string& connection) {
  constexpr std::size_t connections_max = 1'000;  // members are few; others may ask as often as they like
  if (connection.empty() || !withholds(topic, partition)) return;
  auto& known = withheld.find(topic)->second.at(partition);
  if (known.size() < connections_max) known.insert(connection);
}

std::optional<std::set<std::string, std::less<>>> Group::subscribed_topics() const {
  if (consumer) return consumer->subscribed_topics();
  std::set<std::string, std::less<>> all;
  if (roster_->members.empty()) return all;
  if (roster_->protocol_type != consumer_protocol_type || !roster_->protocol) return std::nullopt;
  for (const auto& [id, member] : roster_->members) {
    auto topics = groups::subscribed_topics(member.metadata_of(roster_->protocol));
    if (!topics) return std::nullopt;
    for (std::string& topic : *topics) all.insert(std::move(topic));
  }
  return all;
}

}  // namespace millrace::groups
