// ConsumerGroupHeartbeat: a member of a consumer group joins, says what it wants and has, learns what to have, leaves.

#include <algorithm>

#include "join_request.hpp"
#include "machine.hpp"
#include "millrace/groups/assignors.hpp"
#include "regex.hpp"

namespace millrace::groups {

namespace {

bool is_blank(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; });
}

bool is_subset(const Assignment& part, const EpochAssignment& whole) {
  return std::ranges::all_of(part, [&](const auto& entry) {
    const auto at = whole.find(entry.first);
    return at != whole.end() &&
           std::ranges::all_of(entry.second, [&](PartitionIndex partition) { return at->second.contains(partition); });
  });
}

std::string quoted(std::string_view text) { return '"' + std::string(text) + '"'; }

/// What the member says of itself after this request.
ConsumerMemberValue updated(ConsumerMemberValue about, const ConsumerHeartbeatRequest& request) {
  if (request.instance_id) about.instance_id = request.instance_id;
  if (request.rack_id) about.rack_id = request.rack_id;
  if (request.rebalance_timeout)
    about.rebalance_timeout_ms = static_cast<std::int32_t>(request.rebalance_timeout->count());
  if (request.server_assignor) about.server_assignor = request.server_assignor;
  if (request.subscribed_regex) about.subscribed_regex = request.subscribed_regex;
  if (request.subscribed_topics) {
    about.subscribed_topics = *request.subscribed_topics;
    std::ranges::sort(about.subscribed_topics);
    const auto rest = std::ranges::unique(about.subscribed_topics);
    about.subscribed_topics.erase(rest.begin(), rest.end());
  }
  about.client_id = clipped(request.client_id, limits::client_text_max);
  about.client_host = clipped(request.client_host, limits::client_text_max);
  about.classic.reset();
  return about;
}

bool is_full_request(const ConsumerHeartbeatRequest& request) {
  return request.member_epoch == epoch_joining ||
         (request.rebalance_timeout && (request.subscribed_topics || request.subscribed_regex) && request.owned);
}

}  // namespace

Effects Machine::consumer_heartbeat(const ConsumerHeartbeatRequest& request, Ticket to, Now now) {
  Turn turn{now, {}};
  const auto refuse = [&](Refusal why) {
    ConsumerHeartbeatReply reply;
    reply.error = why.error;
    reply.message = std::move(why.message);
    turn.answer(to, std::move(reply));
    return std::move(turn.effects);
  };
  if (auto why = check_heartbeat(request)) return refuse(std::move(*why));
  if (request.member_epoch < 0) {
    leave_consumer_group(request, to, turn);
    return std::move(turn.effects);
  }
  const bool joins = request.member_epoch == epoch_joining;
  Group* group = find(request.group_id);
  if (!joins && group == nullptr)
    return refuse({ErrorCode::group_id_not_found, "there is no group " + quoted(request.group_id)});
  if (group != nullptr && !group->consumer) {
    if (!joins)
      return refuse({ErrorCode::group_id_not_found, "group " + quoted(request.group_id) + " is not a consumer group"});
    if (auto why = check_upgrade(*group)) return refuse(std::move(*why));
  }
  if (auto why = check_room(group, request)) return refuse(std::move(*why));
  if (group != nullptr && group->consumer)
    if (auto why = check_known(*group->consumer, request)) return refuse(std::move(*why));

  if (group == nullptr) {
    group = &create(request.group_id, now.wall);
    group->consumer = std::make_unique<ConsumerGroup>(totals_);
    group->consumer->epoch = 1;
  } else if (!group->consumer) {
    upgrade(*group, turn);
  }
  const std::string member_id = request.member_id.empty() ? request.fresh_id : request.member_id;
  ConsumerMember member{.id = member_id, .about = {}, .has = {}};
  std::optional<ConsumerMemberValue> was;
  const ConsumerMember* known = group->consumer->member(member_id);
  const ConsumerMember* holder = request.instance_id ? group->consumer->static_member(*request.instance_id) : nullptr;
  if (joins && holder != nullptr)
    member = succeed(*group, *holder, member_id, turn);
  else if (known != nullptr)
    member = *known;
  if (holder != nullptr || known != nullptr) was = member.about;
  const EpochAssignment had = member.has.assigned;
  member.about = updated(std::move(member.about), request);

  const ConsumerMember& moved = take_in(*group, was, std::move(member), request.owned, turn);
  timers_.cancel({TimerKind::join, group->id(), member_id});
  timers_.cancel({TimerKind::sync, group->id(), member_id});
  arm_session(*group, moved, now);
  ConsumerHeartbeatReply reply;
  reply.member_id = member_id;
  reply.member_epoch = moved.has.member_epoch;
  reply.heartbeat_interval = heartbeat_interval(*group);
  if (is_full_request(request) || without_epochs(moved.has.assigned) != without_epochs(had))
    reply.assignment = without_epochs(moved.has.assigned);
  turn.answer(to, std::move(reply));
  return std::move(turn.effects);
}

