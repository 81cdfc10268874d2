// The state out of the log: each record on its own, then the timers of the members that were found.

#include <algorithm>
#include <set>

#include "machine.hpp"
#include "millrace/core/check.hpp"

namespace millrace::groups {

namespace {

Failure contradiction(const std::string& group_id, const std::string& what) {
  return failure(Errc::corrupt, "record of group \"" + group_id + "\": " + what);
}

/// What Group::load relies on, and what bytes alone cannot promise.
Result<void> check(const std::string& group_id, const GroupValue& value) {
  if (value.generation < 0) return contradiction(group_id, "generation is negative");
  if (value.members.empty()) return {};
  if (value.protocol_type.empty()) return contradiction(group_id, "has members and no protocol type");
  if (!value.protocol) return contradiction(group_id, "has members and no protocol");
  std::set<std::string_view> ids;
  std::set<std::string_view> instances;
  for (const GroupValue::Member& member : value.members) {
    if (!ids.insert(member.member_id).second)
      return contradiction(group_id, "member id \"" + member.member_id + "\" occurs twice");
    if (member.group_instance_id && !instances.insert(*member.group_instance_id).second)
      return contradiction(group_id, "instance id \"" + *member.group_instance_id + "\" occurs twice");
  }
  if (!value.leader || !ids.contains(*value.leader)) return contradiction(group_id, "the leader is not a member");
  return {};
}

/// Whether the offset is one that was reset and not taken up.
void note_reset(Group& group, const OffsetKey& offset, bool is_reset) {
  if (is_reset) {
    group.withheld[offset.topic][offset.partition];
    return;
  }
  const auto topic = group.withheld.find(offset.topic);
  if (topic == group.withheld.end()) return;
  topic->second.erase(offset.partition);
  if (topic->second.empty()) group.withheld.erase(topic);
}

}  // namespace

Result<void> Machine::replay(ByteView key, std::optional<ByteView> value) {
  CHECK(!loaded_, "the log is replayed before the first request");
  auto decoded = decode_key(key);
  if (!decoded) return failure_of(decoded);
  if (const auto* offset = std::get_if<OffsetKey>(&*decoded)) {
    Group* group = find(offset->group);
    if (!value) {
      if (group != nullptr) group->uncommit(offset->topic, offset->partition);
      if (group != nullptr) note_reset(*group, *offset, false);
      return {};
    }
    auto committed = decode_offset_value(*value);
    if (!committed) return failure_of(committed);
    if (group == nullptr) group = &create(offset->group, no_timestamp);
    note_reset(*group, *offset, committed->leader_epoch == reset_epoch);
    group->commit(offset->topic, offset->partition, std::move(*committed));
    return {};
  }
  const auto* classic = std::get_if<GroupKey>(&*decoded);
  if (classic == nullptr) return replay_consumer(*decoded, value);
  const std::string& group_id = classic->group;
  if (!value) {
    if (const Group* group = find(group_id); group != nullptr && group->consumer)
      return {};  // the tombstone of what it was
    // What is still committed for it stays, as of a group without members; the sweep sees to it.
    if (Group* group = find(group_id)) group->load(GroupValue{});
    if (const Group* group = find(group_id); group != nullptr && group->offsets().empty()) groups_.erase(group_id);
    return {};
  }
  auto recorded = decode_group_value(*value);
  if (!recorded) return failure_of(recorded);
  if (auto sound = check(group_id, *recorded); !sound) return failure_of(sound);
  Group* group = find(group_id);
  if (group == nullptr) group = &create(group_id, no_timestamp);
  group->consumer.reset();
  group->load(*recorded);
  return {};
}

void Machine::loaded(Now now) {
  CHECK(!loaded_, "a log is loaded once");
  loaded_ = true;
  timers_.set({TimerKind::sweep, {}, {}}, now.steady + config_.offsets_retention_check_interval);
  Turn turn{now, {}};
  for (auto& [group_id, group] : groups_) {
    if (group.consumer) loaded_consumer(group, now);
    for (const auto& [member_id, unused] : group.members()) {
      // Another broker, or another configuration, may have written these.
      Member& member = *group.member(member_id);
      member.session_timeout =
          std::clamp(member.session_timeout, config_.group_min_session_timeout, config_.group_max_session_timeout);
      if (member.rebalance_timeout < Milliseconds{0}) member.rebalance_timeout = member.session_timeout;
      arm_session(group, member, now);
    }
    const bool is_alone = group.members().empty() && (!group.consumer || group.consumer->members().empty());
    if (is_alone) group.withheld.clear();
    const bool goes_on_resetting = !group.members().empty() && !group.withheld.empty();
    if (group.members().size() > config_.group_max_size || goes_on_resetting) prepare_rebalance(group, turn);
  }
  CHECK(turn.effects.replies.empty() && turn.effects.records.empty(), "nobody has asked anything yet");
}

GroupValue Group::to_record() const {
  GroupValue value;
  value.protocol_type = roster_->protocol_type.value_or("");
  value.generation = generation_;
  value.protocol = roster_->protocol;
  value.leader = roster_->leader;
  value.current_state_timestamp = since_.value_or(no_timestamp);
  for (const auto& [id, member] : roster_->members) {
    GroupValue::Member& out = value.members.emplace_back();
    out.member_id = id;
    out.group_instance_id = member.instance_id;
    out.client_id = member.client_id;
    out.client_host = member.client_host;
    out.rebalance_timeout_ms = static_cast<std::int32_t>(member.rebalance_timeout.count());
    out.session_timeout_ms = static_cast<std::int32_t>(member.session_timeout.count());
    out.subscription = member.metadata_of(roster_->protocol);
    out.assignment = member.assignment;
  }
  return value;
}

void Group::load(const GroupValue& record) {
  Roster& roster = roster_.edit();
  while (!roster.members.empty()) remove(std::string(roster.members.begin()->first));
  roster.protocol_type.reset();
  if (!record.protocol_type.empty()) roster.protocol_type = record.protocol_type;
  generation_ = record.generation;
  roster.protocol = record.protocol;
  roster.leader.reset();
  since_.reset();
  if (record.current_state_timestamp != no_timestamp) since_ = record.current_state_timestamp;
  state_ = record.members.empty() ? GroupState::empty : GroupState::stable;
  for (const GroupValue::Member& from : record.members) {
    Member member;
    member.id = from.member_id;
    member.instance_id = from.group_instance_id;
    member.client_id = from.client_id;
    member.client_host = from.client_host;
    member.session_timeout = Milliseconds{from.session_timeout_ms};
    member.rebalance_timeout = Milliseconds{from.rebalance_timeout_ms};
    member.protocols = {{*record.protocol, from.subscription}};
    member.assignment = from.assignment;
    add(std::move(member), record.protocol_type);
  }
  if (!roster.members.empty()) roster.leader = record.leader;
}

}  // namespace millrace::groups
