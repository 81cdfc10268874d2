#pragma once
// Partition: a log, what it knows of its producers, and who may see how much of it. The unit that Produce, Fetch,
// ListOffsets and DeleteRecords talk about (kafka-protocol.md §2.5, §2.6).
//
// It promises: an append is judged, stored and remembered in one step; a retry gets the first copy's offset, also after
// a crash; readers never see beyond the high watermark. Two notions are kept apart: end(), where the next batch
// goes, and high_watermark(), below which consumers may read. Under Durability::fsync the high watermark is what was
// flushed: what a reader has seen cannot vanish in a power cut. Under interval and os it is the log end, because
// waiting there for a flush would give up the speed that was bought with the promise. It stays below batches without
// records that nothing follows yet: they tell a reader nothing, and some give up after ten of them in a row.
//
// Owned and deterministic: the engine puts a lock around it and hands down time. No call waits, but some touch the
// disk. It does not judge records (record::validate comes first) nor ask whether a transaction is known to a
// coordinator.

#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "millrace/broker/event_batch.hpp"
#include "millrace/broker/event_recovery.hpp"
#include "millrace/broker/partition_answers.hpp"
#include "millrace/broker/producer_recovery.hpp"
#include "millrace/broker/producer_state.hpp"
#include "millrace/broker/topic_config.hpp"
#include "millrace/log/log.hpp"

namespace millrace::broker {

class Partition {
 public:
  struct Opened {
    std::unique_ptr<Partition> partition;
    log::RecoveryReport log_report;
    ProducerRecovery producers;
    EventRecovery events;
  };

  /// `known` and `clean` are for log::Log::open. The snapshots are caches: one that is damaged or does not fit the log
  /// is removed and the state built anew, of producers from the log's headers, of events from its records.
  [[nodiscard]] static Result<Opened> open(disk::Disk& disk, std::string directory, const TopicSettings& settings,
                                           const std::optional<log::Checkpoint>& known, bool clean, Now now,
                                           ProducerLimits producer_limits = {}, const EventIdRules& event_rules = {});
  ~Partition();
  Partition(const Partition&) = delete;
  Partition& operator=(const Partition&) = delete;

  /// `batch` is one whole batch that record::validate let pass with `validated` as its header; offset and leader epoch
  /// are stamped into it. Refusals are ProducerState::check's, record_list_too_large, and kafka_storage_error.
  [[nodiscard]] AppendAnswer append(MutableBytes batch, const record::BatchHeader& validated, Now now);

  // Where the topic looks for repeated events, an append has four steps, and only the second and the last have the
  // lock: hashes_of(), find_repeats(), without_repeats(), append_events().
  [[nodiscard]] const SipKey& event_key() const { return event_ids_.key(); }
  /// Which events of a batch are in the log, or before in the batch, and came within the topic's window.
  [[nodiscard]] FirstCopies find_repeats(const EventHashes& events, Now now);
  /// Appends what without_repeats() has left, which may be no batch at all, and remembers its events. is_outdated, and
  /// nothing else, when one of them was stored since they were looked for.
  [[nodiscard]] AppendAnswer append_events(MutableBytes batch, const record::BatchHeader& validated, Now now,
                                           const BatchEvents& events);

  /// What append_events() would answer without storing anything: a refusal, the first copy of the same batch, or that
  /// it is outdated. Nothing when it would try to store it at end().
  [[nodiscard]] std::optional<AppendAnswer> foresee(const record::BatchHeader& validated,
                                                    const BatchEvents& events) const;
  /// What stands below was there before open(), and nobody knows what a crash has left of all that belonged to it: the
  /// start when the log had been closed.
  [[nodiscard]] Offset certain_from() const { return certain_from_; }

  /// Decides the open transaction of a producer: a control batch. Internal; the coordinator's.
  [[nodiscard]] AppendAnswer append_marker(ProducerId id, ProducerEpoch epoch, Marker marker,
                                           std::int32_t coordinator_epoch, Now now);

  /// Answers: fenced_leader_epoch, unknown_leader_epoch, offset_out_of_range outside [start, end],
  /// kafka_storage_error on damage. An offset in (high watermark, end] is not an error: nothing is there yet.
  [[nodiscard]] FetchAnswer read(const FetchSpec& spec);
  /// About how many bytes read() could give from `from` on: exact near the end of the log, a guess further back.
  [[nodiscard]] std::uint64_t available_bytes(Offset from, Isolation isolation) const;
  [[nodiscard]] ListAnswer list_offset(const ListSpec& spec);
  /// The timestamp of the batch with the first record at or above `offset` that readers may see: of its first record,
  /// or of its newest where the first one's is not kept. Nothing when there is none, or when it bears no time.
  [[nodiscard]] Result<std::optional<Timestamp>> time_of(Offset offset);
  /// OffsetForLeaderEpoch. (-1, -1) without an error when `epoch` is unknown.
  [[nodiscard]] EpochAnswer end_of_epoch(LeaderEpoch epoch, LeaderEpoch current_leader_epoch) const;
  [[nodiscard]] EventFigures event_figures() const;
  /// The producers that are remembered, by ascending id.
  [[nodiscard]] std::vector<ProducerFact> producers() const { return producers_.facts(); }
  /// Everything below `before` goes; -1 means the high watermark. Only what is durable can be deleted, so the engine
  /// flushes first where the high watermark may lie beyond it. offset_out_of_range beyond both.
  [[nodiscard]] DeleteRecordsAnswer delete_records(Offset before);
  /// What delete_records would answer if all that is visible were durable; nothing is deleted.
  [[nodiscard]] DeleteRecordsAnswer judge_deletion(Offset before) const;

