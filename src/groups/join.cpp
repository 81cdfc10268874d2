// JoinGroup, up to the point where a new member is in: checks, the round that hands out an id (KIP-394), adding.

#include <algorithm>
#include <limits>

#include "join_request.hpp"
#include "machine.hpp"
#include "millrace/core/check.hpp"

namespace millrace::groups {

std::string clipped(const std::string& text, std::size_t bytes) {
  if (text.size() <= bytes) return text;
  while (bytes > 0 && (static_cast<unsigned char>(text[bytes]) & 0xC0) == 0x80) --bytes;
  return text.substr(0, bytes);
}

std::vector<Protocol> distinct(const std::vector<Protocol>& protocols) {
  std::vector<Protocol> kept;
  for (const Protocol& protocol : protocols)
    if (std::ranges::none_of(kept, [&](const Protocol& other) { return other.name == protocol.name; }))
      kept.push_back(protocol);
  return kept;
}

Milliseconds rebalance_timeout_of(const JoinRequest& request) {
  constexpr Milliseconds longest{std::numeric_limits<std::int32_t>::max()};  // the field of a record
  if (request.rebalance_timeout < Milliseconds{0}) return request.session_timeout;
  return std::min(request.rebalance_timeout, longest);
}

namespace {

Member member_of(const JoinRequest& request, std::string member_id) {
  Member member;
  member.id = std::move(member_id);
  member.instance_id = request.group_instance_id;
  member.client_id = clipped(request.client_id, limits::client_text_max);
  member.client_host = clipped(request.client_host, limits::client_text_max);
  member.session_timeout = request.session_timeout;
  member.rebalance_timeout = rebalance_timeout_of(request);
  member.protocols = distinct(request.protocols);
  return member;
}

}  // namespace

Effects Machine::join(const JoinRequest& request, Ticket to, Now now) {
  Turn turn{now, {}};
  if (const ErrorCode error = check_join(request); error != ErrorCode::none) {
    turn.answer(to, refused_join(error, request.member_id));
    return std::move(turn.effects);
  }
  Group* group = find(request.group_id);
  if (const ErrorCode error = check_room(group, request); error != ErrorCode::none) {
    turn.answer(to, refused_join(error, request.member_id));
    return std::move(turn.effects);
  }
  if (group != nullptr && group->consumer) {
    make_way_for_classic(*group, request, turn);
    if (group->consumer) {
      join_consumer_group(*group, request, to, turn);
      return std::move(turn.effects);
    }
  }
  if (group == nullptr) {
    group = &create(request.group_id, now.wall);
    record(*group, turn);
  }
  if (!accepts(*group, request))
    turn_away(*group, request, to, turn);
  else if (request.member_id.empty())
    join_new(*group, request, to, turn);
  else
    join_known(*group, request, to, turn);
  return std::move(turn.effects);
}

ErrorCode Machine::check_join(const JoinRequest& request) const {
  if (request.group_id.empty() || request.group_id.size() > limits::group_id_max) return ErrorCode::invalid_group_id;
  if (request.session_timeout < config_.group_min_session_timeout ||
      request.session_timeout > config_.group_max_session_timeout)
    return ErrorCode::invalid_session_timeout;
  if (request.group_instance_id &&
      (request.group_instance_id->empty() || request.group_instance_id->size() > limits::group_id_max))
    return ErrorCode::invalid_request;
  if (request.protocol_type.empty() || request.protocol_type.size() > limits::group_id_max ||
      request.protocols.empty() || request.protocols.size() > config_.protocols_per_member_max)
    return ErrorCode::inconsistent_group_protocol;
  std::size_t bytes = 0;
  for (const Protocol& protocol : request.protocols) {
    if (protocol.name.size() > limits::group_id_max) return ErrorCode::inconsistent_group_protocol;
    bytes += protocol.name.size() + protocol.metadata.size();
  }
  return bytes > config_.member_metadata_bytes_max ? ErrorCode::policy_violation : ErrorCode::none;
}

ErrorCode Machine::check_room(Group* group, const JoinRequest& request) {
  if (group == nullptr) {
    if (!request.member_id.empty()) return ErrorCode::unknown_member_id;
    if (is_full()) return ErrorCode::policy_violation;
  }
  const Member* before = group == nullptr ? nullptr : group->member(request.member_id);
  const std::size_t freed = before == nullptr ? 0 : before->bytes();
  const std::size_t added = member_of(request, request.member_id).bytes();
  return totals_.members_bytes - freed + added > config_.members_bytes_max ? ErrorCode::policy_violation
                                                                           : ErrorCode::none;
}

bool Machine::accepts(Group& group, const JoinRequest& request) const {
  const Member* member = group.member(request.member_id);
  if (member == nullptr && request.member_id.empty() && request.group_instance_id)
    if (const std::string* holder = group.static_member_id(*request.group_instance_id)) member = group.member(*holder);
  if (!group.is(GroupState::preparing_rebalance))
    return member != nullptr || group.members().size() < config_.group_max_size;
  if (member != nullptr && member->parked_join) return true;
  // Those already waiting count, not all members: the last to come back is the one who is too many. Absent static
  // members keep their place.
  const std::size_t places =
      member != nullptr ? 0 : static_cast<std::size_t>(std::ranges::count_if(group.members(), [](const auto& entry) {
        return entry.second.is_static() && !entry.second.parked_join;
      }));
  return group.parked_joins() + places < config_.group_max_size;
}

void Machine::turn_away(Group& group, const JoinRequest& request, Ticket to, Turn& turn) {
  turn.answer(to, refused_join(ErrorCode::group_max_size_reached, ""));
  // Who is turned away is not waited for any more.
  if (group.pending.contains(request.member_id)) forget_pending(group, request.member_id);
  if (group.member(request.member_id) != nullptr &&
      check_member(group, request.member_id, request.group_instance_id) == ErrorCode::none)
    remove_member(group, request.member_id, turn);
  complete_join_if_ready(group, turn);
}

void Machine::join_new(Group& group, const JoinRequest& request, Ticket to, Turn& turn) {
  const std::string* holder = request.group_instance_id ? group.static_member_id(*request.group_instance_id) : nullptr;
  const Member* instead_of = holder == nullptr ? nullptr : group.member(*holder);
  if (!group.supports(request.protocol_type, request.protocols, instead_of)) {
    turn.answer(to, refused_join(ErrorCode::inconsistent_group_protocol, ""));
    return;
  }
  const std::string prefix =
      request.group_instance_id ? *request.group_instance_id : clipped(request.client_id, limits::client_text_max);
  std::string member_id = prefix + "-" + request.fresh_id;
  CHECK(group.member(member_id) == nullptr && !group.pending.contains(member_id), "fresh_id is new each time");
  if (holder != nullptr)
    replace_static(group, request, member_id, to, turn);
  else if (request.group_instance_id || !request.require_known_member_id)
    add_member(group, request, std::move(member_id), to, turn);
  else
    hand_out_id(group, request, std::move(member_id), to, turn);
}

void Machine::hand_out_id(Group& group, const JoinRequest& request, std::string member_id, Ticket to, Turn& turn) {
  make_room_for_pending(group, turn);
  pending_[++pending_turns_] = {group.id(), member_id};
  group.pending[member_id] = pending_turns_;
  totals_.pending_members = pending_.size();
  timers_.set({TimerKind::session, group.id(), member_id}, turn.now.steady + request.session_timeout);
  turn.answer(to, refused_join(ErrorCode::member_id_required, member_id));
}

void Machine::forget_pending(Group& group, const std::string& member_id) {
  const auto at = group.pending.find(member_id);
  CHECK(at != group.pending.end(), "only ids handed out are forgotten");
  pending_.erase(at->second);
  group.pending.erase(at);
  totals_.pending_members = pending_.size();
  disarm_session(group, member_id);
}

void Machine::make_room_for_pending(Group& group, Turn& turn) {
  // An honest client uses its id at once, so the oldest is most likely nobody's.
  if (group.pending.size() >= std::min(config_.group_max_size, config_.pending_members_max)) {
    const auto oldest = std::ranges::min_element(group.pending, {}, [](const auto& entry) { return entry.second; });
    forget_pending(group, std::string(oldest->first));
  } else if (pending_.size() >= config_.pending_members_max) {
    const auto [group_id, member_id] = pending_.begin()->second;
    Group& other = *find(group_id);
    forget_pending(other, member_id);
    complete_join_if_ready(other, turn);
  }
}

void Machine::add_member(Group& group, const JoinRequest& request, std::string member_id, Ticket to, Turn& turn) {
  if (group.is(GroupState::preparing_rebalance) && group.is_initial_rebalance) group.joined_during_delay = true;
  Member& member = group.add(member_of(request, std::move(member_id)), request.protocol_type);
  member.is_new = true;
  group.park_join(member, to);
  timers_.set({TimerKind::session, group.id(), member.id}, turn.now.steady + config_.new_member_join_timeout);
  rebalance_or_complete(group, turn);
}

void Machine::update_member(Group& group, Member& member, const JoinRequest& request) {
  group.set_protocols(member, distinct(request.protocols));
  member.session_timeout = request.session_timeout;
  member.rebalance_timeout = rebalance_timeout_of(request);
}

}  // namespace millrace::groups
