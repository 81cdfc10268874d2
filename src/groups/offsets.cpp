// OffsetCommit and OffsetFetch.

#include <algorithm>
#include <limits>

#include "machine.hpp"

namespace millrace::groups {

namespace {

/// When the offsets of this request expire, if the client said how long they are to be kept.
Timestamp expiry_of(const CommitRequest& request, Timestamp now) {
  const std::int64_t keep = request.retention_time.count();
  if (keep < 0) return no_timestamp;
  constexpr auto latest = std::numeric_limits<Timestamp>::max();
  return keep > latest - now ? latest : now + keep;
}

}  // namespace

Effects Machine::commit(const CommitRequest& request, Ticket to, Now now) {
  Turn turn{now, {}};
  Group* group = find(request.group_id);
  const ErrorCode refusal = check_commit(group, request);
  const Timestamp expire = expiry_of(request, now.wall);
  CommitReply reply;
  for (const CommitRequest::Topic& topic : request.topics) {
    CommitReply::Topic& answer = reply.topics.emplace_back(topic.name);
    for (const CommitRequest::Partition& partition : topic.partitions) {
      ErrorCode error = refusal;
      if (group != nullptr && group->consumer && error == ErrorCode::stale_member_epoch &&
          may_commit_late(*group->consumer, request, topic.name, partition.partition))
        error = ErrorCode::none;
      // Who commits what is being reset and has not asked for the offset since reads on from where it was: as if it had
      // come before the reset.
      const bool is_late = group != nullptr && group->withholds(topic.name, partition.partition) &&
                           !group->knows_reset(topic.name, partition.partition, request.connection);
      if (error == ErrorCode::none && !is_late) {
        // A simple commit makes the group, which is Empty and has no protocol.
        if (group == nullptr) group = &create(request.group_id, now.wall);
        error = commit_one(*group, topic.name, partition, expire, turn);
      }
      answer.partitions.push_back({partition.partition, error});
    }
  }
  if (refusal == ErrorCode::none && request.generation_id >= 0 && !group->consumer) {
    const Member& member = *group->member(request.member_id);
    if (!member.parked_join && !member.parked_sync) arm_session(*group, member, now);
  }
  turn.answer(to, std::move(reply));
  return std::move(turn.effects);
}

ErrorCode Machine::check_commit(Group* group, const CommitRequest& request) const {
  const bool names_generation = request.generation_id >= 0;
  if (group == nullptr) {
    if (names_generation)
      return request.knows_member_epochs ? ErrorCode::group_id_not_found : ErrorCode::illegal_generation;
    if (request.group_id.size() > limits::group_id_max) return ErrorCode::invalid_group_id;
    return is_full() ? ErrorCode::policy_violation : ErrorCode::none;
  }
  if (group->consumer) return check_commit(*group->consumer, request);
  // Tools and consumers that assign partitions to themselves may commit while no member does.
  if (!names_generation && group->is(GroupState::empty)) return ErrorCode::none;
  if (!names_generation && request.member_id.empty() && !request.group_instance_id) return ErrorCode::unknown_member_id;
  if (const ErrorCode error = check_member(*group, request.member_id, request.group_instance_id);
      error != ErrorCode::none)
    return error;
  if (request.generation_id != group->generation()) return ErrorCode::illegal_generation;
  // The member has the new generation and not yet its assignment: what it commits may belong to somebody else.
  return group->is(GroupState::completing_rebalance) ? ErrorCode::rebalance_in_progress : ErrorCode::none;
}

ErrorCode Machine::check_commit(const ConsumerGroup& group, const CommitRequest& request) const {
  if (request.generation_id < 0 && group.members().empty()) return ErrorCode::none;
  const ConsumerMember* member = group.member(request.member_id);
  if (member == nullptr) return ErrorCode::unknown_member_id;
  if (!member->uses_classic_protocol() && !request.knows_member_epochs) return ErrorCode::unsupported_version;
  if (request.generation_id == member->has.member_epoch) return ErrorCode::none;
  return member->uses_classic_protocol() ? ErrorCode::illegal_generation : ErrorCode::stale_member_epoch;
}

bool Machine::may_commit_late(const ConsumerGroup& group, const CommitRequest& request, const std::string& topic,
                              PartitionIndex partition) const {
  const ConsumerMember* member = group.member(request.member_id);
  const auto known = topics_->find(topic);
  if (member == nullptr || !known || request.generation_id > member->has.member_epoch) return false;
  const auto since = [&](const EpochAssignment& assigned) -> std::optional<std::int32_t> {
    const auto at = assigned.find(known->id);
    if (at == assigned.end()) return std::nullopt;
    const auto found = at->second.find(partition);
    return found == at->second.end() ? std::nullopt : std::optional(found->second);
  };
  auto held_since = since(member->has.assigned);
  if (!held_since) held_since = since(member->has.to_revoke);
  return held_since && request.generation_id >= *held_since;
}

ErrorCode Machine::check_fetch(const Group* group, const OffsetFetchRequest::Group& asked) const {
  const bool by_member = asked.member_id || asked.member_epoch >= 0;
  if (group == nullptr || !group->consumer || !by_member) return ErrorCode::none;
  const ConsumerMember* member = group->consumer->member(asked.member_id.value_or(""));
  if (member == nullptr) return ErrorCode::unknown_member_id;
  if (asked.member_epoch == member->has.member_epoch) return ErrorCode::none;
  return member->uses_classic_protocol() ? ErrorCode::illegal_generation : ErrorCode::stale_member_epoch;
}

ErrorCode Machine::commit_one(Group& group, const std::string& topic, const CommitRequest::Partition& partition,
                              Timestamp expire, Turn& turn) {
  if (topic.size() > limits::topic_name_max) return ErrorCode::unknown_topic_or_partition;
  if (partition.metadata.size() > config_.offset_metadata_bytes_max) return ErrorCode::offset_metadata_too_large;
  // A record with an expiry of its own has no room for the leader epoch (group_records.hpp).
  const LeaderEpoch epoch = expire == no_timestamp ? std::max(partition.leader_epoch, LeaderEpoch{-1}) : -1;
  OffsetValue value{partition.offset, epoch, partition.metadata, turn.now.wall, expire};
  const OffsetValue* before = group.committed(topic, partition.partition);
  const std::size_t freed = before == nullptr ? 0 : bytes_of(*before);
  if (totals_.offsets_bytes - freed + bytes_of(value) > config_.offsets_bytes_max)
    return ErrorCode::invalid_commit_offset_size;
  turn.effects.records.push_back(
      {encode_key(OffsetKey{group.id(), topic, partition.partition}), encode_value(value), turn.now.wall});
  group.commit(topic, partition.partition, std::move(value));
  tell_who_awaits(group, topic, partition.partition, turn);
  return ErrorCode::none;
}

Effects Machine::fetch_offsets(const OffsetFetchRequest& request, Ticket to) {
  const auto answer = [](PartitionIndex partition, const OffsetValue* found) {
    return found == nullptr
               ? OffsetFetchReply::Partition{.partition = partition, .metadata = {}}
               : OffsetFetchReply::Partition{partition, found->offset, std::max(found->leader_epoch, LeaderEpoch{-1}),
                                             found->metadata};
  };
  OffsetFetchReply reply;
  for (const OffsetFetchRequest::Group& asked : request.groups) {
    OffsetFetchReply::Group& out = reply.groups.emplace_back(asked.group_id);
    Group* group = find(asked.group_id);
    out.error = check_fetch(group, asked);
    if (out.error != ErrorCode::none) continue;
    if (asked.topics) {
      for (const OffsetFetchRequest::Topic& topic : *asked.topics) {
        OffsetFetchReply::Topic& listed = out.topics.emplace_back(topic.name);
        for (const PartitionIndex partition : topic.partitions) {
          listed.partitions.push_back(
              answer(partition, group == nullptr ? nullptr : group->committed(topic.name, partition)));
          if (group != nullptr) group->has_asked(topic.name, partition, request.connection);
        }
      }
    } else if (group != nullptr) {
      for (const auto& [topic, partitions] : group->offsets()) {
        OffsetFetchReply::Topic& all = out.topics.emplace_back(topic);
        for (const auto& [partition, value] : partitions) all.partitions.push_back(answer(partition, &value));
      }
    }
  }
  Effects effects;
  effects.replies.push_back({to, std::move(reply)});
  return effects;
}

}  // namespace millrace::groups
