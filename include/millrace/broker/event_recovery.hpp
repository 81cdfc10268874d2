#pragma once
// How what a partition remembers of its events comes back: from its snapshot and the records of the log after it, or
// from the records alone (docs/formats/events_snapshot.md).
//
// Called by Partition while it opens, and only where a topic looks for repeats.

#include <optional>
#include <string>

#include "millrace/broker/event_ids.hpp"
#include "millrace/broker/topic_config.hpp"
#include "millrace/log/log.hpp"

namespace millrace::broker {

[[nodiscard]] std::string events_path(const log::Log& log);

/// What recovery did, for people.
struct EventRecovery {
  std::optional<Offset> snapshot_at;  ///< nothing: there was none, or it could not be used
  std::string snapshot_fault;         ///< what was wrong with it or with its newest generation
  std::uint64_t replayed_events = 0;
};

struct RecoveredEvents {
  EventIds ids;
  EventRecovery report;
};

/// Before `log` takes a batch. A snapshot that is damaged or speaks of offsets that the log does not have is removed
/// with its older generation. At most the last `ids_max` offsets of the log are read.
[[nodiscard]] Result<RecoveredEvents> recover_events(disk::Disk& disk, log::Log& log, const EventSettings& topic,
                                                     Instant now, const EventIdRules& rules);

}  // namespace millrace::broker
