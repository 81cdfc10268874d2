#pragma once
// May this batch of a stranger be stored? The duties of Kafka's broker on a client append, steps 1 to 4 of
// kafka-protocol.md §3.3, as a pure function of the bytes and the topic's rules. It changes nothing but timestamps
// and CRC where the topic's rules ask for it, and says which record broke which rule (KIP-467). The answers and where
// they are stricter than Kafka's stand in docs/formats/record_batch.md.
//
// A plain batch is walked in place and allocates nothing. A compressed one is inflated into a buffer of the thread, of
// up to limits::inflated_bytes_max while it is judged and 1 MiB afterwards: above some 64 KiB call it from the pool.

#include <optional>
#include <string>
#include <vector>

#include "millrace/core/error_code.hpp"
#include "millrace/record/record.hpp"

namespace millrace::record {

/// What a topic asks of each record beyond Kafka's rules: nothing when it is fine, else which rule is broken. Allocates
/// nothing when it is fine.
using RecordRule = std::optional<std::string> (*)(const RecordView& record);

struct Rules {
  std::int32_t batch_bytes_max = 1'048'588;  ///< max.message.bytes
  TimestampType timestamp_type = TimestampType::create_time;
  std::int64_t timestamp_before_max_ms = INT64_MAX;
  std::int64_t timestamp_after_max_ms = 3'600'000;
  bool keys_required = false;       ///< compacted topic
  std::optional<Codec> recompress;  ///< compression.type other than "producer"
  bool zstd_allowed = true;         ///< Produce v7 and later
  RecordRule rule = nullptr;        ///< none
  bool puts_aside = false;          ///< a record that breaks `rule` does not refuse its batch
};

/// More records of one batch are not put aside, and refuse it: each becomes some hundred bytes of its own.
inline constexpr std::size_t aside_max = 10'000;

/// More than so many faults are not listed: each costs far more memory than the record that earned it.
inline constexpr std::size_t faults_max = 100;

struct RecordFault {
  std::int32_t index = 0;  ///< of the record in its batch
  std::string message;
};

struct Verdict {
  ErrorCode error = ErrorCode::none;
  std::string message;              ///< names the field, the value and the rule; empty when fine
  std::vector<RecordFault> faults;  ///< for invalid_record and invalid_timestamp: whose fault it was, if a record's
  std::vector<RecordFault> aside;   ///< of a fine batch, ascending: what breaks the topic's rule and is put aside
  BatchHeader header;               ///< as it stands after validation; set when fine
  /// Set when the batch had to be built anew (recompression, wrong inner offsets): store these bytes instead.
  std::optional<Bytes> rebuilt;
};

/// `batch` is all bytes that came for one partition: exactly one batch is allowed. On success its timestamps are as
/// the topic wants them (LogAppendTime stamped with `wall_now`, a wrong CreateTime maximum put right). A refusal leaves
/// the bytes as they came. Any thread.
[[nodiscard]] Verdict validate(MutableBytes batch, const Rules& rules, Timestamp wall_now);

}  // namespace millrace::record
