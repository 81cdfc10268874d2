#include "millrace/log/compaction.hpp"

#include <algorithm>

namespace millrace::log {

std::optional<DirtySegments> dirty(std::span<const SegmentFacts> closed, const CompactedMark& mark,
                                   const Compaction& policy, Timestamp oldest_dirty, Timestamp wall_now) {
  if (!policy.enabled) return std::nullopt;
  DirtySegments chosen;
  std::uint64_t clean_bytes = 0, dirty_bytes = 0;
  for (const SegmentFacts& segment : closed) {
    const bool is_clean = segment.next <= mark.next;
    const bool young = policy.lag_ms_min > 0 && segment.max_timestamp > wall_now - policy.lag_ms_min;
    if (!is_clean && young) break;
    (is_clean ? clean_bytes : dirty_bytes) += segment.bytes;
    ++chosen.count;
  }
  if (chosen.count == 0) return std::nullopt;
  if (dirty_bytes > 0) {
    chosen.ratio = static_cast<double>(dirty_bytes) / static_cast<double>(clean_bytes + dirty_bytes);
    if (chosen.ratio > policy.dirty_ratio_min) return chosen;
    if (oldest_dirty >= 0 && wall_now > oldest_dirty && wall_now - oldest_dirty > policy.lag_ms_max) return chosen;
  }
  if (mark.horizon != no_timestamp && wall_now > mark.horizon && clean_bytes > 0) return chosen;
  return std::nullopt;
}

}  // namespace millrace::log
