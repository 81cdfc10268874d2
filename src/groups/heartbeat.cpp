// Heartbeat: the member is alive, and learns whether it has to join again.

#include "machine.hpp"

namespace millrace::groups {

Effects Machine::heartbeat(const HeartbeatRequest& request, Ticket to, Now now) {
  Turn turn{now, {}};
  const auto answer = [&](ErrorCode error) {
    turn.answer(to, HeartbeatReply{error});
    return std::move(turn.effects);
  };
  if (request.group_id.empty()) return answer(ErrorCode::invalid_group_id);
  Group* group = find(request.group_id);
  if (group == nullptr) return answer(ErrorCode::unknown_member_id);
  if (group->consumer) return answer(heartbeat_consumer_group(*group, request, turn));
  if (const ErrorCode error = check_member(*group, request.member_id, request.group_instance_id);
      error != ErrorCode::none)
    return answer(error);
  if (request.generation_id != group->generation()) return answer(ErrorCode::illegal_generation);

  const Member& member = *group->member(request.member_id);
  if (!member.parked_join && !member.parked_sync) arm_session(*group, member, now);
  return answer(group->is(GroupState::preparing_rebalance) ? ErrorCode::rebalance_in_progress : ErrorCode::none);
}

}  // namespace millrace::groups
