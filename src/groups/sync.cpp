// SyncGroup: the followers wait, the leader brings the assignment.

#include <map>

#include "machine.hpp"

namespace millrace::groups {

Effects Machine::sync(const SyncRequest& request, Ticket to, Now now) {
  Turn turn{now, {}};
  const auto refuse = [&](ErrorCode error) {
    turn.answer(to, refused_sync(error));
    return std::move(turn.effects);
  };
  if (request.group_id.empty()) return refuse(ErrorCode::invalid_group_id);
  Group* group = find(request.group_id);
  if (group == nullptr) return refuse(ErrorCode::unknown_member_id);
  if (group->consumer) {
    turn.answer(to, sync_consumer_group(*group, request, turn));
    return std::move(turn.effects);
  }
  if (const ErrorCode error = check_member(*group, request.member_id, request.group_instance_id);
      error != ErrorCode::none)
    return refuse(error);
  if (request.generation_id != group->generation()) return refuse(ErrorCode::illegal_generation);
  if ((request.protocol_type && request.protocol_type != group->protocol_type()) ||
      (request.protocol_name && request.protocol_name != group->protocol()))
    return refuse(ErrorCode::inconsistent_group_protocol);
  if (group->is(GroupState::preparing_rebalance)) return refuse(ErrorCode::rebalance_in_progress);

  Member& member = *group->member(request.member_id);
  synced(*group, member);
  if (group->is(GroupState::stable)) {
    turn.answer(to, SyncReply{ErrorCode::none, group->protocol_type(), group->protocol(), member.assignment});
    hand_out_withheld(*group, turn);
    return std::move(turn.effects);
  }
  // The member asked again, so nobody reads the first answer any more; each ticket gets one all the same.
  if (member.parked_sync) turn.answer(*member.parked_sync, refused_sync(ErrorCode::rebalance_in_progress));
  member.parked_sync = to;
  disarm_session(*group, member.id);
  if (group->is_leader(member)) take_assignment(*group, request, turn);
  return std::move(turn.effects);
}

void Machine::take_assignment(Group& group, const SyncRequest& request, Turn& turn) {
  std::map<std::string_view, const Bytes*> assigned;
  for (const SyncRequest::Assignment& each : request.assignments) assigned[each.member_id] = &each.assignment;
  for (const auto& [id, unused] : group.members()) {
    const auto at = assigned.find(id);
    auto assignment = at == assigned.end() ? Bytes{} : *at->second;
    if (!group.withheld.empty()) assignment = without(assignment, names_of(group.withheld));
    group.set_assignment(*group.member(id), std::move(assignment));
  }
  if (encode_value(group.to_record()).size() > config_.group_record_bytes_max ||
      totals_.members_bytes > config_.members_bytes_max) {
    // It cannot be written, so nobody may act on it.
    for (const auto& [id, unused] : group.members()) group.set_assignment(*group.member(id), {});
    answer_parked_syncs(group, ErrorCode::unknown_server_error, turn);
    prepare_rebalance(group, turn);
    return;
  }
  group.transition_to(GroupState::stable, turn.now.wall);
  record(group, turn);
  answer_parked_syncs(group, ErrorCode::none, turn);
  hand_out_withheld(group, turn);
}

}  // namespace millrace::groups
