// OffsetCommit and OffsetFetch.

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
      if (error == ErrorCode::none) {
        // A simple commit makes the group, which is Empty and has no protocol.
        if (group == nullptr) group = &create(request.group_id, now.wall);
        error = commit_one(*group, topic.name, partition, expire, turn);
      }
      answer.partitions.push_back({partition.partition, error});
    }
  }
  if (refusal == ErrorCode::none && request.generation_id >= 0) {
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
      return request.knows_group_id_not_found ? ErrorCode::group_id_not_found : ErrorCode::illegal_generation;
    if (request.group_id.size() > limits::group_id_max) return ErrorCode::invalid_group_id;
    return is_full() ? ErrorCode::policy_violation : ErrorCode::none;
  }
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

ErrorCode Machine::commit_one(Group& group, const std::string& topic, const CommitRequest::Partition& partition,
                              Timestamp expire, Turn& turn) {
  if (topic.size() > limits::topic_name_max) return ErrorCode::unknown_topic_or_partition;
  if (partition.metadata.size() > config_.offset_metadata_bytes_max) return ErrorCode::offset_metadata_too_large;
  // A record with an expiry of its own has no room for the leader epoch (group_records.hpp).
  const LeaderEpoch epoch = expire == no_timestamp ? partition.leader_epoch : -1;
  OffsetValue value{partition.offset, epoch, partition.metadata, turn.now.wall, expire};
  const OffsetValue* before = group.committed(topic, partition.partition);
  const std::size_t freed = before == nullptr ? 0 : bytes_of(*before);
  if (totals_.offsets_bytes - freed + bytes_of(value) > config_.offsets_bytes_max)
    return ErrorCode::invalid_commit_offset_size;
  turn.effects.records.push_back(
      {encode_key(OffsetKey{group.id(), topic, partition.partition}), encode_value(value), turn.now.wall});
  group.commit(topic, partition.partition, std::move(value));
  return ErrorCode::none;
}

Effects Machine::fetch_offsets(const OffsetFetchRequest& request, Ticket to) const {
  const auto answer = [](PartitionIndex partition, const OffsetValue* found) {
    return found == nullptr
               ? OffsetFetchReply::Partition{.partition = partition, .metadata = {}}
               : OffsetFetchReply::Partition{partition, found->offset, found->leader_epoch, found->metadata};
  };
  OffsetFetchReply reply;
  for (const OffsetFetchRequest::Group& asked : request.groups) {
    OffsetFetchReply::Group& out = reply.groups.emplace_back(asked.group_id);
    const Group* group = find(asked.group_id);
    if (asked.topics) {
      for (const OffsetFetchRequest::Topic& topic : *asked.topics) {
        OffsetFetchReply::Topic& listed = out.topics.emplace_back(topic.name);
        for (const PartitionIndex partition : topic.partitions)
          listed.partitions.push_back(
              answer(partition, group == nullptr ? nullptr : group->committed(topic.name, partition)));
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
