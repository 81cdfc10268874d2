#pragma once
// How a partition's producer state comes back: from its snapshot and the headers of the log after it, or from the
// headers alone (docs/formats/producer_snapshot.md). What comes out is the same; only the time it takes differs.
//
// Called by Partition while it opens. SnapshotTicket and write_snapshot are the engine's as well: the bytes are taken
// under the partition's lock and written without it, by any thread.

#include <optional>
#include <string>

#include "millrace/broker/producer_state.hpp"
#include "millrace/log/log.hpp"

namespace millrace::broker {

struct SnapshotTicket {
  std::string path;
  Offset at;
  Bytes content;
};
[[nodiscard]] Result<void> write_snapshot(disk::Disk& disk, const SnapshotTicket& ticket);

[[nodiscard]] std::string snapshot_path(const log::Log& log);

/// What recovery did, for people.
struct ProducerRecovery {
  std::optional<Offset> snapshot_at;  ///< nothing: there was none, or it could not be used
  std::string snapshot_fault;         ///< what was wrong with it or with its newest generation
  std::uint64_t replayed_batches = 0;
};

struct RecoveredProducers {
  ProducerState state;
  ProducerRecovery report;
};

/// Before `log` takes a batch. A snapshot that is damaged or does not fit the log is removed with its older generation.
[[nodiscard]] Result<RecoveredProducers> recover_producers(disk::Disk& disk, log::Log& log, Instant now,
                                                           ProducerLimits bounds);

/// One control batch as in kafka-protocol.md §3.4, base offset 0.
[[nodiscard]] Bytes build_marker(ProducerId id, ProducerEpoch epoch, const MarkerRecord& record, Timestamp wall_now);
/// Nothing when the control batch is not a transaction marker.
[[nodiscard]] std::optional<MarkerRecord> read_marker(ByteView control_batch);

}  // namespace millrace::broker
