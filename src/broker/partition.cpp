#include "millrace/broker/partition.hpp"

#include <algorithm>

#include "millrace/core/check.hpp"

namespace millrace::broker {

namespace {

/// Of batch ends: enough for every consumer that waits at the end of the log, and 4 KiB.
constexpr std::size_t marks_max = 256;
/// So many headers are read in a few milliseconds at the next start.
constexpr std::uint64_t snapshot_every_batches = 5000;
/// Their records are read within a second, and a full snapshot of 7 MiB is written for so many.
constexpr std::uint64_t snapshot_every_events = 32'768;

ErrorCode answer_of(Errc failed) {
  switch (failed) {
    case Errc::too_large: return ErrorCode::record_list_too_large;
    case Errc::not_found: return ErrorCode::offset_out_of_range;
    default: return ErrorCode::kafka_storage_error;
  }
}

std::string text_of(Offset offset) { return std::to_string(offset.value()); }

}  // namespace

Result<Partition::Opened> Partition::open(disk::Disk& disk, std::string directory, const TopicSettings& settings,
                                          const std::optional<log::Checkpoint>& known, bool clean, Now now,
                                          ProducerLimits producer_limits, const EventIdRules& event_rules) {
  auto opened = log::Log::open(disk, std::move(directory), settings.log, known, clean);
  if (!opened) return failure_of(std::move(opened));
  auto recovered = recover_producers(disk, *opened->log, now.steady, producer_limits);
  if (!recovered) {
    return Failure(recovered.error().within("producers of " + opened->log->directory()));
  }
  auto& [state, report] = *recovered;
  RecoveredEvents events{EventIds(event_rules), {}};
  if (settings.events.dedupe_window > Milliseconds{0}) {
    auto found = recover_events(disk, *opened->log, settings.events, now.steady, event_rules);
    if (!found) return Failure(found.error().within("events of " + opened->log->directory()));
    events = std::move(*found);
  }
  std::unique_ptr<Partition> partition(
      new Partition(disk, settings, std::move(opened->log), std::move(state), std::move(events.ids)));
  partition->producer_snapshots_.appended = report.replayed_batches;
  partition->producer_snapshots_.at = report.snapshot_at.value_or(no_offset);
  partition->event_snapshots_.appended = events.report.replayed_events;
  partition->event_snapshots_.at = events.report.snapshot_at.value_or(no_offset);
  partition->latest_ = now.steady;
  if (!clean) partition->certain_from_ = partition->end();
  return Opened{std::move(partition), std::move(opened->report), std::move(report), std::move(events.report)};
}

Partition::Partition(disk::Disk& disk, const TopicSettings& settings, std::unique_ptr<log::Log> log,
                     ProducerState producers, EventIds event_ids)
    : disk_(disk),
      settings_(settings),
      log_(std::move(log)),
      producers_(std::move(producers)),
      leader_epoch_(log_->latest_epoch()),
      producer_snapshots_{.path = snapshot_path(*log_)},
      event_ids_(std::move(event_ids)),
      event_snapshots_{.path = events_path(*log_)} {
  marks_.push_back({log_->end(), 0});
}

Partition::~Partition() = default;

AppendAnswer Partition::refuse(ErrorCode error, std::string message) const {
  AppendAnswer answer;
  answer.error = error;
  answer.message = std::move(message);
  answer.log_start_offset = log_->start();
  return answer;
}

AppendAnswer Partition::again(Offset base_offset, Offset next, Timestamp log_append_time) const {
  if (offline() && next > durable_end()) {
    return refuse(ErrorCode::kafka_storage_error, "the first copy was never flushed: " + offline()->message);
  }
  AppendAnswer answer;
  answer.base_offset = base_offset;
  answer.log_append_time = log_append_time;
  answer.log_start_offset = log_->start();
  answer.duplicate = true;
  answer.next = next;
  answer.visible = {high_watermark(), high_watermark(), 0};
  return answer;
}

/// Nothing: it is to be stored.
std::optional<AppendAnswer> Partition::judge(const record::BatchHeader& validated) const {
  const auto verdict = producers_.check(validated);
  if (const auto* refused = std::get_if<Refused>(&verdict)) return refuse(refused->error, refused->message);
  if (const auto* first = std::get_if<Duplicate>(&verdict)) {
    return again(first->base_offset, first->next, first->log_append_time);
  }
  return std::nullopt;
}

AppendAnswer Partition::append(MutableBytes batch, const record::BatchHeader& validated, Now now) {
  if (auto judged = judge(validated)) return *std::move(judged);
  auto header = validated;
  auto answer = store(batch, header, now);
  if (answer.error == ErrorCode::none) producers_.update(header, now.steady);
  return answer;
}

AppendAnswer Partition::append_marker(ProducerId id, ProducerEpoch epoch, Marker marker, std::int32_t coordinator_epoch,
                                      Now now) {
  if (const auto refused = producers_.check_marker(id, epoch, coordinator_epoch); refused != ErrorCode::none) {
    return refuse(refused, "marker of producer " + std::to_string(id) + " with epoch " + std::to_string(epoch) +
                               ", coordinator epoch " + std::to_string(coordinator_epoch) + ": it was fenced");
  }
  auto batch = build_marker(id, epoch, {marker, coordinator_epoch}, now.wall);
  auto header = record::read_header(batch);
  auto answer = store(batch, header, now);
  if (answer.error != ErrorCode::none) return answer;
  const auto closed = producers_.update_marker(header, coordinator_epoch, now.steady);
  producers_.settle(high_watermark());
  if (!closed || marker == Marker::commit) return answer;
  auto indexed = log_->append_aborted(
      {closed->producer_id, closed->first_offset, closed->marker_offset, closed->last_stable_offset});
  if (indexed) return answer;
  // The marker is in the log and its entry is not: nothing more is taken in, and the log finds the abort again when it
  // is opened.
  log_->take_offline(indexed.error());
  return refuse(ErrorCode::kafka_storage_error, indexed.error().message);
}

/// Puts the batch into the log and fills `header` with the place it got.
AppendAnswer Partition::store(MutableBytes batch, record::BatchHeader& header, Now now) {
  AppendAnswer answer;
  answer.visible.before = high_watermark();
  const auto base = log_->append(batch, leader_epoch_, now.wall);
  if (!base) return refuse(answer_of(base.error().code), base.error().message);
  header.base_offset = *base;
  header.leader_epoch = leader_epoch_;
  if (header.record_count == 0) {
    if (hollow_next_ != *base) hollow_from_ = *base;
    hollow_next_ = header.next_offset();
  }
  appended_bytes_ += batch.size();
  ++producer_snapshots_.appended;
  latest_ = std::max(latest_, now.steady);
  if (marks_.size() == marks_max) marks_.pop_front();
  marks_.push_back({header.next_offset(), appended_bytes_});

  answer.base_offset = *base;
  if (header.timestamp_type() == record::TimestampType::log_append_time) answer.log_append_time = header.max_timestamp;
  answer.log_start_offset = log_->start();
  answer.next = header.next_offset();
  answer.visible.after = high_watermark();
  answer.visible.bytes = position_of(answer.visible.after) - position_of(answer.visible.before);
  return answer;
}

std::optional<log::FlushTicket> Partition::prepare_flush() { return log_->prepare_flush(); }

Progress Partition::flushed(const log::FlushTicket& ticket) {
  Progress progress{high_watermark(), {}, 0};
  log_->flushed(ticket);
  progress.after = high_watermark();
  progress.bytes = position_of(progress.after) - position_of(progress.before);
  producers_.settle(progress.after);
  return progress;
}

void Partition::take_offline(Error why) { log_->take_offline(std::move(why)); }

Offset Partition::high_watermark() const {
  const auto end = settings_.durability != Durability::fsync ? log_->end() : log_->durable_end();
  const bool is_hollow = hollow_from_ < end && end <= hollow_next_;
  return std::max(seen_, is_hollow ? hollow_from_ : end);
}

Offset Partition::last_stable_offset() const {
  const auto visible = high_watermark();
  const auto unstable = producers_.first_unstable(visible);
  // What is below the log start is gone, whatever becomes of its transaction.
  return unstable ? std::clamp(*unstable, std::min(log_->start(), visible), visible) : visible;
}

Offset Partition::visible_end(Isolation isolation) const {
  return isolation == Isolation::read_committed ? last_stable_offset() : high_watermark();
}

void Partition::set_settings(const TopicSettings& settings) {
  seen_ = high_watermark();  // a change to fsync takes back nothing that a reader was shown
  settings_ = settings;
  if (!looks_for_repeats()) event_ids_.clear();
  log_->set_config(settings.log);
}

void Partition::set_leader_epoch(LeaderEpoch epoch) {
  CHECK(epoch >= leader_epoch_, "leader epochs do not go back");
  leader_epoch_ = epoch;
}

Result<log::Doomed> Partition::retire(Now now) {
  return log_->retire(settings_.retention, std::min(high_watermark(), durable_end()), now.wall);
}

Result<std::optional<log::Cleaning>> Partition::prepare_cleaning(const log::CleaningLimits& limits, Now now) {
  if (!settings_.compaction.enabled) return std::nullopt;
  const auto below = std::min(last_stable_offset(), durable_end());
  return log_->prepare_cleaning(settings_.compaction, below, producers_.last_batches(), limits, now.wall);
}

DeleteRecordsAnswer Partition::judge_deletion(Offset before) const {
  DeleteRecordsAnswer answer;
  if (!settings_.retention.delete_enabled) {
    answer.error = ErrorCode::policy_violation;
    answer.message = "records are not deleted by offset where cleanup.policy does not hold delete";
    return answer;
  }
  const auto target = before == no_offset ? high_watermark() : before;
  if (target < Offset(0) || target > high_watermark()) {
    answer.error = ErrorCode::offset_out_of_range;
    answer.message =
        "delete records before " + text_of(target) + ": the high watermark is " + text_of(high_watermark());
    return answer;
  }
  answer.low_watermark = std::max(log_->start(), target);
  return answer;
}

DeleteRecordsAnswer Partition::delete_records(Offset before) {
  auto answer = judge_deletion(before);
  if (answer.error != ErrorCode::none) return answer;
  const auto target = before == no_offset ? std::min(high_watermark(), durable_end()) : before;
  if (target > durable_end()) {
    answer.error = ErrorCode::offset_out_of_range;
    answer.low_watermark = no_offset;
    answer.message = "delete records before " + text_of(target) + ": the high watermark is " +
                     text_of(high_watermark()) + ", flushed is " + text_of(durable_end());
    return answer;
  }
  if (auto moved = log_->advance_start(target); !moved) {
    answer.low_watermark = no_offset;
    answer.error = answer_of(moved.error().code);
    answer.message = moved.error().message;
    return answer;
  }
  answer.low_watermark = log_->start();
  return answer;
}

void Partition::expire(Now now) {
  latest_ = std::max(latest_, now.steady);
  producers_.expire(now.steady);
  event_ids_.forget(now.steady - settings_.events.dedupe_window);
}

std::optional<SnapshotTicket> Partition::prepare_snapshot() {
  if (offline()) return std::nullopt;
  // One that lies below the log start could not be used at the next start.
  const bool is_useless = std::max(producer_snapshots_.at, Offset(0)) < log_->start();
  const auto due = is_useless ? std::uint64_t{1} : snapshot_every_batches;
  if (!producer_snapshots_.is_out && !producer_snapshots_.waiting && producer_snapshots_.appended >= due) {
    producer_snapshots_.waiting = {producer_snapshots_.path, log_->end(), producers_.encode(log_->end())};
    producer_snapshots_.appended = 0;
  }
  if (auto ticket = let_out(producer_snapshots_)) return ticket;
  if (!event_snapshots_.is_out && !event_snapshots_.waiting && event_snapshots_.appended >= snapshot_every_events) {
    event_snapshots_.waiting = {event_snapshots_.path, log_->end(), event_ids_.encode(log_->end(), latest_)};
    event_snapshots_.appended = 0;
  }
  return let_out(event_snapshots_);
}

std::optional<SnapshotTicket> Partition::let_out(Snapshots& snapshots) const {
  if (snapshots.is_out || !snapshots.waiting || snapshots.waiting->at > durable_end()) return std::nullopt;
  snapshots.is_out = true;
  return std::exchange(snapshots.waiting, std::nullopt);
}

void Partition::snapshot_done(const SnapshotTicket& ticket, bool written) {
  auto& snapshots = ticket.path == event_snapshots_.path ? event_snapshots_ : producer_snapshots_;
  snapshots.is_out = false;
  if (written) snapshots.at = ticket.at;
}

Result<void> Partition::close() {
  if (auto closed = log_->close(); !closed) return closed;
  if (log_->durable_end() < log_->end()) return {};
  if (auto written = write_last(producer_snapshots_, [this] { return producers_.encode(log_->end()); }); !written) {
    return written;
  }
  if (!looks_for_repeats()) return {};
  return write_last(event_snapshots_, [this] { return event_ids_.encode(log_->end(), latest_); });
}

Result<void> Partition::write_last(Snapshots& snapshots, const std::function<Bytes()>& encode) {
  if (log_->end() == snapshots.at) return {};
  snapshots.at = log_->end();
  return write_snapshot(disk_, {snapshots.path, log_->end(), encode()});
}

}  // namespace millrace::broker
