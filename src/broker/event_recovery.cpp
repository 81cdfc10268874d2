#include "millrace/broker/event_recovery.hpp"

#include <algorithm>

#include "millrace/broker/event_batch.hpp"
#include "millrace/disk/atomic_file.hpp"
#include "millrace/log/segment_format.hpp"
#include "snapshot_file.hpp"

namespace millrace::broker {

namespace {

Result<EventIds::Snapshot> usable_snapshot(const Result<disk::AtomicContent>& file, const log::Log& log, Instant now,
                                           const EventIdRules& rules) {
  if (!file) return failure_of(file);
  auto decoded = EventIds::decode(file->content, now, rules.ids_max);
  if (!decoded) return failure_of(std::move(decoded));
  // One below the log start is fine: what was deleted since is not repeated by being there.
  if (decoded->at > log.end()) {
    return failure(Errc::invalid, "events snapshot of offset " + std::to_string(decoded->at.value()) +
                                      " is beyond the log, which ends at " + std::to_string(log.end().value()));
  }
  return std::move(*decoded);
}

Result<void> replay(log::Log& log, Offset from, const EventSettings& topic, Instant now, RecoveredEvents& into) {
  return log.walk(from, [&](const record::BatchHeader& header, ByteView batch) {
    for (const auto& event : events_of(header, batch, into.ids.key(), topic)) {
      const auto offset = header.base_offset + event.offset_delta;
      if (offset < from) continue;
      into.ids.remember(event.hash, offset, now);
      ++into.report.replayed_events;
    }
    return true;
  });
}

}  // namespace

std::string events_path(const log::Log& log) { return log.directory() + "/" + std::string(log::events_prefix); }

Result<RecoveredEvents> recover_events(disk::Disk& disk, log::Log& log, const EventSettings& topic, Instant now,
                                       const EventIdRules& rules) {
  RecoveredEvents recovered{EventIds(rules), {}};
  auto& report = recovered.report;
  const auto file = disk::read_atomic(disk, events_path(log));
  if (file || file.error().code != Errc::not_found) {
    if (auto usable = usable_snapshot(file, log, now, rules)) {
      if (file->used_older)
        report.snapshot_fault = "the newest events snapshot is not whole, the one before it is used";
      report.snapshot_at = usable->at;
      recovered.ids = std::move(usable->ids);
    } else {
      report.snapshot_fault = usable.error().message;
      if (auto removed = remove_snapshot(disk, log.directory(), events_path(log)); !removed) {
        return failure_of(std::move(removed));
      }
    }
  }
  const auto newest = log.end() - static_cast<std::int64_t>(rules.ids_max);
  const auto from = std::max({report.snapshot_at.value_or(log.start()), log.start(), newest});
  if (auto replayed = replay(log, from, topic, now, recovered); !replayed) return failure_of(std::move(replayed));
  return recovered;
}

}  // namespace millrace::broker
