// Consumer groups out of the log. A compacted log keeps the newest record of each key where it was written, so a
// member's records may come before those of its group, and what a member has before what it said: each is taken as it
// comes.

#include <algorithm>
#include <limits>

#include "join_request.hpp"
#include "machine.hpp"
#include "millrace/core/check.hpp"
#include "millrace/groups/assignors.hpp"

namespace millrace::groups {

namespace {

std::string group_of(const AnyKey& key) {
  return std::visit([](const auto& any) { return any.group; }, key);
}

/// Changes the member of that id, or makes one that has said nothing yet.
template <class Change>
void change(ConsumerGroup& group, const std::string& member_id, Change&& change) {
  const ConsumerMember* known = group.member(member_id);
  ConsumerMember member =
      known != nullptr ? *known : ConsumerMember{.id = member_id, .about = {}, .has = {}, .is_told = false};
  change(member);
  group.put(std::move(member));
}

constexpr std::size_t text_max = std::numeric_limits<std::int16_t>::max();  // of a record's key, and of classic values

/// What bytes alone cannot promise, and another broker or another configuration may have written.
Result<ConsumerMemberValue> sound(Result<ConsumerMemberValue> decoded, const Config& config) {
  if (!decoded) return decoded;
  ConsumerMemberValue& value = *decoded;
  if (value.instance_id.value_or("").size() > text_max) return failure(Errc::corrupt, "an instance id is too long");
  value.client_id = clipped(value.client_id, limits::client_text_max);
  value.client_host = clipped(value.client_host, limits::client_text_max);
  if (value.server_assignor && find_assignor(*value.server_assignor) == nullptr) value.server_assignor.reset();
  if (value.subscribed_regex.value_or("").size() > config.regex_bytes_max) value.subscribed_regex.reset();
  if (value.classic && value.classic->protocols.empty()) value.classic.reset();
  if (value.classic) {
    for (const Protocol& protocol : value.classic->protocols)
      if (protocol.name.size() > text_max) return failure(Errc::corrupt, "the name of a protocol is too long");
    value.classic->session_timeout_ms =
        static_cast<std::int32_t>(std::clamp(Milliseconds{value.classic->session_timeout_ms},
                                             config.group_min_session_timeout, config.group_max_session_timeout)
                                      .count());
  }
  if (value.rebalance_timeout_ms < 0)
    value.rebalance_timeout_ms = static_cast<std::int32_t>(config.consumer_session_timeout.count());
  return decoded;
}

Result<ConsumerGroupValue> sound(Result<ConsumerGroupValue> decoded) {
  if (decoded && decoded->epoch < 0) return failure(Errc::corrupt, "the epoch of a group is negative");
  return decoded;
}

/// One after another: a key, its value, and what to do with it.
template <class Value, class Apply>
Result<void> apply(Result<Value> decoded, Apply&& apply) {
  if (!decoded) return failure_of(decoded);
  apply(std::move(*decoded));
  return {};
}

}  // namespace

Result<void> Machine::replay_consumer(const AnyKey& key, std::optional<ByteView> value) {
  const std::string group_id = group_of(key);
  Group* group = find(group_id);
  if (std::holds_alternative<ConsumerGroupTopicsKey>(key)) return {};
  if (!value) {
    if (group == nullptr || !group->consumer) return {};
    ConsumerGroup& consumer = *group->consumer;
    if (const auto* member = std::get_if<ConsumerMemberKey>(&key)) consumer.remove(member->member_id);
    if (const auto* target = std::get_if<TargetAssignmentKey>(&key)) consumer.forget_target(target->member_id);
    if (const auto* has = std::get_if<CurrentAssignmentKey>(&key))
      if (consumer.member(has->member_id) != nullptr) change(consumer, has->member_id, [](auto& it) { it.has = {}; });
    if (const auto* regex = std::get_if<RegularExpressionKey>(&key)) consumer.forget_expression(regex->expression);
    if (std::holds_alternative<TargetEpochKey>(key)) consumer.target_epoch = 0;
    if (!std::holds_alternative<ConsumerGroupKey>(key)) return {};
    group->consumer.reset();
    if (group->offsets().empty()) groups_.erase(group_id);
    return {};
  }

  // Made only once the value is known to be sound: a record that is not understood changes nothing.
  const auto made = [&]() -> ConsumerGroup& {
    if (group == nullptr) group = &create(group_id, no_timestamp);
    if (!group->consumer) {
      group->load(GroupValue{});
      group->consumer = std::make_unique<ConsumerGroup>(totals_);
    }
    return *group->consumer;
  };
  if (std::holds_alternative<ConsumerGroupKey>(key))
    return apply(sound(decode_consumer_group_value(*value)), [&](ConsumerGroupValue&& of) {
      ConsumerGroup& consumer = made();
      consumer.epoch = of.epoch;
      consumer.metadata_hash = of.metadata_hash;
    });
  if (const auto* member = std::get_if<ConsumerMemberKey>(&key))
    return apply(sound(decode_consumer_member_value(*value), config_), [&](ConsumerMemberValue&& of) {
      change(made(), member->member_id, [&](ConsumerMember& it) {
        it.about = std::move(of);
        it.is_told = true;
      });
    });
  if (std::holds_alternative<TargetEpochKey>(key))
    return apply(decode_target_epoch_value(*value), [&](TargetEpochValue&& of) { made().target_epoch = of.epoch; });
  if (const auto* target = std::get_if<TargetAssignmentKey>(&key))
    return apply(decode_target_assignment_value(*value),
                 [&](TargetAssignmentValue&& of) { made().set_target(target->member_id, std::move(of.partitions)); });
  if (const auto* has = std::get_if<CurrentAssignmentKey>(&key))
    return apply(decode_current_assignment_value(*value), [&](CurrentAssignmentValue&& of) {
      change(made(), has->member_id, [&](ConsumerMember& it) { it.has = std::move(of); });
    });
  const auto* regex = std::get_if<RegularExpressionKey>(&key);
  CHECK(regex != nullptr, "all other keys are dealt with above");
  return apply(decode_regular_expression_value(*value),
               [&](RegularExpressionValue&& of) { made().set_expression(regex->expression, std::move(of)); });
}

void Machine::loaded_consumer(Group& group, Now now) {
  ConsumerGroup& consumer = *group.consumer;
  std::vector<std::string> untold;
  for (const auto& [id, member] : consumer.members())
    if (!member.is_told) untold.push_back(id);
  for (const std::string& id : untold) consumer.remove(id);
  std::vector<std::string> aimless;
  for (const auto& [id, target] : consumer.targets())
    if (consumer.member(id) == nullptr) aimless.push_back(id);
  for (const std::string& id : aimless) consumer.forget_target(id);
  for (const auto& [id, member] : consumer.members()) {
    arm_session(group, member, now);
    if (member.has.state == MemberState::unrevoked && !member.uses_classic_protocol())
      timers_.set({TimerKind::revoke, group.id(), id}, now.steady + member.rebalance_timeout());
    if (member.uses_classic_protocol() && has_to_join_again(consumer, member))
      timers_.set({TimerKind::join, group.id(), id}, now.steady + member.rebalance_timeout());
  }
}

}  // namespace millrace::groups
