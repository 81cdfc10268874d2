// Waiting for a group to commit past an offset: so that whoever has published an event can wait until what reads it has
// taken it in (read your writes). Whoever waits is told with the commit itself, and so when that is durable.

#include <algorithm>

#include "machine.hpp"

namespace millrace::groups {

Effects Machine::await(const AwaitRequest& request, Ticket to, Now now) {
  Turn turn{now, {}};
  AwaitReply reply;
  Awaited awaited{request.group_id, request.topic, request.partition};
  reply.committed = committed_for(awaited);
  reply.is_past = reply.committed > request.offset;
  if (request.group_id.empty() || request.group_id.size() > limits::group_id_max) {
    reply.error = ErrorCode::invalid_group_id;
    reply.message = "a group id has 1 to " + std::to_string(limits::group_id_max) + " bytes";
  } else if (!reply.is_past && awaits_.size() >= config_.awaits_max) {
    reply.error = ErrorCode::policy_violation;
    reply.message = "as many wait for commits as may";
  } else if (!reply.is_past && request.patience > Milliseconds::zero()) {
    awaits_.add(std::move(awaited), request.offset, to, now.steady + request.patience);
    return std::move(turn.effects);
  }
  turn.answer(to, std::move(reply));
  return std::move(turn.effects);
}

Offset Machine::committed_for(const Awaited& awaited) const {
  const Group* group = find(awaited.group);
  const OffsetValue* value = group == nullptr ? nullptr : group->committed(awaited.topic, awaited.partition);
  return value == nullptr ? no_offset : value->offset;
}

void Machine::tell_who_awaits(const Group& group, const std::string& topic, PartitionIndex partition, Turn& turn) {
  if (awaits_.size() == 0) return;
  const Awaited awaited{group.id(), topic, partition};
  const Offset committed = committed_for(awaited);
  for (const Ticket to : awaits_.take_reached(awaited, committed)) {
    turn.answer(to, AwaitReply{.error = ErrorCode::none, .message = {}, .is_past = true, .committed = committed});
  }
}

void Machine::give_up_awaits(Turn& turn) {
  for (std::size_t given_up = 0; given_up < config_.timers_per_tick; ++given_up) {
    const auto late = awaits_.take_overdue(turn.now.steady);
    if (!late) return;
    turn.answer(
        late->second,
        AwaitReply{.error = ErrorCode::none, .message = {}, .is_past = false, .committed = committed_for(late->first)});
  }
}

std::optional<Instant> Machine::next_deadline() const {
  const auto timer = timers_.next(), await = awaits_.next();
  if (!timer || !await) return timer ? timer : await;
  return std::min(*timer, *await);
}

}  // namespace millrace::groups
