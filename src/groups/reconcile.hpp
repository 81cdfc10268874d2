#pragma once
// One step of a member on its way from what it has to what it is to have (KIP-848, "Reconciliation"). Pure.
//
//   stable      ──target changed──▶ unrevoked    something has to be given up first; the epoch stays
//   unrevoked   ──gave it up──────▶ stable or unreleased, in the target epoch
//   unreleased  ──others gave up──▶ stable
//
// So a partition is never with two members: it is added to what a member has only once nobody else has it, and counts
// as had until its member says that it is gone.

#include <functional>
#include <optional>

#include "millrace/groups/consumer_records.hpp"

namespace millrace::groups {

struct Target {
  std::int32_t epoch = 0;
  const Assignment& partitions;
};

/// `is_held` says whether some member, this one included, has a partition. `owned` is what the client says it has;
/// unset: nothing new.
[[nodiscard]] CurrentAssignmentValue reconciled(const CurrentAssignmentValue& has, const Target& target,
                                                const std::function<bool(const Uuid&, PartitionIndex)>& is_held,
                                                const std::optional<Assignment>& owned);

}  // namespace millrace::groups
