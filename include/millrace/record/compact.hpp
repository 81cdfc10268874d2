#pragma once
// Taking records out of a stored batch, as compaction does (docs/formats/record_batch.md): offsets, sequence and
// producer of what stays are as they were, and the next batch still begins where this one says that it ends.
//
// Pure functions. They trust what check_stored() has passed, but not the records section: it may not be readable.

#include <vector>

#include "millrace/record/record.hpp"

namespace millrace::record {

/// The records section of a whole batch, plain; inflated into `room` where it was compressed. Borrowed from `batch` or
/// `room`. Errc::corrupt, Errc::too_large beyond limits::inflated_bytes_max, Errc::unsupported for codecs 5 to 7.
[[nodiscard]] Result<ByteView> plain_records(const BatchHeader& header, ByteView batch, Bytes& room);

/// The batch with those of `records` for which `keep` says so, compressed as it was. With a `horizon` its base
/// timestamp becomes the time from which tombstones may go (KIP-534); the records' own timestamps stay. Requires:
/// `records` holds header.record_count readable records, `keep` one entry for each, and at least one is kept.
[[nodiscard]] Bytes rebuild(const BatchHeader& header, ByteView records, const std::vector<bool>& keep,
                            std::optional<Timestamp> horizon);

/// The batch without any record: what remembers the last sequence of a producer.
[[nodiscard]] Bytes emptied(const BatchHeader& header);

/// A batch of nobody without records, in place of everything in [first, next). Requires: first < next, at most 2^31
/// offsets.
[[nodiscard]] Bytes gap(Offset first, Offset next, LeaderEpoch epoch);
/// Is it one of those?
[[nodiscard]] bool is_gap(const BatchHeader& header);

}  // namespace millrace::record
