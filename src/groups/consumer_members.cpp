// What happens to a member of a consumer group, and to the others because of it: epochs, targets, one step towards
// them.

#include <algorithm>
#include <limits>
#include <utility>

#include "machine.hpp"
#include "millrace/core/check.hpp"
#include "millrace/groups/assignors.hpp"
#include "reconcile.hpp"

namespace millrace::groups {

const ConsumerMember& Machine::take_in(Group& group, const std::optional<ConsumerMemberValue>& was,
                                       ConsumerMember member, const std::optional<Assignment>& owned, Turn& turn) {
  ConsumerGroup& consumer = *group.consumer;
  const std::string id = member.id;
  bool changed = !was || was->subscribed_topics != member.about.subscribed_topics ||
                 was->subscribed_regex != member.about.subscribed_regex;
  const ConsumerMember* kept = consumer.member(id);
  if (kept == nullptr || kept->about != member.about) {
    turn.write(ConsumerMemberKey{group.id(), id}, member.about);
    consumer.put(std::move(member));
  } else if (kept->has != member.has) {
    consumer.put(std::move(member));
  }
  if (changed || consumer.topics_version != topics_->version()) {
    if (changed) forget_unused_expressions(group, turn);
    const ConsumerMember& told = *consumer.member(id);
    // What has a name need not wait: an expression that is new to the group is resolved with the next heartbeat, which
    // follows at once. librdkafka's tests hold a broker to it.
    const bool names_come_first = changed && !told.about.subscribed_topics.empty() && !consumer.knows_expression(told);
    if (!names_come_first && resolve_expression(group, told, turn)) changed = true;
    consumer.topics_version = consumer.knows_all_expressions(topics_->version()) ? topics_->version() : -1;
    if (changed || hash_of(consumer.subscribed_topics()) != consumer.metadata_hash) bump_epoch(group, turn);
  }
  if (consumer.epoch > consumer.target_epoch) assign(group, turn);
  reconcile(group, id, owned, turn);
  if (release_withheld(group, turn)) {
    assign(group, turn);
    reconcile(group, id, owned, turn);
  }
  return *consumer.member(id);
}

ConsumerMember Machine::succeed(Group& group, const ConsumerMember& before, const std::string& member_id, Turn& turn) {
  ConsumerMember member = before;
  member.id = member_id;
  member.has.member_epoch = 0;
  member.has.previous_epoch = 0;
  if (before.id == member_id) return member;
  Assignment target = group.consumer->target(before.id);
  remove_consumer_member(group, std::string(before.id), turn);
  turn.write(ConsumerMemberKey{group.id(), member_id}, member.about);
  turn.write(TargetAssignmentKey{group.id(), member_id}, TargetAssignmentValue{target});
  turn.write(CurrentAssignmentKey{group.id(), member_id}, member.has);
  group.consumer->set_target(member_id, std::move(target));
  group.consumer->put(member);
  return member;
}

void Machine::remove_consumer_member(Group& group, const std::string& member_id, Turn& turn) {
  turn.erase(CurrentAssignmentKey{group.id(), member_id});
  turn.erase(TargetAssignmentKey{group.id(), member_id});
  turn.erase(ConsumerMemberKey{group.id(), member_id});
  cancel_timers_of(group, member_id);
  group.consumer->forget_target(member_id);
  group.consumer->remove(member_id);
}

void Machine::fence(Group& group, const std::string& member_id, Turn& turn) {
  const bool last_of_its_kind = group.consumer->only_classic_members(member_id);
  remove_consumer_member(group, member_id, turn);
  forget_unused_expressions(group, turn);
  bump_epoch(group, turn);
  release_withheld(group, turn);
  if (last_of_its_kind) downgrade(group, turn);
}

void Machine::bump_epoch(Group& group, Turn& turn) {
  ConsumerGroup& consumer = *group.consumer;
  if (consumer.epoch == std::numeric_limits<std::int32_t>::max()) {
    // Every member is then ahead, is fenced, and joins again.
    consumer.epoch = 0;
    consumer.target_epoch = 0;
  }
  ++consumer.epoch;
  ++totals_.consumer_rebalances;
  consumer.metadata_hash = hash_of(consumer.subscribed_topics());
  turn.write(ConsumerGroupKey{group.id()}, ConsumerGroupValue{consumer.epoch, consumer.metadata_hash});
}

void Machine::assign(Group& group, Turn& turn) {
  ConsumerGroup& consumer = *group.consumer;
  AssignorInput input;
  for (const auto& [id, member] : consumer.members()) {
    AssignorInput::Member& into =
        input.members.emplace_back(id, member.about.instance_id, std::vector<Uuid>{}, consumer.target(id));
    for (const std::string& name : consumer.subscribed_by(member)) {
      const auto topic = topics_->find(name);
      if (!topic) continue;
      into.topics.push_back(topic->id);
      input.partitions[topic->id] = topic->partitions;
    }
    std::ranges::sort(into.topics);
  }
  const Assignor assignor = find_assignor(consumer.preferred_assignor().value_or(std::string(default_assignor)));
  CHECK(assignor != nullptr, "a member that names an unknown assignor is refused, also when it is replayed");
  Assignments targets = assignor(input);
  const Assignment withheld = existing(names_of(group.withheld));
  for (std::size_t i = 0; i < targets.size(); ++i) {
    const std::string& id = input.members[i].id;
    for (const auto& [topic, partitions] : withheld) {
      const auto found = targets[i].find(topic);
      if (found == targets[i].end()) continue;
      for (const PartitionIndex partition : partitions) found->second.erase(partition);
      if (found->second.empty()) targets[i].erase(found);
    }
    const bool is_told = consumer.targets().contains(id);
    if (is_told && consumer.target(id) == targets[i]) continue;
    turn.write(TargetAssignmentKey{group.id(), id}, TargetAssignmentValue{targets[i]});
    consumer.set_target(id, std::move(targets[i]));
  }
  consumer.target_epoch = consumer.epoch;
  turn.write(TargetEpochKey{group.id()}, TargetEpochValue{consumer.target_epoch});
}

void Machine::reconcile(Group& group, const std::string& member_id, const std::optional<Assignment>& owned,
                        Turn& turn) {
  ConsumerGroup& consumer = *group.consumer;
  const ConsumerMember& member = *consumer.member(member_id);
  const bool is_there = member.has.state == MemberState::stable && member.has.member_epoch == consumer.target_epoch;
  if (is_there) return;
  CurrentAssignmentValue next = reconciled(
      member.has, {consumer.target_epoch, consumer.target(member_id)},
      [&](const Uuid& topic, PartitionIndex partition) { return consumer.is_held(topic, partition); }, owned);
  if (next == member.has) return;
  turn.write(CurrentAssignmentKey{group.id(), member_id}, next);
  const TimerName revoke{TimerKind::revoke, group.id(), member_id};
  if (next.state == MemberState::unrevoked && !member.uses_classic_protocol())
    timers_.set(revoke, turn.now.steady + member.rebalance_timeout());
  else
    timers_.cancel(revoke);
  ConsumerMember moved = member;
  moved.has = std::move(next);
  consumer.put(std::move(moved));
}

void Machine::arm_session(const Group& group, const ConsumerMember& member, Now now) {
  const Milliseconds timeout =
      member.about.classic ? Milliseconds{member.about.classic->session_timeout_ms} : session_timeout(group);
  timers_.set({TimerKind::session, group.id(), member.id}, now.steady + timeout);
}

void Machine::cancel_timers_of(const Group& group, const std::string& member_id) {
  for (const TimerKind kind : {TimerKind::session, TimerKind::revoke, TimerKind::join, TimerKind::sync})
    timers_.cancel({kind, group.id(), member_id});
}

Assignment Machine::existing(const NamedPartitions& named) const {
  Assignment out;
  for (const auto& [name, partitions] : named)
    if (const auto topic = topics_->find(name); topic && !partitions.empty()) out[topic->id] = partitions;
  return out;
}

NamedPartitions Machine::named(const EpochAssignment& assigned) const {
  NamedPartitions out;
  for (const auto& [id, partitions] : assigned) {
    const auto topic = topics_->find(id);
    if (!topic) continue;
    for (const auto& [partition, epoch] : partitions) out[topic->name].insert(partition);
  }
  return out;
}

}  // namespace millrace::groups
