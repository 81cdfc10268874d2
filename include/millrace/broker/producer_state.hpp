#pragma once
// What one partition remembers of its idempotent and transactional producers, so that a retry is stored once and in
// order (kafka-protocol.md §2.5, KIP-98): per producer id the epoch, the last five batches and the open transaction.
//
// Pure and deterministic: no clock, no disk. check() judges a batch that came from a client, update() takes in a batch
// that was appended; replaying the headers of a log through update() gives the same state again. Bounded: at most
// limits::producers_per_partition_max producers, the longest idle goes first and never one with an open transaction.
// Idleness is counted on the steady clock, from the later of the last batch and the opening of the partition: neither a
// client's timestamps nor a jump of the wall clock make the broker forget a producer. Owned.
// Snapshot: docs/formats/producer_snapshot.md.

#include <deque>
#include <list>
#include <optional>
#include <unordered_map>
#include <variant>
#include <vector>

#include "millrace/core/error_code.hpp"
#include "millrace/core/limits.hpp"
#include "millrace/core/time.hpp"
#include "millrace/log/compaction.hpp"
#include "millrace/record/batch.hpp"

namespace millrace::broker {

inline constexpr std::size_t remembered_batches = 5;  ///< what a client may have in flight (Kafka's own number)

struct AppendIt {};
struct Duplicate {
  Offset base_offset;  ///< of the copy that is in the log
  Offset next;         ///< the offset after that copy: durable from here on means that the retry may be answered
  Timestamp log_append_time = no_timestamp;
};
struct Refused {
  ErrorCode error = ErrorCode::none;
  std::string message;
};
using ProducerVerdict = std::variant<AppendIt, Duplicate, Refused>;

enum class Marker : std::int16_t { abort = 0, commit = 1 };  ///< the numbers of the control record's key

/// What the one record of a transaction's control batch says.
struct MarkerRecord {
  Marker marker = Marker::abort;
  std::int32_t coordinator_epoch = -1;
};

struct ClosedTransaction {
  ProducerId producer_id = -1;
  Offset first_offset;
  Offset marker_offset;
  Offset last_stable_offset;  ///< once this transaction is decided: where the next open one begins, or after the marker
};

/// What DescribeProducers tells of one producer.
struct ProducerFact {
  ProducerId id = -1;
  ProducerEpoch epoch = -1;
  std::int32_t last_sequence = -1;          ///< -1: it wrote nothing in this epoch
  Timestamp last_timestamp = no_timestamp;  ///< of its last batch, data or marker
  std::int32_t coordinator_epoch = -1;      ///< of its last marker
  Offset transaction_start = no_offset;     ///< -1: none is open
  bool operator==(const ProducerFact&) const = default;
};

struct ProducerLimits {
  std::size_t producers_max = limits::producers_per_partition_max;
  Milliseconds expire_after = std::chrono::hours(24);  ///< Kafka's producer.id.expiration.ms
};

class ProducerState {
 public:
  explicit ProducerState(ProducerLimits bounds = {}) : bounds_(bounds) {}
  ProducerState(const ProducerState&) = delete;
  ProducerState& operator=(const ProducerState&) = delete;
  ProducerState(ProducerState&&) = default;
  ProducerState& operator=(ProducerState&&) = default;

  /// A data batch of a client; `header.base_offset` is not looked at. Refusals: invalid_producer_epoch (fenced),
  /// out_of_order_sequence_number, invalid_txn_state (plain batch inside a transaction), policy_violation (every place
  /// is held by an open transaction).
  [[nodiscard]] ProducerVerdict check(const record::BatchHeader& header) const;
  /// May the coordinator of `coordinator_epoch` decide a transaction of this producer here? none,
  /// invalid_producer_epoch or transaction_coordinator_fenced.
  [[nodiscard]] ErrorCode check_marker(ProducerId id, ProducerEpoch epoch, std::int32_t coordinator_epoch) const;

  /// A data batch as it stands in the log, with its real offset. Batches without a producer change nothing.
  void update(const record::BatchHeader& appended, Instant now);
  /// A control batch as it stands in the log. Gives the transaction that it closed, if one was open.
  std::optional<ClosedTransaction> update_marker(const record::BatchHeader& appended, std::int32_t coordinator_epoch,
                                                 Instant now);

  /// Forgets the producers that were idle too long. Called now and then.
  void expire(Instant now);

  /// The first offset whose fate is open while readers see up to `high_watermark`: of an open transaction, or of a
  /// closed one whose marker is not visible yet. Nothing when there is none.
  [[nodiscard]] std::optional<Offset> first_unstable(Offset high_watermark) const;
  /// Markers below are visible: their transactions no longer hold back anything.
  void settle(Offset high_watermark);

  /// All of them, by ascending id.
  [[nodiscard]] std::vector<ProducerFact> facts() const;
  /// What compaction must leave in the log for them, in no order.
  [[nodiscard]] std::vector<log::LastBatch> last_batches() const;
  [[nodiscard]] std::size_t size() const { return by_id_.size(); }
  [[nodiscard]] bool knows(ProducerId id) const { return by_id_.contains(id); }

  /// Everything as of log offset `at`; not the transactions that settle() waits for, so `at` must be durable when the
  /// bytes are written.
  [[nodiscard]] Bytes encode(Offset at) const;
  struct Snapshot;
  /// Errc::corrupt for bytes that encode() cannot have made. Nothing is allocated by a number that was read.
  [[nodiscard]] static Result<Snapshot> decode(ByteView bytes, Instant now, ProducerLimits bounds = {});

 private:
  struct Batch {
    std::int32_t first_sequence = 0;
    std::int32_t last_sequence = 0;
    Offset base_offset;
    Timestamp log_append_time = no_timestamp;
    [[nodiscard]] Offset next() const { return base_offset + ((last_sequence - first_sequence) & INT32_MAX) + 1; }
  };
  struct Producer {
    ProducerId id = -1;
    ProducerEpoch epoch = -1;
    std::int32_t coordinator_epoch = -1;
    std::optional<Offset> transaction_start;
    Timestamp last_timestamp = no_timestamp;
    Instant last_active{};
    std::vector<Batch> batches;  ///< oldest first, at most remembered_batches
  };
  struct Unsettled {
    Offset first_offset;
    Offset marker_offset;
  };
  using Producers = std::list<Producer>;

  Producers::iterator touch(ProducerId id, ProducerEpoch epoch, Instant now);
  void make_room();
  void forget_longest_idle();
  [[nodiscard]] bool restore(Producer producer, Offset at);

  ProducerLimits bounds_;
  Producers idle_;  ///< without an open transaction, longest idle first
  Producers open_;  ///< with one, in order of its first offset: the front holds back the last stable offset
  std::unordered_map<ProducerId, Producers::iterator> by_id_;
  std::deque<Unsettled> unsettled_;  ///< closed, the marker not visible yet; in order of the marker
};

struct ProducerState::Snapshot {
  Offset at;  ///< every batch below is in the state, none above
  ProducerState state;
};

}  // namespace millrace::broker
