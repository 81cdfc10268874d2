#pragma once
// How far a group is behind: a row for every partition that it has committed to or is assigned, and for all others of
// those topics, for a partition that nobody has committed to is not one that has been read.

#include <map>
#include <set>
#include <string>

#include "json.hpp"
#include "lookups.hpp"
#include "millrace/groups/messages.hpp"
#include "millrace/runtime/topology.hpp"

namespace millrace::http::routes {

using AssignedPartitions = std::map<std::string, std::set<PartitionIndex>>;

struct GroupProgress {
  Json offsets = Json::array();     ///< by topic and partition; null where nothing is committed, or the topic is gone
  std::int64_t lag = 0;             ///< of the partitions with a committed offset, in records
  std::vector<std::size_t> behind;  ///< rows of `offsets` with a lag
  std::vector<Lookups::Place> behind_from;  ///< and the first record of each that was not committed past
  std::size_t without_offset = 0;           ///< partitions whose lag is not known, for nothing is committed
};

[[nodiscard]] GroupProgress progress_of(const runtime::Topology& topology,
                                        const std::vector<groups::OffsetFetchReply::Topic>& committed,
                                        const AssignedPartitions& assigned);

}  // namespace millrace::http::routes
