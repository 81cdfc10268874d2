#pragma once
// Which records of stored batches a reader is given: what passes keeps its offset, time, key, value and headers, as in
// a log that was compacted, and the batches keep their span, producer and sequence (docs/views.md).
//
// Pure functions; any thread. They trust what check_stored() has passed, but not the records section.

#include <cstddef>
#include <functional>

#include "millrace/record/stored.hpp"

namespace millrace::record {

/// Whether a record passes. Any thread. Unset: all do.
using TakesRecord = std::function<bool(Offset, Timestamp, const RecordView&)>;

/// What became of one batch.
struct Selected {
  std::size_t records = 0;    ///< that pass, at or above the offset that was asked for
  std::size_t looked_at = 0;  ///< bytes, inflated
};

/// Appends to `into` what passes of `batch` for a reader who asks for `from`: the same bytes where all of it passes and
/// where only the broker reads it (a control batch), a batch of fewer records, compressed as it was, or nothing. What
/// is inflated lies in `room`. Errc::corrupt, Errc::too_large, Errc::unsupported, and then nothing is appended.
[[nodiscard]] Result<Selected> append_selected(const StoredBatch& batch, Offset from, const TakesRecord& takes,
                                               Bytes& room, Bytes& into);

/// Appends what lets a reader go on at `next` who is at `first`, and holds no record for him: control batches that end
/// nobody's transaction. Batches without a record would do for a log, but there are clients that take an answer of
/// nothing else for one that was cut off, and ask for twice as much until they give up. Requires: first < next.
void append_passed_over(Offset first, Offset next, LeaderEpoch epoch, Bytes& into);

}  // namespace millrace::record
