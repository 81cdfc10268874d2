// A classic group becomes a consumer group when the first member comes that uses the consumer protocol, and a consumer
// group becomes a classic one when the last such member goes (KIP-848, "Migration"). Members stay members; what they
// have, they keep.

#include <algorithm>
#include <utility>

#include "machine.hpp"

namespace millrace::groups {

namespace {

const Bytes* metadata_of(const Member& member) {
  return member.protocols.empty() ? nullptr : &member.protocols.front().metadata;
}

/// The first that all know.
std::optional<std::string> common_protocol(const ConsumerGroup& group) {
  if (group.members().empty()) return std::nullopt;
  for (const Protocol& protocol : group.members().begin()->second.about.classic->protocols)
    if (group.supports({protocol}, "")) return protocol.name;
  return std::nullopt;
}

}  // namespace

Machine::Refused Machine::check_upgrade(const Group& group) const {
  if (group.members().empty()) return std::nullopt;
  const auto refuse = [&](const std::string& why) {
    return Refusal{ErrorCode::group_id_not_found,
                   "group \"" + group.id() + "\" cannot become a consumer group: " + why};
  };
  if (group.protocol_type() != consumer_protocol_type) return refuse("its members are not consumers");
  if (group.members().size() >= config_.group_max_size) return refuse("it has as many members as it may");
  for (const auto& [id, member] : group.members()) {
    const Bytes* metadata = metadata_of(member);
    if (metadata == nullptr || !read_subscription(*metadata) || !read_assignment(member.assignment))
      return refuse("the subscription or assignment of a member cannot be read");
  }
  return std::nullopt;
}

void Machine::upgrade(Group& group, Turn& turn) {
  // Whoever waits in the middle of a rebalance is sent into the next one, which is that of the consumer group.
  std::vector<ConsumerMember> members;
  const std::int32_t epoch = std::max(group.generation(), 1);
  for (const auto& [id, unused] : group.members()) {
    Member& member = *group.member(id);
    if (const auto parked = group.take_parked_join(member))
      turn.answer(*parked, refused_join(ErrorCode::rebalance_in_progress, id));
    if (const auto parked = std::exchange(member.parked_sync, std::nullopt))
      turn.answer(*parked, refused_sync(ErrorCode::rebalance_in_progress));
    const auto subscription = read_subscription(*metadata_of(member));
    const ConsumerGroup::Names topics(subscription->topics.begin(), subscription->topics.end());
    ConsumerMember& into = members.emplace_back();
    into.id = id;
    into.about.instance_id = member.instance_id;
    into.about.rack_id = subscription->rack_id;
    into.about.client_id = member.client_id;
    into.about.client_host = member.client_host;
    into.about.subscribed_topics.assign(topics.begin(), topics.end());
    into.about.rebalance_timeout_ms = static_cast<std::int32_t>(member.rebalance_timeout.count());
    into.about.classic = ClassicMember{static_cast<std::int32_t>(member.session_timeout.count()), member.protocols};
    into.has.member_epoch = epoch;
    into.has.previous_epoch = epoch;
    for (const auto& [topic, partitions] : existing(*read_assignment(member.assignment)))
      for (const PartitionIndex partition : partitions) into.has.assigned[topic][partition] = epoch;
    disarm_session(group, id);
  }
  while (!group.pending.empty()) forget_pending(group, std::string(group.pending.begin()->first));
  timers_.cancel({TimerKind::join, group.id(), {}});
  timers_.cancel({TimerKind::sync, group.id(), {}});
  turn.erase(GroupKey{group.id()});
  group.load(GroupValue{});

  group.consumer = std::make_unique<ConsumerGroup>(totals_);
  ConsumerGroup& consumer = *group.consumer;
  if (members.empty()) {
    consumer.epoch = 1;  // as of a new one
    return;
  }
  consumer.epoch = epoch;
  consumer.target_epoch = epoch;
  for (ConsumerMember& member : members) {
    turn.write(ConsumerMemberKey{group.id(), member.id}, member.about);
    turn.write(TargetAssignmentKey{group.id(), member.id}, TargetAssignmentValue{without_epochs(member.has.assigned)});
    turn.write(CurrentAssignmentKey{group.id(), member.id}, member.has);
    consumer.set_target(member.id, without_epochs(member.has.assigned));
    arm_session(group, consumer.put(std::move(member)), turn.now);
  }
  consumer.metadata_hash = hash_of(consumer.subscribed_topics());
  turn.write(ConsumerGroupKey{group.id()}, ConsumerGroupValue{consumer.epoch, consumer.metadata_hash});
  turn.write(TargetEpochKey{group.id()}, TargetEpochValue{consumer.target_epoch});
}

void Machine::downgrade(Group& group, Turn& turn) {
  const ConsumerGroup& consumer = *group.consumer;
  const auto protocol = common_protocol(consumer);
  if (!protocol || consumer.members().size() > config_.group_max_size) return;
  GroupValue value;
  value.protocol_type = std::string(consumer_protocol_type);
  value.generation = consumer.epoch;
  value.protocol = protocol;
  value.leader = consumer.members().begin()->first;
  value.current_state_timestamp = turn.now.wall;
  std::map<std::string, std::vector<Protocol>> protocols;
  for (const auto& [id, member] : consumer.members()) {
    const ClassicMember& classic = *member.about.classic;
    const auto known =
        std::ranges::find_if(classic.protocols, [&](const Protocol& each) { return each.name == *protocol; });
    const auto subscription = read_subscription(classic.protocols.front().metadata);
    GroupValue::Member& into = value.members.emplace_back();
    into.member_id = id;
    into.group_instance_id = member.about.instance_id;
    into.client_id = member.about.client_id;
    into.client_host = member.about.client_host;
    into.rebalance_timeout_ms = member.about.rebalance_timeout_ms;
    into.session_timeout_ms = classic.session_timeout_ms;
    into.subscription = known->metadata;
    into.assignment =
        write_assignment(subscription ? subscription->version : std::int16_t{0}, named(member.has.assigned));
    protocols[id] = classic.protocols;
  }
  for (const auto& [id, member] : consumer.members()) {
    turn.erase(CurrentAssignmentKey{group.id(), id});
    turn.erase(TargetAssignmentKey{group.id(), id});
    turn.erase(ConsumerMemberKey{group.id(), id});
    cancel_timers_of(group, id);
  }
  erase_consumer_records(group, turn);
  group.consumer.reset();
  group.load(value);
  for (auto& [id, known] : protocols) {
    Member& member = *group.member(id);
    group.set_protocols(member, std::move(known));
    arm_session(group, member, turn.now);
  }
  record(group, turn);
  prepare_rebalance(group, turn);
}

void Machine::erase_consumer_records(const Group& group, Turn& turn) const {
  for (const auto& [expression, resolved] : group.consumer->expressions())
    turn.erase(RegularExpressionKey{group.id(), expression});
  turn.erase(TargetEpochKey{group.id()});
  turn.erase(ConsumerGroupKey{group.id()});
}

}  // namespace millrace::groups
