#pragma once
// The records of batches that a log has stored, one after the other, with the offset and the time that each has there.
// Pure; any thread.

#include <optional>
#include <utility>

#include "millrace/core/limits.hpp"
#include "millrace/core/time.hpp"
#include "millrace/record/batch.hpp"
#include "millrace/record/compression.hpp"
#include "millrace/record/record.hpp"

namespace millrace::record {

struct StoredBatch {
  BatchHeader header;
  ByteView bytes;
};

/// The whole batch at the front of `rest`, which loses it. Nothing when there is none: a log is read up to some byte.
[[nodiscard]] inline std::optional<StoredBatch> next_batch(ByteView& rest) {
  if (rest.size() < header_bytes) return std::nullopt;
  const auto header = read_header(rest);
  if (std::cmp_less(header.size(), header_bytes) || std::cmp_greater(header.size(), rest.size())) return std::nullopt;
  const auto bytes = rest.first(static_cast<std::size_t>(header.size()));
  rest = rest.subspan(bytes.size());
  return StoredBatch{header, bytes};
}

/// Calls `each(offset, timestamp, view)` until it says that there is enough, which is then false. What is inflated lies
/// in `inflated`. Errc::corrupt.
template <class Each>
[[nodiscard]] Result<bool> for_each_record(const StoredBatch& batch, Bytes& inflated, Each&& each) {
  const auto& header = batch.header;
  auto records = batch.bytes.subspan(header_bytes);
  if (header.codec() != Codec::none) {
    inflated.clear();
    auto done = inflate(header.codec(), records, limits::inflated_bytes_max, inflated);
    if (!done) return failure_of(done);
    records = inflated;
  }
  const bool is_stamped = header.timestamp_type() == TimestampType::log_append_time;
  RecordCursor cursor(records, header.record_count);
  while (true) {
    const auto view = cursor.next();
    if (!view) return failure_of(view);
    if (!*view) return true;
    const Timestamp time = is_stamped ? header.max_timestamp : header.base_timestamp + (*view)->timestamp_delta;
    if (!each(header.base_offset + (*view)->offset_delta, time, **view)) return false;
  }
}

}  // namespace millrace::record
