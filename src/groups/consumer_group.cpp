#include "consumer_group.hpp"

#include <algorithm>

namespace millrace::groups {

namespace {

constexpr std::size_t member_overhead_bytes = 768;     // nodes of maps, timers, the member itself
constexpr std::size_t partition_overhead_bytes = 160;  // a node each in what it has, is to have, and is held
constexpr std::size_t text_overhead_bytes = 32;

/// What a resolved expression costs to keep: a stranger's ".*" holds the name of every topic.
std::size_t bytes_of(std::string_view expression, const RegularExpressionValue& resolved) {
  std::size_t sum = member_overhead_bytes + expression.size();
  for (const std::string& topic : resolved.topics) sum += text_overhead_bytes + topic.size();
  return sum;
}

std::size_t partitions_of(const EpochAssignment& assigned) {
  std::size_t sum = 0;
  for (const auto& [topic, partitions] : assigned) sum += partitions.size();
  return sum;
}

}  // namespace

std::size_t ConsumerMember::bytes() const {
  std::size_t sum = member_overhead_bytes + 4 * id.size() + about.client_id.size() + about.client_host.size() +
                    2 * about.instance_id.value_or("").size() + about.rack_id.value_or("").size() +
                    about.subscribed_regex.value_or("").size();
  for (const std::string& topic : about.subscribed_topics) sum += text_overhead_bytes + topic.size();
  if (about.classic)
    for (const Protocol& protocol : about.classic->protocols)
      sum += 2 * text_overhead_bytes + protocol.name.size() + protocol.metadata.size();
  return sum + partition_overhead_bytes * (partitions_of(has.assigned) + partitions_of(has.to_revoke));
}

ConsumerGroup::~ConsumerGroup() {
  for (const auto& [id, member] : members_) discharge(member);
  for (const auto& [expression, resolved] : expressions_) totals_.members_bytes -= bytes_of(expression, resolved);
}

GroupState ConsumerGroup::state() const {
  if (members_.empty()) return GroupState::empty;
  if (epoch > target_epoch) return GroupState::assigning;
  const bool settled = std::ranges::all_of(members_, [&](const auto& entry) {
    return entry.second.has.state == MemberState::stable && entry.second.has.member_epoch == target_epoch;
  });
  return settled ? GroupState::stable : GroupState::reconciling;
}

const ConsumerMember* ConsumerGroup::member(std::string_view member_id) const {
  const auto at = members_.find(member_id);
  return at == members_.end() ? nullptr : &at->second;
}

const ConsumerMember* ConsumerGroup::static_member(std::string_view instance_id) const {
  const auto at = static_members_.find(instance_id);
  return at == static_members_.end() ? nullptr : member(at->second);
}

bool ConsumerGroup::only_classic_members(std::string_view except) const {
  std::size_t others = 0;
  for (const auto& [id, member] : members_) {
    if (id == except) continue;
    if (!member.uses_classic_protocol()) return false;
    ++others;
  }
  return others > 0;
}

void ConsumerGroup::charge(const ConsumerMember& member) {
  ++totals_.members;
  totals_.members_bytes += member.bytes();
}

void ConsumerGroup::discharge(const ConsumerMember& member) {
  --totals_.members;
  totals_.members_bytes -= member.bytes();
}

const ConsumerMember& ConsumerGroup::put(ConsumerMember member) {
  remove(member.id);
  charge(member);
  hold(member.has.assigned, 1);
  hold(member.has.to_revoke, 1);
  if (member.about.instance_id) static_members_[*member.about.instance_id] = member.id;
  const std::string id = member.id;
  return members_.emplace(id, std::move(member)).first->second;
}

void ConsumerGroup::remove(std::string_view member_id) {
  const auto at = members_.find(member_id);
  if (at == members_.end()) return;
  const ConsumerMember& member = at->second;
  discharge(member);
  hold(member.has.assigned, -1);
  hold(member.has.to_revoke, -1);
  if (member.about.instance_id) {
    const auto named = static_members_.find(*member.about.instance_id);
    if (named != static_members_.end() && named->second == member_id) static_members_.erase(named);
  }
  members_.erase(at);
}

void ConsumerGroup::hold(const EpochAssignment& partitions, int by) {
  for (const auto& [topic, assigned] : partitions) {
    auto& holders = held_[topic];
    for (const auto& [partition, since] : assigned)
      if ((holders[partition] += by) == 0) holders.erase(partition);
    if (holders.empty()) held_.erase(topic);
  }
}

const Assignment& ConsumerGroup::target(std::string_view member_id) const {
  static const Assignment nothing;
  const auto at = targets_.find(member_id);
  return at == targets_.end() ? nothing : at->second;
}

void ConsumerGroup::forget_target(std::string_view member_id) {
  if (const auto at = targets_.find(member_id); at != targets_.end()) targets_.erase(at);
}

bool ConsumerGroup::is_held(const Uuid& topic, PartitionIndex partition) const {
  const auto at = held_.find(topic);
  return at != held_.end() && at->second.contains(partition);
}

bool ConsumerGroup::waits_for_others(const ConsumerMember& member) const {
  for (const auto& [topic, partitions] : target(member.id)) {
    const auto has = member.has.assigned.find(topic);
    for (const PartitionIndex partition : partitions) {
      const bool mine = has != member.has.assigned.end() && has->second.contains(partition);
      if (!mine && is_held(topic, partition)) return true;
    }
  }
  return false;
}

bool ConsumerGroup::knows_expression(const ConsumerMember& member) const {
  const std::string expression = member.about.subscribed_regex.value_or("");
  return expression.empty() || expressions_.contains(expression);
}

bool ConsumerGroup::knows_all_expressions(std::int64_t version) const {
  const auto is_old = [&](const auto& entry) { return entry.second.version != version; };
  return std::ranges::none_of(expressions_, is_old) &&
         std::ranges::all_of(members_, [&](const auto& entry) { return knows_expression(entry.second); });
}

void ConsumerGroup::set_expression(const std::string& expression, RegularExpressionValue resolved) {
  forget_expression(expression);
  totals_.members_bytes += bytes_of(expression, resolved);
  expressions_[expression] = std::move(resolved);
}

void ConsumerGroup::forget_expression(std::string_view expression) {
  const auto at = expressions_.find(expression);
  if (at == expressions_.end()) return;
  totals_.members_bytes -= bytes_of(expression, at->second);
  expressions_.erase(at);
}

ConsumerGroup::Names ConsumerGroup::subscribed_by(const ConsumerMember& member) const {
  Names names(member.about.subscribed_topics.begin(), member.about.subscribed_topics.end());
  if (!member.about.subscribed_regex) return names;
  if (const auto at = expressions_.find(*member.about.subscribed_regex); at != expressions_.end())
    names.insert(at->second.topics.begin(), at->second.topics.end());
  return names;
}

ConsumerGroup::Names ConsumerGroup::subscribed_topics() const {
  Names names;
  for (const auto& [id, member] : members_)
    names.insert(member.about.subscribed_topics.begin(), member.about.subscribed_topics.end());
  for (const auto& [expression, resolved] : expressions_) names.insert(resolved.topics.begin(), resolved.topics.end());
  return names;
}

std::optional<std::string> ConsumerGroup::preferred_assignor() const {
  std::map<std::string_view, std::size_t> votes;
  for (const auto& [id, member] : members_)
    if (member.about.server_assignor) ++votes[*member.about.server_assignor];
  const auto most = std::ranges::max_element(votes, {}, [](const auto& vote) { return vote.second; });
  return most == votes.end() ? std::nullopt : std::optional<std::string>(most->first);
}

bool ConsumerGroup::supports(const std::vector<Protocol>& protocols, std::string_view except) const {
  const auto knows = [](const ConsumerMember& member, const std::string& name) {
    return std::ranges::any_of(member.about.classic->protocols,
                               [&](const Protocol& protocol) { return protocol.name == name; });
  };
  return std::ranges::any_of(protocols, [&](const Protocol& protocol) {
    return std::ranges::all_of(members_, [&](const auto& entry) {
      return entry.first == except || !entry.second.uses_classic_protocol() || knows(entry.second, protocol.name);
    });
  });
}

}  // namespace millrace::groups
