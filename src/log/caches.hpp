#pragma once
// What is remembered of one segment's batches, or of its later part: sparse indexes and the largest timestamp. All of
// it can be made anew from the batches. Owned by its segment.

#include "millrace/record/batch.hpp"
#include "offset_index.hpp"
#include "time_index.hpp"

namespace millrace::log {

struct Caches {
  OffsetIndex offsets;
  TimeIndex times;
  Timestamp max_timestamp = no_timestamp;
  Offset max_timestamp_offset = no_offset;  ///< last offset of the first batch that holds it
  std::uint64_t bytes_since_entry = 0;

  /// Takes note of the batch at `position` in the segment that begins at `base`.
  void add(const record::BatchHeader& batch, std::uint64_t position, Offset base, std::int32_t interval_bytes);
  /// The last entry of the time index, which names the largest timestamp of all.
  void finish(Offset base);
  /// Puts what was learned of the bytes before ours in front.
  void prepend(Caches earlier);
};

}  // namespace millrace::log
