#pragma once
// Log: one partition's records on disk, as segments of Kafka record batches exactly as they were sent.
//
// It promises: offsets are handed out once and without holes by append(); what flushed() has confirmed is there again
// after any crash; open() cuts only a torn tail that nobody was told about, and never deletes or shortens what lies
// below the flushed mark: damage there is quarantined, reported, and refused to readers while its neighbours are
// served. It does not judge batches (record::validate), know producers, or decide who may see what (broker::Partition).
//
// Owned: one caller at a time; the engine puts a lock around it. Exceptions: a FlushTicket and a Slice are taken under
// the lock and then used without it, beside anything; that is how flushing and sending never block an append.
// It asks neither the clock nor the environment. Files and layouts: segment_format.hpp, docs/formats/segment.md.

#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "millrace/core/ids.hpp"
#include "millrace/core/time.hpp"
#include "millrace/disk/disk.hpp"
#include "millrace/log/compaction.hpp"
#include "millrace/log/recovery.hpp"
#include "millrace/log/retention.hpp"
#include "millrace/record/batch.hpp"

namespace millrace::log {

struct Config {
  std::int64_t segment_bytes = std::int64_t{1} << 30;  ///< segment.bytes
  std::int64_t segment_ms = 604'800'000;               ///< segment.ms: roll when the first record is this old
  std::int64_t segment_jitter_ms = 0;                  ///< segment.jitter.ms: up to so much sooner
  std::int32_t index_interval_bytes = 4096;            ///< index.interval.bytes
  std::int32_t index_bytes_max = 10 * 1024 * 1024;     ///< segment.index.bytes
  bool preallocate = true;  ///< reserve blocks ahead of the end in growing steps; trimmed at close and roll
};

/// What must be flushed for everything up to `end` to be durable. Taken under the lock, used without it.
class FlushTicket {
 public:
  struct Work {
    std::vector<std::shared_ptr<disk::File>> files;  ///< sync_data() each, oldest first
    std::vector<std::string> directories;            ///< then sync_directory() each
  };
  Work work;
  Offset end;                          ///< log end when the ticket was taken
  std::uint64_t serial = 0;            ///< for Log::flushed
  std::uint64_t unflushed_bytes = 0;   ///< how much this is about
  Offset segment_base;                 ///< where `end` lies: what checkpoint() says after flushed()
  std::uint64_t segment_position = 0;  ///< in that segment
};

/// Performs the work of a ticket. Any thread, no lock. The first failure is final for the log.
[[nodiscard]] Result<void> perform(disk::Disk& disk, const FlushTicket::Work& work);

/// Whole batches lying one after the other in one file: what a fetch sends. The file stays open and readable while the
/// slice lives, even when its segment is deleted meanwhile.
struct Slice {
  std::shared_ptr<disk::File> file;  ///< null when there is nothing
  std::uint64_t position = 0;
  std::size_t length = 0;
  Offset first;  ///< base offset of the first batch: below the offset asked for, or above it where there is a gap
  Offset next;   ///< the offset to ask for after this slice, as far as known without reading it
};

struct TimeLookup {
  Offset offset;
  Timestamp timestamp = no_timestamp;
  LeaderEpoch leader_epoch = -1;
};

/// One entry of the transaction index (docs/formats/segment.md).
struct AbortedTransaction {
  ProducerId producer_id = -1;
  Offset first_offset;
  Offset last_offset;         ///< of the abort marker
  Offset last_stable_offset;  ///< when it was written
};

class Log {
 public:
  struct Opened {
    std::unique_ptr<Log> log;
    RecoveryReport report;
  };

  /// Opens `directory` (made if absent, with a first segment at offset 0). `known` is what the checkpoint says of this
  /// log: nothing when it is new or was never checkpointed. `clean` means the last shutdown left the clean mark: then
  /// nothing is scanned. Idempotent: a crash while opening changes nothing about the next attempt.
  /// Errc::corrupt only when there is nothing that could be served.
  [[nodiscard]] static Result<Opened> open(disk::Disk& disk, std::string directory, const Config& config,
                                           const std::optional<Checkpoint>& known, bool clean);
  ~Log();
  Log(const Log&) = delete;
  Log& operator=(const Log&) = delete;

  /// Stamps base offset and `epoch` into the one whole, validated batch, writes it, and gives its base offset.
  /// Rolls first when the active segment is full or too old by `wall_now`. Errc::too_large when the batch is larger
  /// than a segment. Errc::no_space leaves the log as it was and may be tried again; any other failure takes it
  /// offline.
  [[nodiscard]] Result<Offset> append(MutableBytes batch, LeaderEpoch epoch, Timestamp wall_now);

  /// Whole batches from the one that contains `from` on, at most `max_bytes` of them and all below `below`; of one
  /// segment only. `at_least_one`: the first batch comes even if it is larger than `max_bytes` (KIP-74). Where there
  /// would be one batch without records and nothing else, what is behind it comes instead.
  /// Nothing (null file) when `from` >= `below`. Errc::not_found outside [start, end], Errc::corrupt inside a
  /// quarantined range (also when reading finds new damage, which it then quarantines), Errc::io.
  /// Bytes that this process did not write are checked against their CRC the first time they are handed out.
  [[nodiscard]] Result<Slice> read(Offset from, std::size_t max_bytes, Offset below, bool at_least_one);

