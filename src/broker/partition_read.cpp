// The half of Partition that changes nothing: what may be seen, and where.

#include <algorithm>

#include "millrace/broker/partition.hpp"

namespace millrace::broker {

namespace {

ErrorCode answer_of(Errc failed) {
  return failed == Errc::not_found ? ErrorCode::offset_out_of_range : ErrorCode::kafka_storage_error;
}

std::string epoch_message(ErrorCode error, LeaderEpoch asked, LeaderEpoch ours) {
  return "current leader epoch " + std::to_string(asked) + " is " +
         (error == ErrorCode::fenced_leader_epoch ? "older" : "newer") + " than ours, " + std::to_string(ours);
}

std::string text_of(Offset offset) { return std::to_string(offset.value()); }

}  // namespace

ErrorCode Partition::check_epoch(LeaderEpoch current) const {
  if (current == -1 || current == leader_epoch_) return ErrorCode::none;
  return current < leader_epoch_ ? ErrorCode::fenced_leader_epoch : ErrorCode::unknown_leader_epoch;
}

FetchAnswer Partition::read(const FetchSpec& spec) {
  FetchAnswer answer;
  if (answer.error = check_epoch(spec.current_leader_epoch); answer.error != ErrorCode::none) {
    answer.message = epoch_message(answer.error, spec.current_leader_epoch, leader_epoch_);
    return answer;
  }
  answer.high_watermark = high_watermark();
  answer.last_stable_offset = last_stable_offset();
  answer.log_start_offset = start();
  if (spec.last_fetched_epoch >= 0) {
    const auto [epoch, end_offset] = log_->end_of_epoch(spec.last_fetched_epoch);
    if (epoch == -1) {
      answer.error = ErrorCode::offset_out_of_range;
      answer.message = "nothing is known of epoch " + std::to_string(spec.last_fetched_epoch);
      return answer;
    }
    if (epoch < spec.last_fetched_epoch || end_offset < spec.offset) {
      answer.diverging = {epoch, end_offset};
      return answer;
    }
  }
  if (spec.offset < start() || spec.offset > end()) {
    answer.error = ErrorCode::offset_out_of_range;
    answer.message =
        "offset " + text_of(spec.offset) + " is outside of the log, " + text_of(start()) + " to " + text_of(end());
    return answer;
  }
  const bool committed = spec.isolation == Isolation::read_committed && !spec.for_follower;
  if (committed) answer.aborted.emplace();
  const auto below = spec.for_follower ? end() : visible_end(spec.isolation);
  if (spec.offset >= below) return answer;

  auto slice = log_->read(spec.offset, spec.max_bytes, below, spec.at_least_one);
  if (!slice) {
    answer.error = answer_of(slice.error().code);
    answer.message = slice.error().message;
    return answer;
  }
  if (committed && slice->file) {
    const auto entries = log_->aborted(spec.offset, slice->next);
    if (!entries) {
      answer.error = answer_of(entries.error().code);
      answer.message = entries.error().message;
      return answer;
    }
    for (const auto& entry : *entries) answer.aborted->push_back({entry.producer_id, entry.first_offset});
  }
  answer.slice = std::move(*slice);
  return answer;
}

std::uint64_t Partition::position_of(Offset offset) const {
  const auto after = std::ranges::upper_bound(marks_, offset, {}, &Mark::next);
  return after == marks_.begin() ? marks_.front().bytes_before_next : std::prev(after)->bytes_before_next;
}

std::uint64_t Partition::available_bytes(Offset from, Isolation isolation) const {
  const auto below = visible_end(isolation);
  from = std::max(from, start());
  if (from >= below) return 0;
  const auto known = position_of(below) - position_of(from);
  const auto first_known = marks_.front().next;
  if (from >= first_known) return known;
  // Further back: as if all bytes before the first mark were spread evenly over their offsets.
  const auto recent = appended_bytes_ - marks_.front().bytes_before_next;
  const auto old_bytes = static_cast<double>(bytes() - std::min(bytes(), recent));
  const auto share =
      static_cast<double>(std::min(below, first_known) - from) / static_cast<double>(first_known - start());
  return known + static_cast<std::uint64_t>(old_bytes * share) + 1;
}

LeaderEpoch Partition::epoch_of(Offset offset) const {
  // The smallest epoch that ends after the offset. Ends ascend with epochs, and there are few of either.
  LeaderEpoch low = 0;
  LeaderEpoch high = log_->latest_epoch();
  while (low < high) {
    const auto middle = low + (high - low) / 2;
    const auto [epoch, end_offset] = log_->end_of_epoch(middle);
    if (epoch >= 0 && end_offset > offset) {
      high = middle;
    } else {
      low = middle + 1;
    }
  }
  return low;
}

Result<std::optional<Timestamp>> Partition::time_of(Offset offset) {
  constexpr int batches_max = 100;  // of those without a record, which compaction leaves: there are few in a row
  std::optional<Timestamp> found;
  const auto below = high_watermark();
  int looked_at = 0;
  const auto walked = log_->walk_headers(offset, [&](const record::BatchHeader& batch) {
    if (batch.base_offset >= below || ++looked_at > batches_max) return false;
    if (batch.record_count == 0 || batch.is_control()) return true;
    const bool has_first = batch.timestamp_type() == record::TimestampType::create_time && !batch.delete_horizon();
    const auto written = has_first ? batch.base_timestamp : batch.max_timestamp;
    if (written != no_timestamp) found = written;
    return false;
  });
  if (!walked) return failure_of(walked);
  return found;
}

ListAnswer Partition::list_offset(const ListSpec& spec) {
  constexpr Timestamp latest = -1;
  constexpr Timestamp earliest = -2;
  constexpr Timestamp of_max_timestamp = -3;
  constexpr Timestamp earliest_local = -4;
  constexpr Timestamp latest_tiered = -5;
  constexpr Timestamp earliest_pending_upload = -6;

  ListAnswer answer;
  if (answer.error = check_epoch(spec.current_leader_epoch); answer.error != ErrorCode::none) {
    answer.message = epoch_message(answer.error, spec.current_leader_epoch, leader_epoch_);
    return answer;
  }
  const auto below = visible_end(spec.isolation);
  if (spec.timestamp == latest) {
    answer.offset = below;
    answer.leader_epoch = leader_epoch_;
  } else if (spec.timestamp == earliest || spec.timestamp == earliest_local) {
    answer.offset = start();
    answer.leader_epoch = start() < end() ? epoch_of(start()) : leader_epoch_;
  } else if (spec.timestamp >= 0 || spec.timestamp == of_max_timestamp) {
    const auto found =
        spec.timestamp >= 0 ? log_->find_timestamp(spec.timestamp, below) : log_->find_max_timestamp(below);
    if (!found) {
      answer.error = ErrorCode::kafka_storage_error;
      answer.message = found.error().message;
    } else if (*found) {
      answer.offset = (*found)->offset;
      answer.timestamp = (*found)->timestamp;
      answer.leader_epoch = (*found)->leader_epoch;
    }
  } else if (spec.timestamp != latest_tiered && spec.timestamp != earliest_pending_upload) {
    // Nothing is tiered nor to be, which is offset -1 without an error.
    answer.error = ErrorCode::invalid_request;
    answer.message = "timestamp " + std::to_string(spec.timestamp) + " has no meaning: -6 to -1 have, and 0 upwards";
  }
  return answer;
}

EpochAnswer Partition::end_of_epoch(LeaderEpoch epoch, LeaderEpoch current_leader_epoch) const {
  EpochAnswer answer;
  if (answer.error = check_epoch(current_leader_epoch); answer.error != ErrorCode::none) return answer;
  std::tie(answer.epoch, answer.end_offset) = log_->end_of_epoch(epoch);
  return answer;
}

}  // namespace millrace::broker
