// An administrator moves the committed offsets of a group, also while its members read.
//
// A member keeps its place in memory and commits it again, so that moving the offset is not enough: the partition has
// to be taken away, and whoever gets it next asks where to begin. Nobody is assigned it until nobody has it; what is
// committed for it in between is dropped, as if it had come before the reset, unless its reader has asked for the
// offset since: a reset may come just before a member asks for the first time. All other partitions stay with their
// members, or are committed before they go, as in any rebalance: nothing of them is read twice.
//
//   classic    a generation that is assigned without them, and another. Whoever gives up everything before it joins
//              (eager) could have them back at once, but there are clients that go on where they were when they do.
//   consumer   a new epoch, in whose target they are missing; another when the last of them was given up.
//
// The log says it too: an offset that was moved and not taken up has a leader epoch of its own, reset_epoch. So a crash
// in between undoes nothing.

#include <algorithm>

#include "machine.hpp"
#include "millrace/core/check.hpp"

namespace millrace::groups {

namespace {
/// Its assignments name each partition a second time, in a way of its own, so that none can be left out on its way.
constexpr std::string_view streams_protocol = "stream";

std::size_t members_of(const Group& group) {
  return group.consumer ? group.consumer->members().size() : group.members().size();
}

std::optional<Refusal> check_only_from(const Group* group, const std::string& topic,
                                       const ResetRequest::Partition& wanted) {
  if (!wanted.only_from) return std::nullopt;
  const OffsetValue* committed = group == nullptr ? nullptr : group->committed(topic, wanted.partition);
  if (committed != nullptr && committed->offset == *wanted.only_from) return std::nullopt;
  const auto place = topic + "-" + std::to_string(wanted.partition);
  if (committed == nullptr) return Refusal{ErrorCode::offset_out_of_range, "it has committed nothing of " + place};
  return Refusal{ErrorCode::offset_out_of_range,
                 "it stands at " + std::to_string(committed->offset.value()) + " of " + place};
}

}  // namespace

Effects Machine::reset(const ResetRequest& request, Ticket to, Now now) {
  Turn turn{now, {}};
  ResetReply reply;
  Group* group = find(request.group_id);
  if (auto why = check_reset(group, request)) {
    reply.error = why->error;
    reply.message = std::move(why->message);
    turn.answer(to, std::move(reply));
    return std::move(turn.effects);
  }
  if (group) reply.members = members_of(*group);
  if (request.validate_only) {
    turn.answer(to, std::move(reply));
    return std::move(turn.effects);
  }
  if (group == nullptr) group = &create(request.group_id, now.wall);
  withhold(*group, request, turn);
  for (const auto& topic : request.topics) {
    for (const auto& partition : topic.partitions) {
      const auto epoch = group->withholds(topic.name, partition.partition) ? reset_epoch : LeaderEpoch{-1};
      move_offset(*group, topic.name, partition.partition, {partition.offset, epoch, {}, now.wall, no_timestamp}, turn);
      tell_who_awaits(*group, topic.name, partition.partition, turn);
    }
  }
  if (group->consumer) release_withheld(*group, turn);
  turn.answer(to, std::move(reply));
  return std::move(turn.effects);
}

std::optional<Refusal> Machine::check_reset(const Group* group, const ResetRequest& request) const {
  if (request.group_id.empty() || request.group_id.size() > limits::group_id_max)
    return Refusal{ErrorCode::invalid_group_id,
                   "a group id has 1 to " + std::to_string(limits::group_id_max) + " bytes"};
  if (group == nullptr && is_full()) return Refusal{ErrorCode::policy_violation, "there are as many groups as may be"};
  std::size_t bytes = 0;
  for (const auto& topic : request.topics) bytes += topic.partitions.size() * bytes_of(OffsetValue{});
  if (totals_.offsets_bytes + bytes > config_.offsets_bytes_max)
    return Refusal{ErrorCode::invalid_commit_offset_size, "the offsets of all groups take as much memory as they may"};
  for (const auto& topic : request.topics) {
    for (const auto& partition : topic.partitions) {
      if (auto why = check_only_from(group, topic.name, partition)) return why;
    }
  }
  if (request.only_without_members && group != nullptr && members_of(*group) > 0)
    return Refusal{ErrorCode::non_empty_group, "it has members, " + std::to_string(members_of(*group)) + " of them"};
  if (group == nullptr || group->consumer || group->members().empty()) return std::nullopt;
  if (group->protocol_type() != consumer_protocol_type)
    return Refusal{ErrorCode::non_empty_group, "its members are not consumers: stop them first"};
  if (group->protocol() == streams_protocol)
    return Refusal{ErrorCode::non_empty_group, "Kafka Streams is told more than partitions: stop it first"};
  return std::nullopt;
}

void Machine::withhold(Group& group, const ResetRequest& request, Turn& turn) {
  const bool is_alone = group.consumer ? group.consumer->members().empty() : group.members().empty();
  if (is_alone) return;
  for (const auto& topic : request.topics) {
    for (const auto& partition : topic.partitions) group.withheld[topic.name][partition.partition].clear();
  }
  group.was_withheld = false;
  if (group.consumer) {
    bump_epoch(group, turn);
    assign(group, turn);
    return;
  }
  if (!group.is(GroupState::preparing_rebalance)) prepare_rebalance(group, turn);
}

void Machine::settle_withheld(Group& group, Turn& turn) const {
  // Who keeps them even though they were assigned to nobody cannot be helped: a group must not rebalance for ever.
  if (!group.withheld.empty() && group.was_withheld) forget_withheld(group, turn);
}

void Machine::hand_out_withheld(Group& group, Turn& turn) {
  const auto owes_sync = [](const auto& entry) { return entry.second.owes_sync; };
  if (group.withheld.empty() || std::ranges::any_of(group.members(), owes_sync)) return;
  group.was_withheld = true;
  prepare_rebalance(group, turn);
}

bool Machine::release_withheld(Group& group, Turn& turn) {
  if (group.withheld.empty()) return false;
  for (const auto& [topic, partitions] : existing(names_of(group.withheld))) {
    for (const PartitionIndex partition : partitions) {
      if (group.consumer->is_held(topic, partition)) return false;
    }
  }
  forget_withheld(group, turn);
  bump_epoch(group, turn);
  return true;
}

void Machine::forget_withheld(Group& group, Turn& turn) const {
  for (const auto& [topic, partitions] : names_of(group.withheld)) {
    for (const PartitionIndex partition : partitions) {
      const OffsetValue* committed = group.committed(topic, partition);
      if (committed == nullptr || committed->leader_epoch != reset_epoch) continue;
      OffsetValue value = *committed;
      value.leader_epoch = -1;
      move_offset(group, topic, partition, std::move(value), turn);
    }
  }
  group.withheld.clear();
  group.was_withheld = false;
}

void Machine::move_offset(Group& group, const std::string& topic, PartitionIndex partition, OffsetValue value,
                          Turn& turn) const {
  turn.effects.records.push_back(
      {encode_key(OffsetKey{group.id(), topic, partition}), encode_value(value), turn.now.wall});
  group.commit(topic, partition, std::move(value));
}

}  // namespace millrace::groups
