#include "reconcile.hpp"

#include <utility>

namespace millrace::groups {

namespace {

/// A client that says nothing of what it owns has not given up anything.
bool still_owns(const EpochAssignment& partitions, const std::optional<Assignment>& owned) {
  if (partitions.empty()) return false;
  if (!owned) return true;
  for (const auto& [topic, indexes] : partitions)
    for (const auto& [partition, epoch] : indexes)
      if (contains(*owned, topic, partition)) return true;
  return false;
}

}  // namespace

CurrentAssignmentValue reconciled(const CurrentAssignmentValue& has, const Target& target,
                                  const std::function<bool(const Uuid&, PartitionIndex)>& is_held,
                                  const std::optional<Assignment>& owned) {
  std::int32_t epoch = has.member_epoch;
  switch (has.state) {
    case MemberState::stable:
      if (epoch == target.epoch) return has;
      break;
    case MemberState::unrevoked:
      if (still_owns(has.to_revoke, owned)) return has;
      if (epoch < target.epoch) ++epoch;
      break;
    case MemberState::unreleased: break;
  }

  CurrentAssignmentValue next;
  for (const auto& [topic, partitions] : has.assigned)
    for (const auto& [partition, since] : partitions) {
      const bool stays = contains(target.partitions, topic, partition);
      (stays ? next.assigned : next.to_revoke)[topic][partition] = since;
    }
  next.previous_epoch = has.member_epoch;
  if (still_owns(next.to_revoke, owned)) {
    next.state = MemberState::unrevoked;
    next.member_epoch = epoch;
    return next;
  }

  next.to_revoke.clear();
  next.member_epoch = target.epoch;
  for (const auto& [topic, partitions] : target.partitions)
    for (const PartitionIndex partition : partitions) {
      const auto mine = next.assigned.find(topic);
      if (mine != next.assigned.end() && mine->second.contains(partition)) continue;
      if (is_held(topic, partition))
        next.state = MemberState::unreleased;
      else
        next.assigned[topic][partition] = target.epoch;
    }
  return next;
}

}  // namespace millrace::groups
