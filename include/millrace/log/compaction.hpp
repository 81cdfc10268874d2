#pragma once
// Compaction: of every key the last record stays, what was before it goes (docs/formats/compaction.md).
//
// Which segments a pass works on is a pure decision. The pass itself reads and writes beside everything else: it takes
// the log's lock only to begin and to put a rewritten segment in the place of those it was made of, and the lock on
// file names only while it makes or renames one. Offsets never change; readers in flight keep the file they have.
// Memory is bounded by CleaningLimits and one batch; what does not fit is left for the next pass.

#include <array>
#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "millrace/log/retention.hpp"

namespace millrace::log {

class Log;

/// What a topic asks for.
struct Compaction {
  bool enabled = false;                                                ///< cleanup.policy holds "compact"
  double dirty_ratio_min = 0.5;                                        ///< min.cleanable.dirty.ratio
  std::int64_t lag_ms_min = 0;                                         ///< min.compaction.lag.ms
  std::int64_t lag_ms_max = std::numeric_limits<std::int64_t>::max();  ///< max.compaction.lag.ms
  std::int64_t tombstone_ms = 86'400'000;                              ///< delete.retention.ms
};

/// How far a log was compacted.
struct CompactedMark {
  Offset next;                       ///< everything below went through a pass
  Timestamp horizon = no_timestamp;  ///< when all tombstones below it may go; -1 when there are none
  bool operator==(const CompactedMark&) const = default;
};

struct DirtySegments {
  std::size_t count = 0;  ///< from the front
  double ratio = 0;       ///< of their bytes, how many were not compacted yet
};

/// What a pass should work on, if it is time. `closed` are the segments that may be touched at all, oldest first;
/// `oldest_dirty` is the time of the first record at or above the mark, -1 if it is not known. It is time when more
/// than dirty_ratio_min of the bytes are dirty, when the oldest waited for lag_ms_max, or when tombstones may go.
[[nodiscard]] std::optional<DirtySegments> dirty(std::span<const SegmentFacts> closed, const CompactedMark& mark,
                                                 const Compaction& policy, Timestamp oldest_dirty, Timestamp wall_now);

/// A producer whose sequence must survive: its last batch stays, empty if need be.
struct LastBatch {
  ProducerId producer_id = -1;
  ProducerEpoch producer_epoch = -1;
  Offset base_offset = no_offset;  ///< -1: nothing but markers in its epoch
};

struct CleaningLimits {
  std::size_t map_bytes = 0;                ///< for the keys of one pass
  std::array<std::uint64_t, 2> hash_key{};  ///< drawn by chance for each pass
};

/// What one pass did.
struct Cleaned {
  std::size_t segments_before = 0;
  std::size_t segments_after = 0;
  std::uint64_t bytes_before = 0;
  std::uint64_t bytes_after = 0;
  CompactedMark mark;
};

/// How a pass reaches a log that others use meanwhile.
struct CleaningAccess {
  std::function<void(const std::function<void(Log&)>&)> locked;  ///< calls back under the log's lock
  /// Calls back while no file of the log is renamed by others; false when the log is gone.
  std::function<bool(const std::function<void()>&)> named;
  std::function<bool()> stopped;  ///< true: end as soon as may be. Asked for every batch
};

/// One pass over the segments that Log::prepare_cleaning() has chosen; the log must live as long. Owned.
class Cleaning {
 public:
  struct Impl;
  explicit Cleaning(std::unique_ptr<Impl> impl);
  ~Cleaning();
  Cleaning(Cleaning&&) noexcept;
  Cleaning& operator=(Cleaning&&) noexcept;

  [[nodiscard]] double dirty_ratio() const;
  /// Does all of it; slow. Nothing when the log was deleted or closed meanwhile, or has to keep what this would change
  /// (Log::keep). What was replaced before a failure stays replaced and is right. Errc::corrupt for damage, which the
  /// log then knows of; Errc::no_space harms nothing.
  [[nodiscard]] Result<std::optional<Cleaned>> run(disk::Disk& disk, const CleaningAccess& access);

 private:
  [[nodiscard]] Result<void> settle(disk::Disk& disk, const CleaningAccess& access);
  [[nodiscard]] Result<bool> replace(disk::Disk& disk, const CleaningAccess& access, std::size_t at, std::size_t count);
  std::unique_ptr<Impl> impl_;
};

}  // namespace millrace::log
