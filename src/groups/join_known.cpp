// JoinGroup of somebody who is known: a member that joins again, or a static member that came back without its id.

#include "machine.hpp"

namespace millrace::groups {

void Machine::join_known(Group& group, const JoinRequest& request, Ticket to, Turn& turn) {
  Member* member = group.member(request.member_id);
  if (!group.supports(request.protocol_type, request.protocols, member)) {
    turn.answer(to, refused_join(ErrorCode::inconsistent_group_protocol, request.member_id));
    return;
  }
  if (!request.group_instance_id && group.pending.contains(request.member_id)) {
    forget_pending(group, request.member_id);
    add_member(group, request, request.member_id, to, turn);
    return;
  }
  if (const ErrorCode error = check_member(group, request.member_id, request.group_instance_id);
      error != ErrorCode::none) {
    turn.answer(to, refused_join(error, request.member_id));
    return;
  }
  rejoin(group, *member, request, to, turn);
}

void Machine::rejoin(Group& group, Member& member, const JoinRequest& request, Ticket to, Turn& turn) {
  const bool unchanged = member.protocols == request.protocols;
  // A leader that joins a stable group wants a rebalance: the topics have changed, not its metadata.
  const bool answered_now = (group.is(GroupState::completing_rebalance) && unchanged) ||
                            (group.is(GroupState::stable) && unchanged && !group.is_leader(member));
  if (answered_now) {
    turn.answer(to, current_generation(group, member));
    return;
  }
  update_member(group, member, request);
  park_join(group, member, to, turn);
  rebalance_or_complete(group, turn);
}

void Machine::park_join(Group& group, Member& member, Ticket to, Turn& turn) {
  // The member asked again, so nobody reads the first answer any more; each ticket gets one all the same.
  if (const auto earlier = group.take_parked_join(member))
    turn.answer(*earlier, refused_join(ErrorCode::rebalance_in_progress, member.id));
  group.park_join(member, to);
  if (!member.is_new) disarm_session(group, member.id);
}

JoinReply Machine::current_generation(const Group& group, const Member& member) const {
  JoinReply reply;
  reply.generation_id = group.generation();
  reply.protocol_type = group.protocol_type();
  reply.protocol_name = group.protocol();
  reply.leader = group.leader().value_or("");
  reply.member_id = member.id;
  if (!group.is_leader(member)) return reply;
  for (const auto& [id, each] : group.members())
    reply.members.push_back({id, each.instance_id, each.metadata_of(group.protocol())});
  return reply;
}

void Machine::replace_static(Group& group, const JoinRequest& request, const std::string& new_id, Ticket to,
                             Turn& turn) {
  const std::string old_id = *group.static_member_id(*request.group_instance_id);
  const std::optional<std::string> leader_before = group.leader();
  Member& old = *group.member(old_id);
  if (const auto parked = group.take_parked_join(old))
    turn.answer(*parked, refused_join(ErrorCode::fenced_instance_id, old_id));
  if (const auto parked = std::exchange(old.parked_sync, std::nullopt))
    turn.answer(*parked, refused_sync(ErrorCode::fenced_instance_id));
  disarm_session(group, old_id);

  Member& member = group.rename(old_id, new_id);
  member.is_new = false;
  update_member(group, member, request);
  if (group.is(GroupState::stable) && group.select_protocol() == group.protocol() &&
      encode_value(group.to_record()).size() <= config_.group_record_bytes_max) {
    // Back after a restart: it takes over its assignment and nobody else notices. Its metadata is not compared, for a
    // sticky assignor writes into it what the process owned, which a fresh process cannot know.
    arm_session(group, member, turn.now);
    record(group, turn);
    JoinReply reply = current_generation(group, member);
    if (request.supports_skipping_assignment) {
      reply.skip_assignment = group.is_leader(member);
    } else {
      // It must not think that it has to assign: it is given the leader's old id, which is not its own.
      reply.leader = leader_before.value_or("");
      reply.members.clear();
    }
    turn.answer(to, std::move(reply));
    return;
  }
  park_join(group, member, to, turn);
  rebalance_or_complete(group, turn);
}

}  // namespace millrace::groups
