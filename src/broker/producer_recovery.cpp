#include "millrace/broker/producer_recovery.hpp"

#include "millrace/disk/atomic_file.hpp"
#include "millrace/log/segment_format.hpp"
#include "millrace/record/builder.hpp"
#include "snapshot_file.hpp"

namespace millrace::broker {

namespace {

/// What the snapshot says, if it is whole and fits the log.
Result<ProducerState> usable_snapshot(const Result<disk::AtomicContent>& file, log::Log& log, Instant now,
                                      ProducerLimits bounds, ProducerRecovery& report) {
  if (!file) return failure_of(file);
  auto decoded = ProducerState::decode(file->content, now, bounds);
  if (!decoded) return failure_of(std::move(decoded));
  auto& [at, state] = *decoded;
  if (at < log.start() || at > log.end()) {
    return failure(Errc::invalid, "producer snapshot of offset " + std::to_string(at.value()) +
                                      " is outside of the log, " + std::to_string(log.start().value()) + " to " +
                                      std::to_string(log.end().value()));
  }
  if (file->used_older) report.snapshot_fault = "the newest producer snapshot is not whole, the one before it is used";
  report.snapshot_at = at;
  return std::move(state);
}

/// A failure only when the disk does not let us get rid of a snapshot that cannot be used.
Result<std::optional<ProducerState>> load_snapshot(disk::Disk& disk, log::Log& log, Instant now, ProducerLimits bounds,
                                                   ProducerRecovery& report) {
  const auto file = disk::read_atomic(disk, snapshot_path(log));
  if (!file && file.error().code == Errc::not_found) return std::nullopt;
  auto usable = usable_snapshot(file, log, now, bounds, report);
  if (usable) return std::move(*usable);
  report.snapshot_fault = usable.error().message;
  if (auto removed = remove_snapshot(disk, log.directory(), snapshot_path(log)); !removed) {
    return failure_of(std::move(removed));
  }
  return std::nullopt;
}

Result<std::optional<MarkerRecord>> marker_at(log::Log& log, Offset offset) {
  std::optional<MarkerRecord> marker;
  auto walked = log.walk(offset, [&](const record::BatchHeader& header, ByteView batch) {
    if (header.base_offset == offset) marker = read_marker(batch);
    return false;
  });
  if (!walked) return failure_of(std::move(walked));
  return marker;
}

/// Takes in every batch from `from` on. The walk stops at each control batch, because the epoch of its coordinator
/// stands in its record. Which transactions were aborted is the log's to know: it finds that again by itself.
Result<void> replay(log::Log& log, Offset from, Instant now, ProducerState& state, ProducerRecovery& report) {
  while (from < log.end()) {
    std::optional<record::BatchHeader> control;
    auto next = log.end();
    auto walked = log.walk_headers(from, [&](const record::BatchHeader& header) {
      ++report.replayed_batches;
      if (!header.is_control()) {
        state.update(header, now);
        return true;
      }
      control = header;
      next = header.next_offset();
      return false;
    });
    if (!walked) return walked;
    from = next;
    if (!control) continue;
    const auto marker = marker_at(log, control->base_offset);
    if (!marker) return failure_of(marker);
    if (!*marker) continue;
    (void)state.update_marker(*control, (*marker)->coordinator_epoch, now);
  }
  return {};
}

}  // namespace

std::string snapshot_path(const log::Log& log) { return log.directory() + "/" + std::string(log::producers_prefix); }

Result<void> write_snapshot(disk::Disk& disk, const SnapshotTicket& ticket) {
  return disk::write_atomic(disk, ticket.path, ticket.content);
}

Result<RecoveredProducers> recover_producers(disk::Disk& disk, log::Log& log, Instant now, ProducerLimits bounds) {
  RecoveredProducers recovered{ProducerState(bounds), {}};
  auto snapshot = load_snapshot(disk, log, now, bounds, recovered.report);
  if (!snapshot) return failure_of(std::move(snapshot));
  if (*snapshot) recovered.state = std::move(**snapshot);
  const auto from = recovered.report.snapshot_at.value_or(log.start());
  if (auto replayed = replay(log, from, now, recovered.state, recovered.report); !replayed) {
    return failure_of(std::move(replayed));
  }
  recovered.state.settle(log.durable_end());
  return recovered;
}

Bytes build_marker(ProducerId id, ProducerEpoch epoch, const MarkerRecord& record, Timestamp wall_now) {
  Bytes key;
  append_be(key, std::int16_t{0});  // version of the key
  append_be(key, static_cast<std::int16_t>(record.marker));
  Bytes value;
  append_be(value, std::int16_t{0});  // version of the value
  append_be(value, record.coordinator_epoch);
  record::BatchBuilder builder;
  builder.set_producer(id, epoch, -1);
  builder.set_attributes(true, true);
  builder.add({wall_now, ByteView(key), ByteView(value), {}});
  return builder.finish();
}

std::optional<MarkerRecord> read_marker(ByteView control_batch) {
  const auto records = record::read_records(control_batch);
  if (!records || records->size() != 1) return std::nullopt;
  const auto& [offset, timestamp, key, value, headers] = records->front();
  if (!key || key->size() < 4 || !value || value->size() < 6) return std::nullopt;
  const auto type = load_be<std::int16_t>(key->data() + 2);
  if (type != static_cast<std::int16_t>(Marker::abort) && type != static_cast<std::int16_t>(Marker::commit)) {
    return std::nullopt;
  }
  return MarkerRecord{static_cast<Marker>(type), load_be<std::int32_t>(value->data() + 2)};
}

}  // namespace millrace::broker
