// A rebalance from its first cause to the answers of its joins.

#include <algorithm>

#include "machine.hpp"

namespace millrace::groups {

void Machine::rebalance_or_complete(Group& group, Turn& turn) {
  if (group.is(GroupState::preparing_rebalance))
    complete_join_if_ready(group, turn);
  else
    prepare_rebalance(group, turn);
}

void Machine::prepare_rebalance(Group& group, Turn& turn) {
  if (group.is(GroupState::completing_rebalance)) answer_parked_syncs(group, ErrorCode::rebalance_in_progress, turn);
  timers_.cancel({TimerKind::sync, group.id(), {}});
  ++totals_.classic_rebalances;

  const bool initial = group.is(GroupState::empty);
  group.transition_to(GroupState::preparing_rebalance, turn.now.wall);
  group.is_initial_rebalance = initial;
  group.joined_during_delay = false;
  if (!initial && group.everybody_joined()) {
    complete_join(group, turn);
  } else if (!initial) {
    timers_.set({TimerKind::join, group.id(), {}}, turn.now.steady + group.rebalance_timeout());
  } else if (config_.initial_rebalance_delay > Milliseconds{0}) {
    const Milliseconds delay = config_.initial_rebalance_delay;
    group.initial_delay_end = turn.now.steady + std::max(delay, group.rebalance_timeout());
    timers_.set({TimerKind::join, group.id(), {}}, turn.now.steady + delay);
  } else {
    complete_join(group, turn);
  }
}

void Machine::complete_join_if_ready(Group& group, Turn& turn) {
  if (group.is(GroupState::preparing_rebalance) && !group.is_initial_rebalance && group.everybody_joined())
    complete_join(group, turn);
}

void Machine::complete_join(Group& group, Turn& turn) {
  std::vector<std::string> absent;
  for (const auto& [id, member] : group.members())
    if (!member.parked_join && !member.is_static()) absent.push_back(id);
  for (const std::string& id : absent) remove_member(group, id, turn);

  if (!group.members().empty() && !group.elect_joined_leader()) {
    // Only absent static members are left. Their session timers decide; until then there is nobody to lead. A client
    // may have set a rebalance timeout of 0, with which this timer would fire without end.
    const Milliseconds again = std::max(group.rebalance_timeout(), config_.group_min_session_timeout);
    timers_.set({TimerKind::join, group.id(), {}}, turn.now.steady + again);
    return;
  }
  timers_.cancel({TimerKind::join, group.id(), {}});
  group.begin_generation(turn.now.wall);
  settle_withheld(group, turn);
  if (group.is(GroupState::empty)) {
    record(group, turn);
    return;
  }
  for (const auto& [id, unused] : group.members()) {
    Member& member = *group.member(id);
    member.owes_sync = true;
    const auto parked = group.take_parked_join(member);
    if (!parked) continue;  // an absent static member keeps the time that it has left
    member.is_new = false;
    arm_session(group, member, turn.now);
    turn.answer(*parked, current_generation(group, member));
  }
  timers_.set({TimerKind::sync, group.id(), {}}, turn.now.steady + group.rebalance_timeout());
}

void Machine::remove_member(Group& group, const std::string& member_id, Turn& turn) {
  Member& member = *group.member(member_id);
  // The client, if it is still there, is told to come again as a new member.
  if (const auto parked = group.take_parked_join(member))
    turn.answer(*parked, refused_join(ErrorCode::unknown_member_id, ""));
  if (const auto parked = std::exchange(member.parked_sync, std::nullopt))
    turn.answer(*parked, refused_sync(ErrorCode::unknown_member_id));
  disarm_session(group, member_id);
  group.remove(member_id);
}

void Machine::answer_parked_syncs(Group& group, ErrorCode error, Turn& turn) {
  for (const auto& [id, unused] : group.members()) {
    Member& member = *group.member(id);
    const auto parked = std::exchange(member.parked_sync, std::nullopt);
    if (!parked) continue;
    SyncReply reply = refused_sync(error);
    if (error == ErrorCode::none) {
      reply.protocol_type = group.protocol_type();
      reply.protocol_name = group.protocol();
      reply.assignment = member.assignment;
    }
    turn.answer(*parked, std::move(reply));
    // Whoever joins again in the same breath is parked and has no session timer.
    if (!member.parked_join) arm_session(group, member, turn.now);
  }
}

void Machine::synced(Group& group, Member& member) {
  member.owes_sync = false;
  if (std::ranges::none_of(group.members(), [](const auto& entry) { return entry.second.owes_sync; }))
    timers_.cancel({TimerKind::sync, group.id(), {}});
}

}  // namespace millrace::groups
