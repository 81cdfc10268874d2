#include "delivery_scan.hpp"

#include <algorithm>

#include "millrace/core/limits.hpp"
#include "millrace/record/compression.hpp"

namespace millrace::runtime {

namespace {

class Scan {
 public:
  Scan(Offset from, Offset to, std::size_t events_max, const TakesRecord& takes)
      : from_(from), to_(to), events_max_(events_max), takes_(takes) {
    found_.until = from;
  }

  /// False when there is enough.
  [[nodiscard]] Result<bool> take(const record::BatchHeader& header, ByteView batch) {
    if (header.next_offset() <= from_) return true;
    if (!header.is_control()) {
      const auto goes_on = take_all(header, batch.subspan(record::header_bytes));
      if (!goes_on || !*goes_on) return goes_on;
    }
    found_.until = std::min(header.next_offset(), to_);
    return found_.until < to_;
  }
  [[nodiscard]] DeliveryScan found() { return std::move(found_); }

 private:
  [[nodiscard]] Result<bool> take_all(const record::BatchHeader& header, ByteView records) {
    if (header.codec() != record::Codec::none) {
      inflated_.clear();
      auto done = record::inflate(header.codec(), records, limits::inflated_bytes_max, inflated_);
      if (!done) return failure_of(done);
      records = inflated_;
    }
    const bool is_stamped = header.timestamp_type() == record::TimestampType::log_append_time;
    record::RecordCursor cursor(records, header.record_count);
    while (true) {
      const auto view = cursor.next();
      if (!view) return failure_of(view);
      if (!*view) return true;
      const Offset at = header.base_offset + (*view)->offset_delta;
      if (at < from_) continue;
      if (at >= to_ || found_.events.size() == events_max_) return false;
      const auto time = is_stamped ? header.max_timestamp : header.base_timestamp + (*view)->timestamp_delta;
      if (!takes_ || takes_(at, time, **view)) {
        const auto& key = (*view)->key;
        found_.events.push_back({at, key ? delivery::hash_of_key(*key) : delivery::no_key, time});
      }
      found_.until = at + 1;
    }
  }

  Offset from_;
  Offset to_;
  std::size_t events_max_;
  const TakesRecord& takes_;
  DeliveryScan found_;
  Bytes inflated_;
};

}  // namespace

Result<DeliveryScan> scan_for_delivery(const log::Slice& slice, Offset from, std::optional<Offset> to,
                                       std::size_t events_max, const TakesRecord& takes) {
  Bytes bytes(slice.length);
  const auto got = slice.file->read_at(slice.position, bytes);
  if (!got) return failure_of(got);
  Scan scan(from, to.value_or(Offset(std::numeric_limits<std::int64_t>::max())), events_max, takes);
  ByteView rest(bytes.data(), *got);
  while (rest.size() >= record::header_bytes) {
    const auto header = record::read_header(rest);
    const auto size = header.size();
    if (size < static_cast<std::int64_t>(record::header_bytes) || size > static_cast<std::int64_t>(rest.size())) break;
    const auto batch = rest.first(static_cast<std::size_t>(size));
    rest = rest.subspan(batch.size());
    const auto goes_on = scan.take(header, batch);
    if (!goes_on) return failure_of(goes_on);
    if (!*goes_on) break;
  }
  return scan.found();
}

}  // namespace millrace::runtime
