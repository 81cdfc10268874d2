#pragma once
// Which partitions somebody has, by the ids of their topics. Values; the containers are ordered, so that whatever goes
// over them does so in the same order each time.

#include <cstdint>
#include <map>
#include <set>

#include "millrace/core/ids.hpp"

namespace millrace::groups {

/// Topic id → partitions. A topic without partitions is not in it.
using Assignment = std::map<Uuid, std::set<PartitionIndex>>;

/// The same, each partition with the member epoch at which it was assigned (KIP-1251).
using EpochAssignment = std::map<Uuid, std::map<PartitionIndex, std::int32_t>>;

[[nodiscard]] Assignment without_epochs(const EpochAssignment& assigned);
[[nodiscard]] bool contains(const Assignment& assignment, const Uuid& topic, PartitionIndex partition);

}  // namespace millrace::groups
