// DeleteGroups and OffsetDelete: what an administrator wants forgotten, as long as nobody is using it.

#include "machine.hpp"
#include "millrace/groups/consumer_protocol.hpp"

namespace millrace::groups {

Effects Machine::delete_group(const DeleteGroupRequest& request, Ticket to, Now now) {
  Turn turn{now, {}};
  DeleteGroupReply reply;
  Group* group = find(request.group_id);
  if (group == nullptr) {
    reply.error = ErrorCode::group_id_not_found;
  } else if (!group->is(GroupState::empty)) {
    reply.error = ErrorCode::non_empty_group;
  } else {
    while (!group->offsets().empty()) forget_offsets(*group, std::string(group->offsets().begin()->first), turn);
    while (!group->pending.empty()) forget_pending(*group, std::string(group->pending.begin()->first));
    erase_if_deserted(request.group_id, turn);
  }
  turn.answer(to, reply);
  return std::move(turn.effects);
}

Effects Machine::delete_offsets(const OffsetDeleteRequest& request, Ticket to, Now now) {
  Turn turn{now, {}};
  OffsetDeleteReply reply;
  Group* group = find(request.group_id);
  if (request.group_id.empty()) {
    reply.error = ErrorCode::invalid_group_id;
  } else if (group == nullptr) {
    reply.error = ErrorCode::group_id_not_found;
  } else if (!group->consumer && !group->is(GroupState::empty) && group->protocol_type() != consumer_protocol_type) {
    reply.error = ErrorCode::non_empty_group;  // what its members read cannot be known
  } else {
    const auto read_now = group->subscribed_topics();
    for (const auto& topic : request.topics) {
      auto& answer = reply.topics.emplace_back(topic.name);
      const bool is_read = !read_now || read_now->contains(topic.name);
      for (const PartitionIndex partition : topic.partitions) {
        answer.partitions.push_back({partition, is_read ? ErrorCode::group_subscribed_to_topic : ErrorCode::none});
        if (is_read || group->committed(topic.name, partition) == nullptr) continue;
        record_tombstone(encode_key(OffsetKey{group->id(), topic.name, partition}), turn);
        group->uncommit(topic.name, partition);
      }
    }
  }
  turn.answer(to, std::move(reply));
  return std::move(turn.effects);
}

void Machine::forget_offsets(Group& group, const std::string& topic, Turn& turn) {
  const auto found = group.offsets().find(topic);
  if (found == group.offsets().end()) return;
  std::vector<PartitionIndex> partitions;
  for (const auto& [partition, value] : found->second) partitions.push_back(partition);
  for (const PartitionIndex partition : partitions) {
    record_tombstone(encode_key(OffsetKey{group.id(), topic, partition}), turn);
    group.uncommit(topic, partition);
  }
}

Effects Machine::topics_deleted(std::span<const std::string> names, Now now) {
  Turn turn{now, {}};
  for (auto& [group_id, group] : groups_) {
    for (const std::string& name : names) forget_offsets(group, name, turn);
  }
  return std::move(turn.effects);
}

}  // namespace millrace::groups
