#include "rewriter.hpp"

#include <limits>

#include "millrace/record/compact.hpp"

namespace millrace::log {

namespace {

constexpr std::size_t write_step = std::size_t{1} << 20;
constexpr std::int64_t span_max = std::numeric_limits<std::int32_t>::max();

}  // namespace

Rewriter::Rewriter(std::shared_ptr<disk::File> file, Offset base, std::int32_t index_interval_bytes)
    : base_(base), index_interval_bytes_(index_interval_bytes) {
  result_.file = std::move(file);
}

Result<void> Rewriter::keep(ByteView batch, bool as_it_was) {
  if (!as_it_was) result_.changed = true;
  if (auto closed = close_gap(); !closed) return closed;
  return put(batch);
}

Result<void> Rewriter::leave_out(const record::BatchHeader& batch) {
  if (!record::is_gap(batch)) result_.changed = true;
  if (batch.is_control()) result_.gone.push_back(batch.base_offset);
  const bool goes_on =
      gap_first_ != no_offset && gap_epoch_ == batch.leader_epoch && batch.next_offset() - gap_first_ <= span_max;
  if (!goes_on) {
    if (auto closed = close_gap(); !closed) return closed;
    gap_first_ = batch.base_offset;
    gap_epoch_ = batch.leader_epoch;
  }
  gap_next_ = batch.next_offset();
  return {};
}

Result<void> Rewriter::close_gap() {
  if (gap_first_ == no_offset) return {};
  const Bytes gap = record::gap(gap_first_, gap_next_, gap_epoch_);
  gap_first_ = no_offset;
  return put(gap);
}

Result<void> Rewriter::put(ByteView batch) {
  result_.caches.add(record::read_header(batch), result_.size, base_, index_interval_bytes_);
  result_.size += batch.size();
  append_bytes(buffer_, batch);
  return buffer_.size() < write_step ? Result<void>{} : write_out();
}

Result<void> Rewriter::write_out() {
  if (auto written = result_.file->write_at(written_, buffer_); !written) return written;
  written_ += buffer_.size();
  buffer_.clear();
  return {};
}

Result<Rewritten> Rewriter::finish(bool joins) {
  if (auto closed = close_gap(); !closed) return failure_of(closed);
  if (!buffer_.empty()) {
    if (auto written = write_out(); !written) return failure_of(written);
  }
  result_.changed = result_.changed || joins;
  if (!result_.changed) return std::move(result_);
  if (auto synced = result_.file->sync_data(); !synced) return failure_of(synced);
  return std::move(result_);
}

}  // namespace millrace::log
