#include "view_reading.hpp"

namespace millrace::runtime {

namespace {

/// Read at once: what passes of it is smaller, as a rule.
constexpr std::size_t step_bytes = limits::MiB;
/// Room for inflated records that is kept between two rounds of a fetch that waits.
constexpr std::size_t inflated_bytes_kept = limits::MiB;

/// A transaction that spans two reads is told by both.
void add_aborted(std::vector<broker::AbortedProducer>& all, const std::vector<broker::AbortedProducer>& more) {
  for (const auto& each : more) {
    const auto is_it = [&](const broker::AbortedProducer& known) {
      return known.producer_id == each.producer_id && known.first_offset == each.first_offset;
    };
    if (std::ranges::none_of(all, is_it)) all.push_back(each);
  }
  std::ranges::sort(all, {}, &broker::AbortedProducer::first_offset);
}

}  // namespace

void ViewReading::begin(const std::shared_ptr<const HostedView>& view, Offset from) {
  *this = ViewReading();
  view_ = view;
  from_ = next_ = passed_until_ = from;
}

broker::FetchAnswer ViewReading::read(HostedPartition& partition, const std::shared_ptr<const HostedView>& view,
                                      const broker::FetchSpec& spec, std::int64_t enough, std::size_t& room) {
  if (view_ != view) begin(view, spec.offset);
  broker::FetchAnswer answer;
  while (true) {
    auto ask = spec;
    ask.offset = next_;
    ask.max_bytes = std::min(step_bytes, spec.max_bytes - std::min(spec.max_bytes, passed_.size()));
    ask.at_least_one = passed_.empty() && (spec.at_least_one || has_moved());
    if (has_moved()) ask.last_fetched_epoch = -1;
    answer = partition.read(ask);
    const auto slice = std::exchange(answer.slice, {});
    if (answer.error != ErrorCode::none || answer.diverging || slice.length == 0) break;
    if (answer.aborted) add_aborted(aborted_, *answer.aborted);
    if (const auto done = look_at(slice, room); !done) {
      answer.error = ErrorCode::kafka_storage_error;
      answer.message = done.error().message;
      break;
    }
    if (room == 0 || std::cmp_greater_equal(bytes(), enough)) break;
  }
  if (answer.aborted) answer.aborted = aborted_;
  if (inflated_.capacity() > inflated_bytes_kept) Bytes().swap(inflated_);
  return answer;
}

Result<void> ViewReading::look_at(const log::Slice& slice, std::size_t& room) {
  Bytes bytes(slice.length);
  const auto got = slice.file->read_at(slice.position, bytes);
  if (!got) return failure_of(got);
  ByteView rest(bytes.data(), *got);
  while (room > 0) {
    const auto batch = record::next_batch(rest);
    if (!batch) break;
    if (batch->header.next_offset() <= next_) continue;
    const auto before = passed_.size();
    const auto selected = record::append_selected(*batch, from_, view_->takes, inflated_, passed_);
    if (!selected) return failure_of(selected);
    records_ += selected->records;
    next_ = batch->header.next_offset();
    epoch_ = batch->header.leader_epoch;
    if (passed_.size() > before) passed_until_ = next_;
    room -= std::min(room, selected->looked_at);
  }
  return {};
}

log::Slice ViewReading::take(MemoryFile::Held held) {
  auto bytes = std::exchange(passed_, {});
  if (passed_until_ < next_) record::append_passed_over(passed_until_, next_, epoch_, bytes);
  if (bytes.empty()) return {};
  log::Slice slice{.file = nullptr, .position = 0, .length = bytes.size(), .first = from_, .next = next_};
  slice.file = std::make_shared<MemoryFile>(std::move(bytes), std::move(held));
  return slice;
}

}  // namespace millrace::runtime
