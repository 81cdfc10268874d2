// What happens because time has passed.

#include <algorithm>

#include "machine.hpp"
#include "millrace/core/check.hpp"

namespace millrace::groups {

Effects Machine::tick(Now now) {
  Turn turn{now, {}};
  for (std::size_t fired = 0; fired < config_.timers_per_tick; ++fired) {
    const auto timer = timers_.take_due(now.steady);
    if (!timer) break;
    fire(*timer, turn);
    if (timer->kind == TimerKind::sweep) break;  // has a bound of its own, and may be due again at once
  }
  give_up_awaits(turn);
  return std::move(turn.effects);
}

void Machine::fire(const TimerName& timer, Turn& turn) {
  if (timer.kind == TimerKind::sweep) {
    sweep(turn);
    return;
  }
  Group* group = find(timer.group_id);
  CHECK(group != nullptr, "a group that is erased has no timers");
  if (group->consumer) {
    // Whichever it was: the member did not do in time what it had to.
    CHECK(group->consumer->member(timer.member_id) != nullptr, "a member that is gone has no timers");
    fence(*group, timer.member_id, turn);
    return;
  }
  switch (timer.kind) {
    case TimerKind::join: join_timer(*group, turn); break;
    case TimerKind::sync: sync_timer(*group, turn); break;
    case TimerKind::session: session_timer(*group, timer.member_id, turn); break;
    case TimerKind::revoke: CHECK(false, "only members of consumer groups have it"); break;
    case TimerKind::sweep: break;
  }
}

void Machine::join_timer(Group& group, Turn& turn) {
  CHECK(group.is(GroupState::preparing_rebalance), "the join timer ends with its state");
  if (group.is_initial_rebalance && group.joined_during_delay && turn.now.steady < group.initial_delay_end) {
    group.joined_during_delay = false;
    const Instant later = turn.now.steady + config_.initial_rebalance_delay;
    timers_.set({TimerKind::join, group.id(), {}}, std::min(later, group.initial_delay_end));
    return;
  }
  complete_join(group, turn);
}

void Machine::sync_timer(Group& group, Turn& turn) {
  std::vector<std::string> silent;
  for (const auto& [id, member] : group.members())
    if (member.owes_sync) silent.push_back(id);
  CHECK(!silent.empty(), "the sync timer ends with the last SyncGroup");
  for (const std::string& id : silent) remove_member(group, id, turn);
  prepare_rebalance(group, turn);
}

void Machine::session_timer(Group& group, const std::string& member_id, Turn& turn) {
  if (group.pending.contains(member_id)) {
    forget_pending(group, member_id);
    complete_join_if_ready(group, turn);
    return;
  }
  CHECK(group.member(member_id) != nullptr, "a member that is gone has no timer");
  remove_member(group, member_id, turn);
  rebalance_or_complete(group, turn);
}

}  // namespace millrace::groups
