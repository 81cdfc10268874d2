#include "index_check.hpp"

namespace millrace::log {

namespace {

std::string number(std::int64_t value) { return std::to_string(value); }

std::optional<WrongEntry> left_over(std::size_t bytes, std::size_t entry) {
  if (bytes % entry == 0) return std::nullopt;
  return WrongEntry{bytes / entry * entry, number(static_cast<std::int64_t>(bytes % entry)) +
                                               " bytes are left over, an entry has " +
                                               number(static_cast<std::int64_t>(entry))};
}

}  // namespace

OffsetIndexCheck::OffsetIndexCheck(Bytes file, Offset base)
    : file_(std::move(file)), base_(base), wrong_(left_over(file_.size(), offset_entry_bytes)) {
  judge_order();
}

void OffsetIndexCheck::refuse(std::string what) {
  if (!wrong_) wrong_ = WrongEntry{at_, std::move(what)};
}

void OffsetIndexCheck::judge_order() {
  std::int64_t last_offset = -1, last_place = -1;
  for (; has_entry(); at_ += offset_entry_bytes) {
    const auto place_here = load_be<std::int32_t>(file_.data() + at_ + 4);
    if (offset() <= last_offset || place_here <= last_place) refuse("the entry does not ascend");
    last_offset = offset();
    last_place = place_here;
  }
  at_ = 0;
}

void OffsetIndexCheck::batch(const record::BatchHeader& batch, std::uint64_t position) {
  if (has_entry() && place() < position) refuse("no batch begins at byte " + std::to_string(place()));
  if (!has_entry() || place() != position) return;
  const auto last = base_ + offset();
  if (last != batch.last_offset()) {
    refuse("the batch at byte " + std::to_string(position) + " ends at offset " + number(batch.last_offset().value()) +
           ", the entry says " + number(last.value()));
  }
  at_ += offset_entry_bytes;
}

void OffsetIndexCheck::skip_to(std::uint64_t position) {
  while (has_entry() && place() < position) at_ += offset_entry_bytes;
}

void OffsetIndexCheck::finish(std::uint64_t end) {
  if (has_entry()) {
    refuse("the entry says byte " + std::to_string(place()) + ", where no batch begins: they end at byte " +
           std::to_string(end));
  }
}

TimeIndexCheck::TimeIndexCheck(Bytes file, Offset base)
    : file_(std::move(file)), base_(base), wrong_(left_over(file_.size(), time_entry_bytes)) {
  judge_order();
}

void TimeIndexCheck::refuse(std::string what) {
  if (!wrong_) wrong_ = WrongEntry{at_, std::move(what)};
}

void TimeIndexCheck::judge_order() {
  bool is_first = true;
  Timestamp last_time = 0;
  std::int64_t last_offset = -1;
  for (; has_entry(); at_ += time_entry_bytes) {
    if ((!is_first && time() <= last_time) || offset() <= last_offset) refuse("the entry does not ascend");
    is_first = false;
    last_time = time();
    last_offset = offset();
  }
  at_ = 0;
}

void TimeIndexCheck::batch(const record::BatchHeader& batch) {
  if (batch.record_count > 0) newest_ = std::max(newest_, batch.max_timestamp);
  if (!has_entry()) return;
  const auto last = base_ + offset();
  if (last < batch.last_offset()) return refuse("no batch ends at offset " + number(last.value()));
  if (last != batch.last_offset()) return;
  if (newest_ != time()) {
    return refuse("the newest record up to offset " + number(last.value()) + " is of " + number(newest_) +
                  ", the entry says " + number(time()));
  }
  at_ += time_entry_bytes;
}

void TimeIndexCheck::finish() {
  if (has_entry()) refuse("no batch ends at offset " + number((base_ + offset()).value()));
}

std::optional<WrongEntry> check_transaction_index(ByteView file, Offset base, Offset next) {
  std::int64_t last_marker = -1;
  for (std::size_t at = 0; at + txn_entry_bytes <= file.size(); at += txn_entry_bytes) {
    const auto* entry = file.data() + at;
    const auto first = load_be<std::int64_t>(entry + 10), marker = load_be<std::int64_t>(entry + 18);
    const auto wrong = [at](std::string what) { return WrongEntry{at, std::move(what)}; };
    if (load_be<std::int16_t>(entry) != 0) return wrong("version is " + number(load_be<std::int16_t>(entry)));
    if (first < 0 || first >= marker) return wrong("first offset " + number(first) + ", marker " + number(marker));
    if (marker < base.value() || marker >= next.value()) {
      return wrong("the marker at " + number(marker) + " is not in this segment");
    }
    if (marker <= last_marker) return wrong("the entry does not ascend");
    last_marker = marker;
  }
  return left_over(file.size(), txn_entry_bytes);
}

}  // namespace millrace::log