Machine::Refused Machine::check_heartbeat(const ConsumerHeartbeatRequest& request) const {
  const auto invalid = [](std::string message) { return Refusal{ErrorCode::invalid_request, std::move(message)}; };
  const std::int32_t epoch = request.member_epoch;
  if ((request.requires_member_id || epoch != epoch_joining) && is_blank(request.member_id))
    return invalid("member_id is empty");
  const auto text_fault = [](std::string_view name, std::string_view text) -> Refused {
    if (text.size() <= limits::group_id_max) return std::nullopt;
    return Refusal{ErrorCode::invalid_request, std::string(name) + " has " + std::to_string(text.size()) +
                                                   " bytes, more than " + std::to_string(limits::group_id_max)};
  };
  if (is_blank(request.group_id)) return invalid("group_id is empty");
  if (request.instance_id && is_blank(*request.instance_id)) return invalid("instance_id is empty");
  if (request.rack_id && is_blank(*request.rack_id)) return invalid("rack_id is empty");
  if (auto why = text_fault("group_id", request.group_id)) return why;
  if (auto why = text_fault("member_id", request.member_id)) return why;
  if (auto why = text_fault("instance_id", request.instance_id.value_or(""))) return why;
  if (auto why = text_fault("rack_id", request.rack_id.value_or(""))) return why;
  if (epoch == epoch_joining) {
    if (!request.rebalance_timeout) return invalid("rebalance_timeout_ms is missing, which who joins has to state");
    if (!request.owned || !request.owned->empty()) return invalid("topic_partitions is not empty: who joins owns none");
    if (!request.subscribed_topics && !request.subscribed_regex)
      return invalid("neither subscribed_topic_names nor subscribed_topic_regex says what is to be read");
  } else if (epoch == epoch_leaving_for_now) {
    if (!request.instance_id) return invalid("instance_id is missing: only static members leave for now");
  } else if (epoch < epoch_leaving_for_now) {
    return invalid("member_epoch is " + std::to_string(epoch) + ", and the lowest is -2");
  }
  if (request.server_assignor && find_assignor(*request.server_assignor) == nullptr)
    return Refusal{ErrorCode::unsupported_assignor, "server_assignor is none of " + std::string(assignor_names)};
  if (!request.subscribed_regex || request.subscribed_regex->empty()) return std::nullopt;
  if (request.subscribed_regex->size() > config_.regex_bytes_max)
    return Refusal{ErrorCode::invalid_regular_expression,
                   "subscribed_topic_regex has more than " + std::to_string(config_.regex_bytes_max) + " bytes"};
  if (auto fault = regex_fault(*request.subscribed_regex))
    return Refusal{ErrorCode::invalid_regular_expression, "subscribed_topic_regex: " + *fault};
  return std::nullopt;
}

