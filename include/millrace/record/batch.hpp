#pragma once
// A record batch, magic 2, seen in place: the unit in which records are sent, stored and fetched
// (docs/formats/record_batch.md; Kafka protocol guide, "Record Batch"). All numbers are big-endian.
//
//    0  base_offset            i64 │ 21  attributes        i16 │ 43  producer_id     i64
//    8  batch_length           i32 │ 23  last_offset_delta i32 │ 51  producer_epoch  i16
//   12  partition_leader_epoch i32 │ 27  base_timestamp    i64 │ 53  base_sequence   i32
//   16  magic                  i8  │ 35  max_timestamp     i64 │ 57  record_count    i32
//   17  crc                    u32 │                           │ 61  records …
//
// The CRC covers byte 21 to the end, so base offset and leader epoch are stamped without touching it.
// BatchHeader is a value. Nothing here judges a batch: that is validate.hpp.

#include <optional>

#include "millrace/core/bytes.hpp"
#include "millrace/core/ids.hpp"
#include "millrace/core/result.hpp"
#include "millrace/core/time.hpp"

namespace millrace::record {

inline constexpr std::size_t header_bytes = 61;
inline constexpr std::size_t length_prefix_bytes = 12;  ///< base_offset and batch_length: what batch_length leaves out
inline constexpr std::size_t crc_covers_from = 21;
inline constexpr std::int8_t magic_2 = 2;
inline constexpr std::int16_t delete_horizon_bit = 0x40;

enum class Codec : std::uint8_t { none = 0, gzip = 1, snappy = 2, lz4 = 3, zstd = 4 };
enum class TimestampType : std::uint8_t { create_time = 0, log_append_time = 1 };

struct BatchHeader {
  Offset base_offset;
  std::int32_t batch_length = 0;  ///< bytes after this field
  LeaderEpoch leader_epoch = -1;
  std::int8_t magic = magic_2;
  std::uint32_t crc = 0;
  std::int16_t attributes = 0;
  std::int32_t last_offset_delta = 0;
  Timestamp base_timestamp = 0;
  Timestamp max_timestamp = 0;
  ProducerId producer_id = -1;
  ProducerEpoch producer_epoch = -1;
  std::int32_t base_sequence = -1;
  std::int32_t record_count = 0;

  /// Bytes of the whole batch. Meaningful only when batch_length is not negative.
  [[nodiscard]] std::int64_t size() const { return std::int64_t{batch_length} + std::int64_t{length_prefix_bytes}; }
  [[nodiscard]] Offset last_offset() const { return base_offset + last_offset_delta; }
  [[nodiscard]] Offset next_offset() const { return last_offset() + 1; }
  /// Sequence numbers wrap from 2^31-1 to 0; -1 without a base sequence.
  [[nodiscard]] std::int32_t last_sequence() const;
  /// The number in bits 0-2, which may be none of Codec's.
  [[nodiscard]] int codec_id() const { return attributes & 0x07; }
  [[nodiscard]] Codec codec() const { return static_cast<Codec>(codec_id()); }
  [[nodiscard]] TimestampType timestamp_type() const { return static_cast<TimestampType>((attributes >> 3) & 1); }
  [[nodiscard]] bool is_transactional() const { return (attributes & 0x10) != 0; }
  [[nodiscard]] bool is_control() const { return (attributes & 0x20) != 0; }
  [[nodiscard]] bool has_producer() const { return producer_id >= 0; }
  /// When tombstones in it may go: then that is what base_timestamp says (KIP-534).
  [[nodiscard]] std::optional<Timestamp> delete_horizon() const {
    return (attributes & delete_horizon_bit) != 0 ? std::optional(base_timestamp) : std::nullopt;
  }
};

/// Requires: bytes.size() >= header_bytes. Reads the fields as they are and judges none of them.
[[nodiscard]] BatchHeader read_header(ByteView bytes);

/// Stores base offset and leader epoch in place. Requires: batch.size() >= header_bytes.
void stamp(MutableBytes batch, Offset base_offset, LeaderEpoch leader_epoch);

/// Marks the batch as LogAppendTime (or sets CreateTime's true maximum) and computes its CRC anew.
void stamp_timestamp(MutableBytes batch, TimestampType type, Timestamp max_timestamp);

/// Requires: `batch` is one whole batch as its header says.
[[nodiscard]] std::uint32_t compute_crc(ByteView batch);

/// The header of the first batch in `bytes` when a whole one with magic 2, a sane length and a right CRC stands there.
/// Base offset, last offset delta and record count are then not negative and next_offset() does not overflow; a count
/// of 0 is fine, compaction leaves such batches. The failure (Errc::corrupt) says what is wrong. Used by recovery and
/// reads; produce uses validate(). Whether the records section can be read is not asked here.
[[nodiscard]] Result<BatchHeader> check_stored(ByteView bytes);

}  // namespace millrace::record
