// Offsets that go without being asked to: those past their retention.

#include <algorithm>

#include "machine.hpp"
#include "millrace/groups/consumer_protocol.hpp"

namespace millrace::groups {

void Machine::sweep(Turn& turn) {
  const std::size_t records_before = turn.effects.records.size();
  std::size_t looks = config_.offsets_per_tick;
  auto at = sweep_resumes_ ? groups_.lower_bound(swept_until_.group) : groups_.begin();
  while (at != groups_.end()) {
    Group& group = at->second;
    ++at;  // before the group may be erased
    const std::size_t written = turn.effects.records.size() - records_before;
    const bool finished = looks > 0 && written < config_.tombstones_per_tick &&
                          sweep_group(group, looks, config_.tombstones_per_tick - written, turn);
    if (!finished) {
      if (swept_until_.group != group.id()) swept_until_ = OffsetKey{group.id(), "", 0};
      sweep_resumes_ = true;
      timers_.set({TimerKind::sweep, {}, {}}, turn.now.steady);
      return;
    }
    erase_if_deserted(std::string(group.id()), turn);
  }
  sweep_resumes_ = false;
  swept_until_ = {};
  timers_.set({TimerKind::sweep, {}, {}}, turn.now.steady + config_.offsets_retention_check_interval);
}

bool Machine::sweep_group(Group& group, std::size_t& looks, std::size_t room, Turn& turn) {
  const bool resumes = sweep_resumes_ && swept_until_.group == group.id();
  if (!resumes) --looks;  // a group without offsets costs a look too; one that goes on must get somewhere
  const bool is_simple = !group.consumer && !group.protocol_type().has_value();
  const bool is_watched = group.consumer
                              ? !group.is(GroupState::empty)
                              : group.protocol_type() == consumer_protocol_type && group.is(GroupState::stable);
  if (!is_simple && !is_watched && !group.is(GroupState::empty)) return true;
  const auto read_now = is_watched ? group.subscribed_topics() : std::optional<std::set<std::string, std::less<>>>();
  if (is_watched && !read_now) return true;

  const auto expired = [&](const OffsetValue& value) {
    if (value.expire_timestamp != no_timestamp) return turn.now.wall >= value.expire_timestamp;
    const bool by_state = !group.consumer && !is_simple && group.is(GroupState::empty);
    const Timestamp since = by_state ? group.since().value_or(value.commit_timestamp) : value.commit_timestamp;
    // Not a difference: a time out of the log may be any number.
    return since <= turn.now.wall - config_.offsets_retention.count();
  };
  std::vector<std::pair<std::string, PartitionIndex>> gone;
  bool finished = true;
  auto topic = resumes ? group.offsets().lower_bound(swept_until_.topic) : group.offsets().begin();
  for (; topic != group.offsets().end() && finished; ++topic) {
    if (read_now && read_now->contains(topic->first)) continue;
    auto partition = resumes && topic->first == swept_until_.topic ? topic->second.lower_bound(swept_until_.partition)
                                                                   : topic->second.begin();
    for (; partition != topic->second.end(); ++partition) {
      if (looks == 0 || gone.size() >= room) {
        swept_until_ = OffsetKey{group.id(), topic->first, partition->first};
        finished = false;
        break;
      }
      --looks;
      if (expired(partition->second)) gone.emplace_back(topic->first, partition->first);
    }
  }
  for (const auto& [name, index] : gone) {
    record_tombstone(encode_key(OffsetKey{group.id(), name, index}), turn);
    group.uncommit(name, index);
  }
  return finished;
}

}  // namespace millrace::groups
