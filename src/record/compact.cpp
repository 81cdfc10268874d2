#include "millrace/record/compact.hpp"

#include <algorithm>
#include <limits>

#include "assemble.hpp"
#include "millrace/core/check.hpp"
#include "millrace/core/limits.hpp"
#include "millrace/record/compression.hpp"
#include "record_parser.hpp"

namespace millrace::record {

namespace {

/// Timestamps are a client's: sums and differences wrap, as readers add them up again.
std::int64_t sum(std::int64_t one, std::int64_t other) {
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(one) + static_cast<std::uint64_t>(other));
}
std::int64_t difference(std::int64_t one, std::int64_t other) {
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(one) - static_cast<std::uint64_t>(other));
}

}  // namespace

Result<ByteView> plain_records(const BatchHeader& header, ByteView batch, Bytes& room) {
  const auto section = batch.subspan(header_bytes);
  if (header.codec_id() == static_cast<int>(Codec::none)) return section;
  room.clear();
  if (auto done = inflate(header.codec(), section, limits::inflated_bytes_max, room); !done) {
    return failure_of(std::move(done));
  }
  return ByteView(room);
}

Bytes rebuild(const BatchHeader& header, ByteView records, const std::vector<bool>& keep,
              std::optional<Timestamp> horizon) {
  BatchHeader thinned = header;
  thinned.record_count = 0;
  if (horizon) {
    thinned.base_timestamp = *horizon;
    thinned.attributes = static_cast<std::int16_t>(thinned.attributes | delete_horizon_bit);
  }
  const auto moved = difference(header.base_timestamp, thinned.base_timestamp);
  Timestamp newest = no_timestamp;
  Bytes kept;
  kept.reserve(records.size());
  RecordCursor cursor(records, header.record_count);
  for (const bool stays : keep) {
    auto record = cursor.next();
    CHECK(record && *record, "the caller has read the records");
    if (!stays) continue;
    newest = std::max(newest, sum(header.base_timestamp, (*record)->timestamp_delta));
    (*record)->timestamp_delta = sum((*record)->timestamp_delta, moved);
    append_record(kept, **record);
    ++thinned.record_count;
  }
  CHECK(thinned.record_count > 0, "a batch without records is emptied()");
  if (header.timestamp_type() == TimestampType::create_time) thinned.max_timestamp = newest;
  return assemble(thinned, header.codec(), kept);
}

Bytes emptied(const BatchHeader& header) {
  BatchHeader empty = header;
  empty.record_count = 0;
  empty.base_timestamp = header.max_timestamp;
  empty.attributes = static_cast<std::int16_t>(empty.attributes & ~delete_horizon_bit);
  return assemble(empty, Codec::none, {});
}

Bytes gap(Offset first, Offset next, LeaderEpoch epoch) {
  CHECK(first < next && next - first - 1 <= std::numeric_limits<std::int32_t>::max(), "a gap is as long as a batch");
  BatchHeader header;
  header.base_offset = first;
  header.leader_epoch = epoch;
  header.last_offset_delta = static_cast<std::int32_t>(next - first - 1);
  header.base_timestamp = header.max_timestamp = no_timestamp;
  return assemble(header, Codec::none, {});
}

bool is_gap(const BatchHeader& header) { return header.record_count == 0 && !header.has_producer(); }

}  // namespace millrace::record
