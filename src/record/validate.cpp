#include "millrace/record/validate.hpp"

#include <utility>

#include "assemble.hpp"
#include "millrace/core/limits.hpp"
#include "millrace/record/compression.hpp"
#include "record_parser.hpp"
#include "walk.hpp"

namespace millrace::record {

namespace {

constexpr std::int16_t log_append_time_bit = 0x08;
constexpr int codec_id_max = 4;
constexpr std::int32_t old_length_min = 14;  // of a message of magic 0
constexpr std::int32_t length_min = header_bytes - length_prefix_bytes;
constexpr std::size_t scratch_bytes_kept = limits::MiB;

/// The thread's room for inflated records. What a big batch made of it is given back at once.
class Scratch {
 public:
  Scratch() { bytes_.clear(); }
  ~Scratch() {
    if (bytes_.capacity() > scratch_bytes_kept) Bytes().swap(bytes_);
  }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  [[nodiscard]] Bytes& bytes() { return bytes_; }

 private:
  static thread_local Bytes bytes_;
};

thread_local Bytes Scratch::bytes_;

Verdict refused(ErrorCode error, std::string message) {
  Verdict verdict;
  verdict.error = error;
  verdict.message = std::move(message);
  return verdict;
}

template <class Value>
Verdict refused(ErrorCode error, const char* field, Value value, const std::string& rule) {
  return refused(error, std::string(field) + " is " + std::to_string(value) + ", " + rule);
}

/// Step 1: these bytes are one whole batch of magic 2. The length and magic are outside the CRC and judged before it.
std::optional<Verdict> refuse_frame(ByteView bytes, const Rules& rules) {
  if (bytes.empty()) return refused(ErrorCode::invalid_record, "records: no batch, one is asked for");
  if (bytes.size() < length_prefix_bytes) {
    return refused(ErrorCode::invalid_record, "records", bytes.size(), "a batch header has 61 bytes");
  }
  // Kafka's order: what ends before its batch does is no batch, and a length that no batch has is damage.
  const auto length = load_be<std::int32_t>(bytes.data() + 8);
  const auto refused_length = [&](ErrorCode error) {
    return refused(error, "batch_length", length,
                   "must be from 49 to the " + std::to_string(bytes.size() - length_prefix_bytes) + " bytes behind it");
  };
  if (length < old_length_min) return refused_length(ErrorCode::corrupt_message);
  if (length > static_cast<std::int64_t>(bytes.size() - length_prefix_bytes)) {
    return refused_length(ErrorCode::invalid_record);
  }
  const auto magic = load_be<std::int8_t>(bytes.data() + 16);
  if (magic == 0 || magic == 1) {
    return refused(ErrorCode::invalid_record, "magic", magic, "must be 2: Produce version 3 and later send no other");
  }
  if (magic != magic_2) return refused(ErrorCode::corrupt_message, "magic", magic, "must be 2");
  if (length < length_min) return refused_length(ErrorCode::corrupt_message);
  const auto header = read_header(bytes);
  if (header.size() < static_cast<std::int64_t>(bytes.size())) {
    return refused(ErrorCode::invalid_record, "batch_length", header.batch_length,
                   "must reach to the end of the " + std::to_string(bytes.size()) +
                       " bytes: exactly one batch per partition is allowed");
  }
  if (header.size() > rules.batch_bytes_max) {
    return refused(ErrorCode::message_too_large, "batch size", header.size(),
                   "max.message.bytes is " + std::to_string(rules.batch_bytes_max));
  }
  return std::nullopt;
}

/// Step 2, the fields that say who wrote the batch and how.
std::optional<Verdict> refuse_attributes(const BatchHeader& header, const Rules& rules) {
  if (header.codec_id() > codec_id_max) {
    return refused(ErrorCode::unsupported_compression_type, "codec", header.codec_id(),
                   "must be 0 none, 1 gzip, 2 snappy, 3 lz4 or 4 zstd");
  }
  if (header.codec() == Codec::zstd && !rules.zstd_allowed) {
    return refused(ErrorCode::unsupported_compression_type, "codec", header.codec_id(),
                   "zstd needs Produce version 7 or later");
  }
  if (header.is_control()) {
    return refused(ErrorCode::invalid_record, "attributes", header.attributes,
                   "bit 5 must be 0: only the broker writes control batches");
  }
  if ((header.attributes & delete_horizon_bit) != 0) {
    return refused(ErrorCode::invalid_record, "attributes", header.attributes,
                   "bit 6 must be 0: only compaction sets a delete horizon");
  }
  if (header.timestamp_type() == TimestampType::log_append_time) {
    return refused(ErrorCode::invalid_timestamp, "attributes", header.attributes,
                   "bit 3 must be 0: only the broker stamps LogAppendTime");
  }
  return std::nullopt;
}

/// Step 2, the fields that count.
std::optional<Verdict> refuse_numbers(const BatchHeader& header) {
  if (header.base_offset != Offset(0)) {
    return refused(ErrorCode::invalid_record, "base_offset", header.base_offset.value(),
                   "must be 0: the broker assigns offsets");
  }
  if (header.record_count <= 0) {
    return refused(ErrorCode::invalid_record, "record_count", header.record_count, "must be at least 1");
  }
  if (header.last_offset_delta != header.record_count - 1) {
    return refused(ErrorCode::invalid_record, "last_offset_delta", header.last_offset_delta,
                   "must be record_count - 1, which is " + std::to_string(header.record_count - 1));
  }
  if (header.has_producer()) {
    if (header.base_sequence < 0) {
      return refused(ErrorCode::invalid_record, "base_sequence", header.base_sequence,
                     "must be from 0 when producer_id is set");
    }
    if (header.producer_epoch < 0) {
      return refused(ErrorCode::invalid_record, "producer_epoch", header.producer_epoch,
                     "must be from 0 when producer_id is set");
    }
  } else if (header.is_transactional()) {
    return refused(ErrorCode::invalid_record, "producer_id", header.producer_id,
                   "must be from 0 in a transactional batch");
  }
  return std::nullopt;
}

std::optional<Verdict> refuse_header(ByteView batch, const BatchHeader& header, const Rules& rules) {
  if (const auto crc = compute_crc(batch); crc != header.crc) {
    return refused(ErrorCode::corrupt_message, "crc", header.crc, "the bytes give " + std::to_string(crc));
  }
  if (auto verdict = refuse_attributes(header, rules)) return verdict;
  return refuse_numbers(header);
}

Verdict refused_records(Walk walk, std::int32_t record_count) {
  if (walk.faults.empty()) return refused(walk.error, std::move(walk.unindexed));
  const auto& first = walk.faults.front();
  auto verdict = refused(walk.error, "record " + std::to_string(first.index) + " of " + std::to_string(record_count) +
                                         ": " + first.message);
  if (walk.faults.size() > 1) verdict.message += "; and " + std::to_string(walk.faults.size() - 1) + " more";
  verdict.faults = std::move(walk.faults);
  return verdict;
}

/// The same records with offset deltas 0, 1, 2, …
Bytes renumbered(ByteView records, std::int32_t count) {
  Bytes out;
  out.reserve(records.size() + records.size() / 8);
  const auto* at = records.data();
  const auto* const end = at + records.size();
  RecordView record;
  Defect defect;
  for (std::int32_t index = 0; index < count && parse_record(at, end, record, defect); ++index) {
    record.offset_delta = index;
    append_record(out, record);
  }
  return out;
}

/// What a batch that may be stored becomes when its bytes cannot stay as they came.
Verdict rebuilt(const BatchHeader& header, ByteView records, const Walk& walk, const Rules& rules) {
  Verdict verdict;
  Bytes in_order;
  if (!walk.offsets_in_order) {
    in_order = renumbered(records, header.record_count);
    records = in_order;
  }
  auto batch = assemble(header, rules.recompress.value_or(header.codec()), records);
  if (std::cmp_greater(batch.size(), rules.batch_bytes_max)) {
    return refused(ErrorCode::message_too_large, "batch size after rebuilding", batch.size(),
                   "max.message.bytes is " + std::to_string(rules.batch_bytes_max));
  }
  verdict.header = read_header(batch);
  verdict.rebuilt = std::move(batch);
  return verdict;
}

}  // namespace

Verdict validate(MutableBytes batch, const Rules& rules, Timestamp wall_now) {
  if (auto verdict = refuse_frame(batch, rules)) return *std::move(verdict);
  auto header = read_header(batch);
  if (auto verdict = refuse_header(batch, header, rules)) return *std::move(verdict);

  ByteView records = batch.subspan(header_bytes);
  Scratch scratch;
  if (header.codec() != Codec::none) {
    if (auto done = inflate(header.codec(), records, limits::inflated_bytes_max, scratch.bytes()); !done) {
      return refused(ErrorCode::invalid_record, "records: " + done.error().message);
    }
    records = scratch.bytes();
  }
  auto walked = walk(header, records, rules, wall_now);
  if (walked.error != ErrorCode::none) return refused_records(std::move(walked), header.record_count);

  const bool log_append_time = rules.timestamp_type == TimestampType::log_append_time;
  const auto max_timestamp = log_append_time ? wall_now : walked.max_timestamp;
  if (!walked.offsets_in_order || rules.recompress.value_or(header.codec()) != header.codec()) {
    header.max_timestamp = max_timestamp;
    if (log_append_time) header.attributes = static_cast<std::int16_t>(header.attributes | log_append_time_bit);
    auto verdict = rebuilt(header, records, walked, rules);
    if (verdict.error == ErrorCode::none) verdict.aside = std::move(walked.aside);
    return verdict;
  }
  if (log_append_time || header.max_timestamp != max_timestamp) {
    stamp_timestamp(batch, rules.timestamp_type, max_timestamp);
  }
  Verdict verdict;
  verdict.header = read_header(batch);
  verdict.aside = std::move(walked.aside);
  return verdict;
}

}  // namespace millrace::record
