#pragma once
// Which segments may go: a pure decision, and what is left to do for those that do.

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "millrace/core/ids.hpp"
#include "millrace/core/time.hpp"
#include "millrace/disk/disk.hpp"

namespace millrace::log {

struct Retention {
  std::int64_t bytes = -1;        ///< retention.bytes of one partition; -1 without limit
  std::int64_t ms = 604'800'000;  ///< retention.ms; -1 without limit
  bool delete_enabled = true;     ///< cleanup.policy holds "delete"
};

struct SegmentFacts {
  Offset base;
  Offset next;  ///< base of the segment after it, or log end
  std::uint64_t bytes = 0;
  Timestamp max_timestamp = no_timestamp;  ///< no_timestamp when it holds no record with one
};

/// How many segments, oldest first, may be deleted: those wholly below `start`, those whose newest record is older than
/// `ms`, and those without which the rest still holds `bytes`. A segment not wholly below `below` stays, and so does
/// every one after it. A timestamp from the future neither blocks nor triggers anything by itself.
[[nodiscard]] std::size_t expendable(std::span<const SegmentFacts> segments, const Retention& policy, Offset start,
                                     Offset below, Timestamp wall_now);

/// Files already out of the log, to be freed by remove(), which is slow and belongs to the housekeeper.
struct Doomed {
  std::vector<std::string> files;  ///< paths: batches, renamed to "*.deleted", and what belonged to them
  std::size_t segments = 0;
  std::uint64_t bytes = 0;
};

/// Unlinks the files in slices of 16 MiB so that no one call frees a gigabyte of cached pages. Any thread.
[[nodiscard]] Result<void> remove(disk::Disk& disk, const Doomed& doomed);

}  // namespace millrace::log
