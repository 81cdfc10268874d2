// Members that use the classic protocol in a consumer group (KIP-848, "Migration"): what they send is translated, what
// they are told to do is to join again whenever something is to change.
//
// Each step of a reconciliation takes one round of joining: a member that has to give something up learns of it by
// REBALANCE_IN_PROGRESS, joins with what it still owns, and synchronises to get what it may have.

#include <utility>

#include "join_request.hpp"
#include "machine.hpp"

namespace millrace::groups {

void Machine::make_way_for_classic(Group& group, const JoinRequest& request, Turn& turn) {
  const ConsumerMember* holder =
      request.group_instance_id ? group.consumer->static_member(*request.group_instance_id) : nullptr;
  // A static member comes back with the other protocol, and was the last that kept the group from being classic. Nobody
  // makes way for one who could not join.
  const bool comes_back = holder != nullptr && request.member_id.empty() && !holder->uses_classic_protocol() &&
                          request.protocol_type == consumer_protocol_type &&
                          group.consumer->supports(request.protocols, holder->id);
  if (comes_back && (group.consumer->only_classic_members(holder->id) || group.consumer->members().size() == 1))
    fence(group, std::string(holder->id), turn);
  if (!group.consumer || !group.consumer->members().empty()) return;
  erase_consumer_records(group, turn);
  group.consumer.reset();
  record(group, turn);
}

void Machine::join_consumer_group(Group& group, const JoinRequest& request, Ticket to, Turn& turn) {
  ConsumerGroup& consumer = *group.consumer;
  const bool is_stranger = request.member_id.empty();
  const std::string member_id = is_stranger ? request.fresh_id : request.member_id;
  const auto refuse = [&](ErrorCode error, std::string id) { turn.answer(to, refused_join(error, std::move(id))); };
  if (member_id.size() > limits::group_id_max) return refuse(ErrorCode::unknown_member_id, request.member_id);

  const std::vector<Protocol> protocols = distinct(request.protocols);
  const ConsumerMember* known = consumer.member(member_id);
  const ConsumerMember* holder =
      request.group_instance_id ? consumer.static_member(*request.group_instance_id) : nullptr;
  if (known == nullptr && holder == nullptr && consumer.members().size() >= config_.group_max_size)
    return refuse(ErrorCode::group_max_size_reached, "");
  const auto subscription = read_subscription(protocols.front().metadata);
  if (request.protocol_type != consumer_protocol_type || !subscription || !consumer.supports(protocols, member_id))
    return refuse(ErrorCode::inconsistent_group_protocol, is_stranger ? "" : request.member_id);
  if (is_stranger && !request.group_instance_id && request.require_known_member_id)
    return refuse(ErrorCode::member_id_required, member_id);

  ConsumerMember member{.id = member_id, .about = {}, .has = {}};
  if (request.group_instance_id && !is_stranger) {
    if (holder == nullptr) return refuse(ErrorCode::unknown_member_id, member_id);
    if (holder->id != member_id) return refuse(ErrorCode::fenced_instance_id, member_id);
    member = *holder;
  } else if (holder != nullptr) {
    member = succeed(group, *holder, member_id, turn);
  } else if (known != nullptr) {
    member = *known;
  }
  std::optional<ConsumerMemberValue> was;
  if (holder != nullptr || known != nullptr) was = member.about;
  member.about.instance_id = request.group_instance_id;
  member.about.rack_id = subscription->rack_id;
  member.about.client_id = clipped(request.client_id, limits::client_text_max);
  member.about.client_host = clipped(request.client_host, limits::client_text_max);
  const ConsumerGroup::Names topics(subscription->topics.begin(), subscription->topics.end());
  member.about.subscribed_topics.assign(topics.begin(), topics.end());
  member.about.subscribed_regex.reset();
  member.about.server_assignor.reset();
  member.about.rebalance_timeout_ms = static_cast<std::int32_t>(rebalance_timeout_of(request).count());
  member.about.classic = ClassicMember{static_cast<std::int32_t>(request.session_timeout.count()), protocols};

  const ConsumerMember& moved = take_in(group, was, std::move(member), existing(subscription->owned), turn);
  timers_.cancel({TimerKind::join, group.id(), member_id});
  timers_.set({TimerKind::sync, group.id(), member_id}, turn.now.steady + moved.rebalance_timeout());
  arm_session(group, moved, turn.now);
  JoinReply reply;
  reply.generation_id = moved.has.member_epoch;
  reply.protocol_type = std::string(consumer_protocol_type);
  reply.protocol_name = moved.about.classic->protocols.front().name;
  reply.member_id = member_id;
  turn.answer(to, std::move(reply));
}

ErrorCode Machine::check_classic_member(const ConsumerGroup& group, const std::string& member_id,
                                        const std::optional<std::string>& instance_id) const {
  const ConsumerMember* member = group.member(member_id);
  if (instance_id) {
    const ConsumerMember* holder = group.static_member(*instance_id);
    if (holder != nullptr && holder->id != member_id) return ErrorCode::fenced_instance_id;
    member = holder;
  }
  return member == nullptr || !member->uses_classic_protocol() ? ErrorCode::unknown_member_id : ErrorCode::none;
}

bool Machine::has_to_join_again(const ConsumerGroup& group, const ConsumerMember& member) {
  return member.has.member_epoch < group.epoch || member.has.state == MemberState::unrevoked ||
         (member.has.state == MemberState::unreleased && !group.waits_for_others(member));
}

SyncReply Machine::sync_consumer_group(Group& group, const SyncRequest& request, Turn& turn) {
  const ConsumerGroup& consumer = *group.consumer;
  if (const ErrorCode error = check_classic_member(consumer, request.member_id, request.group_instance_id);
      error != ErrorCode::none)
    return refused_sync(error);
  const ConsumerMember& member = *consumer.member(request.member_id);
  if (request.generation_id != member.has.member_epoch) return refused_sync(ErrorCode::illegal_generation);
  const Protocol& protocol = member.about.classic->protocols.front();
  if ((request.protocol_type && request.protocol_type != consumer_protocol_type) ||
      (request.protocol_name && request.protocol_name != protocol.name))
    return refused_sync(ErrorCode::inconsistent_group_protocol);
  timers_.cancel({TimerKind::sync, group.id(), member.id});
  arm_session(group, member, turn.now);
  // One that has to give something up has joined already, and is to learn what.
  if (member.has.member_epoch < consumer.epoch && member.has.state != MemberState::unrevoked) {
    expect_join(group, member, turn);
    return refused_sync(ErrorCode::rebalance_in_progress);
  }
  const auto subscription = read_subscription(protocol.metadata);
  SyncReply reply;
  reply.protocol_type = std::string(consumer_protocol_type);
  reply.protocol_name = protocol.name;
  reply.assignment =
      write_assignment(subscription ? subscription->version : std::int16_t{0}, named(member.has.assigned));
  return reply;
}

void Machine::expect_join(const Group& group, const ConsumerMember& member, Turn& turn) {
  TimerName join{TimerKind::join, group.id(), member.id};
  if (!timers_.is_set(join)) timers_.set(std::move(join), turn.now.steady + member.rebalance_timeout());
}

ErrorCode Machine::heartbeat_consumer_group(Group& group, const HeartbeatRequest& request, Turn& turn) {
  const ConsumerGroup& consumer = *group.consumer;
  if (const ErrorCode error = check_classic_member(consumer, request.member_id, request.group_instance_id);
      error != ErrorCode::none)
    return error;
  const ConsumerMember& member = *consumer.member(request.member_id);
  if (request.generation_id != member.has.member_epoch) return ErrorCode::illegal_generation;
  arm_session(group, member, turn.now);
  if (!has_to_join_again(consumer, member)) return ErrorCode::none;
  expect_join(group, member, turn);
  return ErrorCode::rebalance_in_progress;
}

void Machine::leave_consumer_group(Group& group, const LeaveRequest& request, LeaveReply& reply, Turn& turn) {
  bool anybody_left = false;
  for (const LeaveRequest::Member& who : request.members) {
    LeaveReply::Member& answer = reply.members.emplace_back(who.member_id, who.group_instance_id);
    std::string member_id = who.member_id;
    // An administrator knows a static member by its instance id only.
    if (member_id.empty() && who.group_instance_id)
      if (const ConsumerMember* holder = group.consumer->static_member(*who.group_instance_id)) member_id = holder->id;
    answer.error = check_classic_member(*group.consumer, member_id, who.group_instance_id);
    if (answer.error != ErrorCode::none) continue;
    remove_consumer_member(group, member_id, turn);
    anybody_left = true;
  }
  if (!anybody_left) return;
  forget_unused_expressions(group, turn);
  bump_epoch(group, turn);
  release_withheld(group, turn);
}

}  // namespace millrace::groups
