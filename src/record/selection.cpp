#include "millrace/record/selection.hpp"

#include <algorithm>
#include <limits>
#include <vector>

#include "assemble.hpp"
#include "millrace/core/check.hpp"
#include "millrace/record/compact.hpp"
#include "record_parser.hpp"

namespace millrace::record {

namespace {

constexpr std::int16_t control_batch_bit = 0x20;
constexpr std::int64_t longest_span = std::numeric_limits<std::int32_t>::max();

/// Version and type of a control record's key; type 1 is a commit.
constexpr std::array commit_key{std::byte{0}, std::byte{0}, std::byte{0}, std::byte{1}};
/// Version and the coordinator's epoch.
constexpr std::array<std::byte, 6> commit_value{};

}  // namespace

Result<Selected> append_selected(const StoredBatch& batch, Offset from, const TakesRecord& takes, Bytes& room,
                                 Bytes& into) {
  const auto& header = batch.header;
  Selected selected{.records = 0, .looked_at = batch.bytes.size()};
  if (header.is_control()) {
    append_bytes(into, batch.bytes);
    return selected;
  }
  if (header.record_count == 0) return selected;
  const auto records = plain_records(header, batch.bytes, room);
  if (!records) return failure_of(records);
  selected.looked_at = std::max(selected.looked_at, records->size());
  const bool is_stamped = header.timestamp_type() == TimestampType::log_append_time;
  std::vector<bool> keep;
  std::size_t kept = 0;
  for (RecordCursor cursor(*records, header.record_count);;) {
    const auto record = cursor.next();
    if (!record) return failure_of(record);
    if (!*record) break;
    const auto& view = **record;
    const auto offset = header.base_offset + view.offset_delta;
    // Sums of a client's timestamps wrap.
    const auto time = static_cast<Timestamp>(static_cast<std::uint64_t>(header.base_timestamp) +
                                             static_cast<std::uint64_t>(view.timestamp_delta));
    const bool passes = !takes || takes(offset, is_stamped ? header.max_timestamp : time, view);
    keep.push_back(passes);
    if (!passes) continue;
    ++kept;
    if (offset >= from) ++selected.records;
  }
  if (selected.records == 0) return selected;
  if (kept == keep.size()) {
    append_bytes(into, batch.bytes);
  } else {
    append_bytes(into, rebuild(header, *records, keep, std::nullopt));
  }
  return selected;
}

void append_passed_over(Offset first, Offset next, LeaderEpoch epoch, Bytes& into) {
  CHECK(first < next, "something was passed over");
  while (first < next) {
    const auto last_delta = static_cast<std::int32_t>(std::min(next - first - 1, longest_span));
    BatchHeader header;
    header.base_offset = first;
    header.leader_epoch = epoch;
    header.attributes = control_batch_bit;
    header.last_offset_delta = last_delta;
    header.base_timestamp = header.max_timestamp = no_timestamp;
    header.record_count = 1;
    RecordView marker;
    marker.offset_delta = last_delta;
    marker.key = commit_key;
    marker.value = commit_value;
    Bytes records;
    append_record(records, marker);
    append_bytes(into, assemble(header, Codec::none, records));
    first = header.next_offset();
  }
}

}  // namespace millrace::record
