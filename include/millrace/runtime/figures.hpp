#pragma once
// What the engine has counted, as values at one moment: for whoever tells it to an operator.

#include <array>
#include <cstddef>
#include <cstdint>
#include <utility>

#include "millrace/groups/coordinator.hpp"
#include "millrace/runtime/counts.hpp"

namespace millrace::runtime {

struct BrokerFigures {
  Durations::Seen flush_queued;
  Durations::Seen flush_took;
  std::uint64_t flush_failed = 0;
  std::array<std::pair<ErrorCode, std::uint64_t>, RefusalCounts::errors.size()> produce_refused{};
  bool out_of_space = false;
  std::uint64_t free_bytes_min = 0;
  std::size_t open_files = 0;
  std::size_t open_files_max = 0;
  std::size_t compaction_bytes = 0;  ///< of the pass under way
  std::size_t compaction_bytes_max = 0;
};

struct GroupFigures {
  groups::Coordinator::Totals totals;  ///< of all coordinators
  std::size_t offsets_bytes_max = 0;   ///< of all coordinators together
  std::size_t members_bytes_max = 0;   ///< likewise
};

}  // namespace millrace::runtime
