// LeaveGroup: one or many members go at once, by their own will or by an administrator's.

#include "machine.hpp"

namespace millrace::groups {

Effects Machine::leave(const LeaveRequest& request, Ticket to, Now now) {
  Turn turn{now, {}};
  LeaveReply reply;
  if (request.group_id.empty()) {
    reply.error = ErrorCode::invalid_group_id;
    turn.answer(to, std::move(reply));
    return std::move(turn.effects);
  }
  Group* group = find(request.group_id);
  if (group != nullptr && group->consumer) {
    leave_consumer_group(*group, request, reply, turn);
    turn.answer(to, std::move(reply));
    return std::move(turn.effects);
  }
  bool anybody_left = false;
  for (const LeaveRequest::Member& who : request.members) {
    LeaveReply::Member& answer = reply.members.emplace_back(who.member_id, who.group_instance_id);
    if (group == nullptr) {
      answer.error = ErrorCode::unknown_member_id;
      continue;
    }
    if (group->pending.contains(who.member_id)) {
      forget_pending(*group, who.member_id);
      continue;
    }
    std::string member_id = who.member_id;
    // An administrator knows a static member by its instance id only.
    if (member_id.empty() && who.group_instance_id)
      if (const std::string* holder = group->static_member_id(*who.group_instance_id)) member_id = *holder;
    answer.error = check_member(*group, member_id, who.group_instance_id);
    if (answer.error != ErrorCode::none) continue;
    remove_member(*group, member_id, turn);
    anybody_left = true;
  }
  if (anybody_left && !group->is(GroupState::preparing_rebalance))
    prepare_rebalance(*group, turn);
  else if (group != nullptr)
    complete_join_if_ready(*group, turn);
  turn.answer(to, std::move(reply));
  return std::move(turn.effects);
}

}  // namespace millrace::groups
