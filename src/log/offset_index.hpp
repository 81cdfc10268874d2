#pragma once
// Offset → position of some batches of one segment, Kafka's sparse index: every few KiB, the last offset of a batch
// (relative to the segment's base) and where that batch begins. Both ascend. Owned by its segment.

#include <cstdint>
#include <optional>
#include <vector>

#include "millrace/core/bytes.hpp"
#include "millrace/core/result.hpp"

namespace millrace::log {

class OffsetIndex {
 public:
  struct Entry {
    std::int32_t last_offset = 0;  ///< of the batch at `position`, relative
    std::int32_t position = 0;
    bool operator==(const Entry&) const = default;
  };

  /// Requires: beyond the last entry in both fields.
  void append(Entry entry);
  /// Puts what lies before all of ours in front.
  void prepend(OffsetIndex earlier);
  /// The last entry whose batch ends at or below `relative_offset`.
  [[nodiscard]] std::optional<Entry> floor_offset(std::int64_t relative_offset) const;
  /// The last entry at or below `position`.
  [[nodiscard]] std::optional<Entry> floor_position(std::uint64_t position) const;
  [[nodiscard]] const std::vector<Entry>& entries() const { return entries_; }
  void clear() { entries_ = {}; }

  [[nodiscard]] Bytes encode() const;
  /// Errc::corrupt unless the bytes are whole ascending entries.
  [[nodiscard]] static Result<OffsetIndex> decode(ByteView bytes);

 private:
  std::vector<Entry> entries_;
};

}  // namespace millrace::log
