// Finding, making and recording groups: what every request needs.

#include "machine.hpp"
#include "millrace/core/check.hpp"

namespace millrace::groups {

Group* Machine::find(std::string_view group_id) {
  const auto at = groups_.find(group_id);
  return at == groups_.end() ? nullptr : &at->second;
}

const Group* Machine::find(std::string_view group_id) const {
  const auto at = groups_.find(group_id);
  return at == groups_.end() ? nullptr : &at->second;
}

Group& Machine::create(const std::string& group_id, Timestamp created) {
  const auto [at, fresh] = groups_.try_emplace(group_id, group_id, created, totals_);
  CHECK(fresh, "a group is created once");
  return at->second;
}

void Machine::record(const Group& group, Turn& turn) const {
  turn.effects.records.push_back({encode_key(GroupKey{group.id()}), encode_value(group.to_record()), turn.now.wall});
}

void Machine::record_tombstone(Bytes key, Turn& turn) const {
  turn.effects.records.push_back({std::move(key), std::nullopt, turn.now.wall});
}

void Machine::erase_if_deserted(const std::string& group_id, Turn& turn) {
  const auto at = groups_.find(group_id);
  Group& group = at->second;
  if (!group.is(GroupState::empty) || !group.offsets().empty() || !group.pending.empty()) return;
  if (group.consumer) {
    erase_consumer_records(group, turn);
    groups_.erase(at);
    return;
  }
  group.transition_to(GroupState::dead, turn.now.wall);
  record_tombstone(encode_key(GroupKey{group.id()}), turn);
  groups_.erase(at);
}

ErrorCode Machine::check_member(Group& group, const std::string& member_id,
                                const std::optional<std::string>& instance_id) const {
  if (instance_id) {
    const std::string* holder = group.static_member_id(*instance_id);
    if (holder == nullptr) return ErrorCode::unknown_member_id;
    if (*holder != member_id) return ErrorCode::fenced_instance_id;
  }
  return group.member(member_id) == nullptr ? ErrorCode::unknown_member_id : ErrorCode::none;
}

void Machine::arm_session(const Group& group, const Member& member, Now now) {
  timers_.set({TimerKind::session, group.id(), member.id}, now.steady + member.session_timeout);
}

void Machine::disarm_session(const Group& group, const std::string& member_id) {
  timers_.cancel({TimerKind::session, group.id(), member_id});
}

}  // namespace millrace::groups