  [[nodiscard]] std::optional<log::FlushTicket> prepare_flush();
  [[nodiscard]] Progress flushed(const log::FlushTicket& ticket);
  /// A write or flush failed for good: later appends answer kafka_storage_error, reads go on.
  void take_offline(Error why);
  [[nodiscard]] const std::optional<Error>& offline() const { return log_->offline(); }

  [[nodiscard]] Offset start() const { return log_->start(); }
  [[nodiscard]] Offset end() const { return log_->end(); }
  [[nodiscard]] Offset durable_end() const { return log_->durable_end(); }
  [[nodiscard]] Offset high_watermark() const;
  /// min(high watermark, first offset of a transaction that is not decided for every reader).
  [[nodiscard]] Offset last_stable_offset() const;
  [[nodiscard]] std::uint64_t bytes() const { return log_->bytes(); }
  [[nodiscard]] LeaderEpoch leader_epoch() const { return leader_epoch_; }
  /// From whoever decides about leaders. Requires: not lower than leader_epoch().
  void set_leader_epoch(LeaderEpoch epoch);
  [[nodiscard]] const TopicSettings& settings() const { return settings_; }
  void set_settings(const TopicSettings& settings);
  /// For tools and for what the contract above leaves out (walk, damaged ranges, segments).
  [[nodiscard]] log::Log& log() { return *log_; }
  [[nodiscard]] const log::Log& log() const { return *log_; }

  /// Somebody points to what lies at or above `from`, so retention and compaction leave it there; delete_records()
  /// does not. A pass of compaction that is under way may have to be waited for: BrokerRuntime::keep(). Forgotten by an
  /// open(). Unset: nobody.
  void keep(std::optional<Offset> from) { log_->keep(from); }
  [[nodiscard]] std::optional<Offset> kept() const { return log_->kept(); }

  // The housekeeper's.
  /// Segments that retention lets go; the files are for log::remove().
  [[nodiscard]] Result<log::Doomed> retire(Now now);
  /// A pass of compaction, if it is time; for what is decided and flushed.
  [[nodiscard]] Result<std::optional<log::Cleaning>> prepare_cleaning(const log::CleaningLimits& limits, Now now);
  /// Forgets producers and events whose time is over.
  void expire(Now now);
  [[nodiscard]] log::Checkpoint checkpoint() const { return log_->checkpoint(); }
  /// A snapshot worth writing: enough was appended since the last one, and all of it is durable. At most one of the
  /// producers and one of the events is out.
  [[nodiscard]] std::optional<SnapshotTicket> prepare_snapshot();
  /// `ticket` was written, or not: then a later prepare_snapshot() makes a new one.
  void snapshot_done(const SnapshotTicket& ticket, bool written);
  /// Flushes and closes the log and writes the snapshot: the next open() replays nothing. Only reads are allowed after.
  [[nodiscard]] Result<void> close();
  void release_idle() { log_->release_idle(); }

 private:
  /// Where recent batches end in the stream of bytes appended since open().
  struct Mark {
    Offset next;
    std::uint64_t bytes_before_next = 0;
  };

  /// When a snapshot is due, and one that is on its way.
  struct Snapshots {
    std::string path;
    std::uint64_t appended = 0;               ///< batches or events since the last one
    Offset at = no_offset;                    ///< of the newest one on disk
    std::optional<SnapshotTicket> waiting{};  ///< encoded, not durable yet
    bool is_out = false;
  };

  Partition(disk::Disk& disk, const TopicSettings& settings, std::unique_ptr<log::Log> log, ProducerState producers,
            EventIds event_ids);
  [[nodiscard]] AppendAnswer refuse(ErrorCode error, std::string message) const;
  /// The answer of a first copy; `next` is the offset behind it.
  [[nodiscard]] AppendAnswer again(Offset base_offset, Offset next, Timestamp log_append_time) const;
  /// One of them was stored since they were looked for.
  [[nodiscard]] bool is_outdated(const BatchEvents& events) const;
  [[nodiscard]] std::optional<AppendAnswer> judge(const record::BatchHeader& validated) const;
  [[nodiscard]] AppendAnswer store(MutableBytes batch, record::BatchHeader& header, Now now);
  [[nodiscard]] ErrorCode check_epoch(LeaderEpoch current) const;
  [[nodiscard]] LeaderEpoch epoch_of(Offset offset) const;
  [[nodiscard]] Offset visible_end(Isolation isolation) const;
  [[nodiscard]] std::uint64_t position_of(Offset offset) const;
  [[nodiscard]] bool looks_for_repeats() const { return settings_.events.dedupe_window > Milliseconds{0}; }
  /// Of what was encoded when it was due, once that is durable.
  [[nodiscard]] std::optional<SnapshotTicket> let_out(Snapshots& snapshots) const;
  [[nodiscard]] Result<void> write_last(Snapshots& snapshots, const std::function<Bytes()>& encode);

  disk::Disk& disk_;
  TopicSettings settings_;
  std::unique_ptr<log::Log> log_;
  ProducerState producers_;
  LeaderEpoch leader_epoch_ = 0;
  Offset certain_from_{0};
  Offset seen_;             ///< readers were shown everything below: the high watermark never goes back behind it
  Offset hollow_from_;      ///< the newest run of batches without records since open() …
  Offset hollow_next_;      ///< … and the offset behind it
  std::deque<Mark> marks_;  ///< never empty; the front is the oldest batch end that is remembered
  std::uint64_t appended_bytes_ = 0;
  Snapshots producer_snapshots_;
  EventIds event_ids_;  ///< empty while the topic does not look for repeats
  Snapshots event_snapshots_;
  std::uint64_t repeated_events_ = 0;
  Instant latest_{};  ///< that it was told: ages in a snapshot are as of then, so a window grows by the difference
};

}  // namespace millrace::broker