  /// The first record at or after `from_timestamp`, exact to the record, below `below`. Nothing if there is none.
  [[nodiscard]] Result<std::optional<TimeLookup>> find_timestamp(Timestamp from_timestamp, Offset below);
  /// The record with the largest timestamp below `below` (the first of equals). Nothing in an empty log.
  [[nodiscard]] Result<std::optional<TimeLookup>> find_max_timestamp(Offset below);

  /// Calls `each` with every whole batch from the one containing `from` to the end, in order, until it returns false.
  /// Quarantined ranges are stepped over. The bytes are borrowed for the call.
  using BatchVisitor = std::function<bool(const record::BatchHeader&, ByteView batch)>;
  [[nodiscard]] Result<void> walk(Offset from, const BatchVisitor& each);
  /// The same without the records: only headers are read.
  using HeaderVisitor = std::function<bool(const record::BatchHeader&)>;
  [[nodiscard]] Result<void> walk_headers(Offset from, const HeaderVisitor& each);

  /// Everything appended and not confirmed yet; nothing when all is flushed. Several tickets may be out at once.
  [[nodiscard]] std::optional<FlushTicket> prepare_flush();
  /// The work of `ticket` was performed: durable_end() moves to its end.
  void flushed(const FlushTicket& ticket);
  /// A flush or write failed for good: every later append fails with Errc::offline and `why`; reads go on.
  void take_offline(Error why);
  [[nodiscard]] const std::optional<Error>& offline() const;

  [[nodiscard]] Offset start() const;         ///< log start offset
  [[nodiscard]] Offset end() const;           ///< the next append gets this offset
  [[nodiscard]] Offset durable_end() const;   ///< everything below is on stable storage
  [[nodiscard]] std::uint64_t bytes() const;  ///< of all segments, logical
  [[nodiscard]] std::size_t segment_count() const;
  [[nodiscard]] Checkpoint checkpoint() const;  ///< what a later open() should be told; only of durable things
  [[nodiscard]] const std::string& directory() const;
  [[nodiscard]] const std::vector<DamagedRange>& damaged() const;

  /// Moves the log start offset up (DeleteRecords, retention). The caller makes the checkpoint durable before it
  /// answers. Errc::invalid beyond durable_end(); lower than start() does nothing.
  [[nodiscard]] Result<void> advance_start(Offset to);

  /// Somebody points to what lies at or above `from`: neither retire() nor a pass of compaction takes it away, which
  /// advance_start() still does. A pass may be about to take away what is there still, unless this is called while
  /// CleaningAccess::named does not call back. Forgotten by an open(). Unset: nobody.
  void keep(std::optional<Offset> from);
  [[nodiscard]] std::optional<Offset> kept() const;

  /// Segments that the policy lets go and that lie wholly below `below`, taken out of the log: their batches are
  /// renamed to "*.deleted", their files handed over for remove(), and start() moves up. The active segment is rolled
  /// if it is due.
  [[nodiscard]] Result<Doomed> retire(const Retention& policy, Offset below, Timestamp wall_now);
  /// A pass of compaction over segments that lie wholly below `below`, if `policy` says that it is time. Every record
  /// of a transaction that is not decided must lie at or above `below`. It holds files open and is run() without a
  /// lock.
  [[nodiscard]] Result<std::optional<Cleaning>> prepare_cleaning(const Compaction& policy, Offset below,
                                                                 std::vector<LastBatch> producers,
                                                                 const CleaningLimits& limits, Timestamp wall_now);
  /// Rolls the active segment if it is older than segment_ms. Called now and then; append does it as well.
  [[nodiscard]] Result<void> roll_if_due(Timestamp wall_now);

  // Transaction index: of the segment that holds the abort marker.
  [[nodiscard]] Result<void> append_aborted(const AbortedTransaction& transaction);
  /// Those that overlap [from, below), in order of their first offset.
  [[nodiscard]] Result<std::vector<AbortedTransaction>> aborted(Offset from, Offset below);

  // Leader epochs: (epoch, first offset), ascending; kept in the epoch file.
  [[nodiscard]] LeaderEpoch latest_epoch() const;  ///< 0 in an empty log
  /// End offset of the largest epoch <= `epoch`: (epoch, end). (-1, -1) when unknown (OffsetForLeaderEpoch).
  [[nodiscard]] std::pair<LeaderEpoch, Offset> end_of_epoch(LeaderEpoch epoch) const;

  void set_config(const Config& config);
  /// Writes indexes, trims preallocation, syncs. After it the directory may be marked clean; only reads are allowed.
  [[nodiscard]] Result<void> close();
  /// Gives back descriptors and index memory that reading can get again; for idle partitions.
  void release_idle();

  struct Impl;  ///< for the files that implement this one

 private:
  friend class Cleaning;
  [[nodiscard]] Result<Slice> read_here(Offset from, std::size_t max_bytes, Offset below, bool at_least_one);
  explicit Log(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace millrace::log
