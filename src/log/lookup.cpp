// Finding records by their timestamps: from segment to batch to record.

#include <algorithm>

#include "log_impl.hpp"
#include "millrace/record/record.hpp"

namespace millrace::log {

namespace {

/// The first record of the batch at or above `start` that `fits`, by the record's own timestamp.
template <class Fits>
Result<std::optional<TimeLookup>> first_record(const record::BatchHeader& batch, std::uint64_t position,
                                               const disk::File& file, Offset start, const Fits& fits) {
  Bytes bytes(static_cast<std::size_t>(batch.size()));
  const auto got = file.read_at(position, bytes);
  if (!got) return failure_of(got);
  bytes.resize(*got);
  const auto records = record::read_records(bytes);
  if (!records) return failure_of(records);
  for (const record::OwnedRecord& record : *records) {
    const bool appended = batch.timestamp_type() == record::TimestampType::log_append_time;
    const Timestamp timestamp = appended ? batch.max_timestamp : record.timestamp;
    if (record.offset >= start && fits(timestamp)) return TimeLookup{record.offset, timestamp, batch.leader_epoch};
  }
  return std::nullopt;
}

}  // namespace

Result<std::optional<TimeLookup>> Log::find_timestamp(Timestamp from_timestamp, Offset below) {
  auto& impl = *impl_;
  below = std::min(below, impl.end());
  std::optional<TimeLookup> found;
  for (std::size_t i = impl.index_of(impl.start); i < impl.segments.size(); ++i) {
    auto& segment = *impl.segments[i];
    if (segment.base >= below) break;
    if (segment.base == segment.next) continue;
    const auto newest = segment.max_timestamp(impl.surroundings());
    if (!newest) return failure_of(newest);
    if (*newest < from_timestamp) continue;
    if (auto loaded = segment.load(impl.surroundings()); !loaded) return failure_of(loaded);
    Offset from = std::max(segment.base, impl.start);
    // An entry of the asked time itself names the first batch that reached it; before it everything is older.
    if (const auto entry = segment.caches.times.floor(from_timestamp)) {
      from = std::max(from, segment.base + entry->last_offset);
    }
    const auto each = [&](const record::BatchHeader& batch, std::uint64_t position,
                          const disk::File& file) -> Result<bool> {
      if (batch.next_offset() > below) return false;
      if (batch.max_timestamp < from_timestamp) return true;
      const auto late_enough = [&](Timestamp timestamp) { return timestamp >= from_timestamp; };
      auto record = first_record(batch, position, file, impl.start, late_enough);
      if (!record) return failure_of(record);
      found = *record;
      return !found;
    };
    const auto walked = impl.walk(segment, from, each);
    if (!walked) return failure_of(walked);
    if (found || !*walked) break;
  }
  return found;
}

Result<std::optional<TimeLookup>> Log::find_max_timestamp(Offset below) {
  auto& impl = *impl_;
  below = std::min(below, impl.end());
  Timestamp newest = no_timestamp;
  Offset newest_at = no_offset;  // an offset in the first batch that holds it
  for (std::size_t i = impl.index_of(impl.start); i < impl.segments.size(); ++i) {
    auto& segment = *impl.segments[i];
    if (segment.base >= below) break;
    if (segment.base >= impl.start && segment.next <= below) {
      if (auto loaded = segment.load(impl.surroundings()); !loaded) return failure_of(loaded);
      if (segment.caches.max_timestamp > newest) {
        newest = segment.caches.max_timestamp;
        newest_at = segment.caches.max_timestamp_offset;
      }
      continue;
    }
    const auto each = [&](const record::BatchHeader& batch, std::uint64_t position,
                          const disk::File& file) -> Result<bool> {
      if (batch.next_offset() > below) return false;
      if (batch.record_count == 0 || batch.max_timestamp <= newest) return true;
      // Where the log start lies inside the batch, its largest timestamp may be of a record that is gone.
      if (batch.base_offset < impl.start) {
        const auto larger = [&](Timestamp timestamp) { return timestamp > newest; };
        for (;;) {
          const auto record = first_record(batch, position, file, impl.start, larger);
          if (!record) return failure_of(record);
          if (!*record) return true;
          newest = (*record)->timestamp;
          newest_at = (*record)->offset;
        }
      }
      newest = batch.max_timestamp;
      newest_at = batch.last_offset();
      return true;
    };
    const auto walked = impl.walk(segment, std::max(segment.base, impl.start), each);
    if (!walked) return failure_of(walked);
  }
  std::optional<TimeLookup> found;
  if (newest_at == no_offset) return found;
  const auto each = [&](const record::BatchHeader& batch, std::uint64_t position,
                        const disk::File& file) -> Result<bool> {
    const auto exactly = [&](Timestamp timestamp) { return timestamp == newest; };
    auto record = first_record(batch, position, file, impl.start, exactly);
    if (!record) return failure_of(record);
    found = *record;
    return false;
  };
  const auto walked = impl.walk(*impl.segments[impl.index_of(newest_at)], newest_at, each);
  if (!walked) return failure_of(walked);
  return found;
}

}  // namespace millrace::log
