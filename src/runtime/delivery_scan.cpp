#include "delivery_scan.hpp"

#include <algorithm>
#include <memory>

#include "millrace/record/stored.hpp"

namespace millrace::runtime {

namespace {

class Scan {
 public:
  Scan(PartitionIndex partition, Offset from, Offset to, std::size_t events_max, const TakesRecord& takes)
      : partition_(partition), from_(from), to_(to), events_max_(events_max), takes_(takes) {
    found_.until = from;
  }

  /// False when there is enough.
  [[nodiscard]] Result<bool> take(const record::StoredBatch& batch) {
    if (batch.header.next_offset() <= from_) return true;
    if (!batch.header.is_control()) {
      const auto goes_on = record::for_each_record(
          batch, inflated_,
          [this](Offset at, Timestamp time, const record::RecordView& view) { return take(at, time, view); });
      if (!goes_on || !*goes_on) return goes_on;
    }
    found_.until = std::min(batch.header.next_offset(), to_);
    return found_.until < to_;
  }
  [[nodiscard]] DeliveryScan found() { return std::move(found_); }

 private:
  [[nodiscard]] bool take(Offset at, Timestamp time, const record::RecordView& view) {
    if (at < from_) return true;
    if (at >= to_ || found_.events.size() == events_max_) return false;
    if (!takes_ || takes_(partition_, at, time, view)) {
      found_.events.push_back({at, view.key ? delivery::hash_of_key(*view.key) : delivery::no_key, time});
    }
    found_.until = at + 1;
    return true;
  }

  PartitionIndex partition_;
  Offset from_;
  Offset to_;
  std::size_t events_max_;
  const TakesRecord& takes_;
  DeliveryScan found_;
  Bytes inflated_;
};

}  // namespace

Result<DeliveryScan> scan_for_delivery(const log::Slice& slice, PartitionIndex partition, Offset from,
                                       std::optional<Offset> to, std::size_t events_max, const TakesRecord& takes) {
  const auto bytes = std::make_unique_for_overwrite<std::byte[]>(slice.length);
  const auto got = slice.file->read_at(slice.position, MutableBytes(bytes.get(), slice.length));
  if (!got) return failure_of(got);
  Scan scan(partition, from, to.value_or(Offset(std::numeric_limits<std::int64_t>::max())), events_max, takes);
  ByteView rest(bytes.get(), *got);
  while (const auto batch = record::next_batch(rest)) {
    const auto goes_on = scan.take(*batch);
    if (!goes_on) return failure_of(goes_on);
    if (!*goes_on) break;
  }
  return scan.found();
}

}  // namespace millrace::runtime