Machine::Refused Machine::check_room(const Group* group, const ConsumerHeartbeatRequest& request) const {
  if (group == nullptr && is_full())
    return Refusal{ErrorCode::policy_violation, "there are as many groups as there may be"};
  const ConsumerMember* known = nullptr;
  if (group != nullptr && group->consumer) {
    known = group->consumer->member(request.member_id);
    if (known == nullptr && request.instance_id) known = group->consumer->static_member(*request.instance_id);
    if (known == nullptr && request.member_epoch == epoch_joining &&
        group->consumer->members().size() >= config_.group_max_size)
      return Refusal{ErrorCode::group_max_size_reached,
                     "the group has as many members as it may, " + std::to_string(config_.group_max_size)};
  }
  std::size_t wants = 0;
  for (const std::string& name : request.subscribed_topics.value_or(std::vector<std::string>{})) {
    if (name.size() > limits::topic_name_max)
      return Refusal{ErrorCode::invalid_request, "a name in subscribed_topic_names has " + std::to_string(name.size()) +
                                                     " bytes, more than " + std::to_string(limits::topic_name_max)};
    wants += name.size();
  }
  if (wants > config_.member_metadata_bytes_max)
    return Refusal{ErrorCode::policy_violation,
                   "subscribed_topic_names has more bytes than " + std::to_string(config_.member_metadata_bytes_max)};
  if (!request.subscribed_topics && !request.subscribed_regex && known != nullptr) return std::nullopt;
  ConsumerMember wanted{.id = request.member_id, .about = updated({}, request), .has = {}};
  const std::size_t freed = known == nullptr ? 0 : known->bytes();
  if (totals_.members_bytes + wanted.bytes() > config_.members_bytes_max + freed)
    return Refusal{ErrorCode::policy_violation, "the members of all groups take as much memory as they may"};
  return std::nullopt;
}

Machine::Refused Machine::check_known(const ConsumerGroup& group, const ConsumerHeartbeatRequest& request) const {
  const bool joins = request.member_epoch == epoch_joining;
  const ConsumerMember* member = group.member(request.member_id);
  if (request.instance_id) {
    const ConsumerMember* holder = group.static_member(*request.instance_id);
    if (joins && holder != nullptr) {
      // It may be taken over from one that said it would be back, or that cannot say so.
      if (holder->left_for_now() || holder->uses_classic_protocol() || holder->id == request.member_id)
        return std::nullopt;
      return Refusal{ErrorCode::unreleased_instance_id,
                     "instance_id is that of member " + quoted(holder->id) + ", which has not left"};
    }
    if (joins) return std::nullopt;
    if (holder == nullptr) return Refusal{ErrorCode::unknown_member_id, "instance_id is that of no member"};
    if (holder->id != request.member_id)
      return Refusal{ErrorCode::fenced_instance_id, "instance_id is now that of member " + quoted(holder->id)};
    member = holder;
  }
  if (member == nullptr) return joins ? Refused{} : Refusal{ErrorCode::unknown_member_id, "there is no such member"};
  const std::int32_t epoch = member->has.member_epoch;
  const bool answer_was_lost = request.member_epoch == member->has.previous_epoch && request.owned &&
                               is_subset(*request.owned, member->has.assigned);
  if (joins || request.member_epoch == epoch || answer_was_lost) return std::nullopt;
  return Refusal{ErrorCode::fenced_member_epoch, "member_epoch is " + std::to_string(request.member_epoch) +
                                                     " and should be " + std::to_string(epoch) +
                                                     ": the member has to give up all partitions and join again"};
}

void Machine::leave_consumer_group(const ConsumerHeartbeatRequest& request, Ticket to, Turn& turn) {
  ConsumerHeartbeatReply reply;
  reply.member_epoch = request.member_epoch;
  const auto refuse = [&](ErrorCode error, std::string message) {
    reply = {};
    reply.error = error;
    reply.message = std::move(message);
    turn.answer(to, std::move(reply));
  };
  Group* group = find(request.group_id);
  if (group == nullptr || !group->consumer)
    return refuse(ErrorCode::group_id_not_found, "there is no consumer group " + quoted(request.group_id));
  const ConsumerMember* member = group->consumer->member(request.member_id);
  if (request.instance_id) {
    member = group->consumer->static_member(*request.instance_id);
    if (member != nullptr && member->id != request.member_id)
      return refuse(ErrorCode::fenced_instance_id, "instance_id is now that of member " + quoted(member->id));
  }
  if (member == nullptr) return refuse(ErrorCode::unknown_member_id, "there is no such member");
  reply.member_id = request.member_id;
  if (request.member_epoch == epoch_leaving) {
    fence(*group, request.member_id, turn);
  } else {
    // It keeps its partitions until it is back, or its session ends.
    ConsumerMember gone = *member;
    gone.has.member_epoch = epoch_leaving_for_now;
    gone.has.to_revoke.clear();
    turn.write(CurrentAssignmentKey{group->id(), gone.id}, gone.has);
    timers_.cancel({TimerKind::revoke, group->id(), gone.id});
    group->consumer->put(std::move(gone));
  }
  turn.answer(to, std::move(reply));
}

}  // namespace millrace::groups
