#include "millrace/record/batch.hpp"

#include <limits>

#include "millrace/core/check.hpp"
#include "millrace/core/crc32c.hpp"

namespace millrace::record {

namespace {

constexpr std::size_t leader_epoch_at = 12;
constexpr std::size_t crc_at = 17;
constexpr std::size_t attributes_at = 21;
constexpr std::size_t max_timestamp_at = 35;
constexpr std::int16_t timestamp_type_bit = 0x08;

std::string number(std::int64_t value) { return std::to_string(value); }

}  // namespace

std::int32_t BatchHeader::last_sequence() const {
  if (base_sequence < 0) return -1;
  const auto unwrapped = std::int64_t{base_sequence} + std::int64_t{last_offset_delta};
  return static_cast<std::int32_t>(unwrapped & std::numeric_limits<std::int32_t>::max());
}

BatchHeader read_header(ByteView bytes) {
  CHECK(bytes.size() >= header_bytes, "the caller has looked at the size");
  const auto* at = bytes.data();
  BatchHeader header;
  header.base_offset = Offset(load_be<std::int64_t>(at));
  header.batch_length = load_be<std::int32_t>(at + 8);
  header.leader_epoch = load_be<std::int32_t>(at + leader_epoch_at);
  header.magic = load_be<std::int8_t>(at + 16);
  header.crc = load_be<std::uint32_t>(at + crc_at);
  header.attributes = load_be<std::int16_t>(at + attributes_at);
  header.last_offset_delta = load_be<std::int32_t>(at + 23);
  header.base_timestamp = load_be<std::int64_t>(at + 27);
  header.max_timestamp = load_be<std::int64_t>(at + max_timestamp_at);
  header.producer_id = load_be<std::int64_t>(at + 43);
  header.producer_epoch = load_be<std::int16_t>(at + 51);
  header.base_sequence = load_be<std::int32_t>(at + 53);
  header.record_count = load_be<std::int32_t>(at + 57);
  return header;
}

void stamp(MutableBytes batch, Offset base_offset, LeaderEpoch leader_epoch) {
  CHECK(batch.size() >= header_bytes, "only a validated batch is stamped");
  store_be(batch.data(), base_offset.value());
  store_be(batch.data() + leader_epoch_at, leader_epoch);
}

void stamp_timestamp(MutableBytes batch, TimestampType type, Timestamp max_timestamp) {
  CHECK(batch.size() >= header_bytes, "only a validated batch is stamped");
  auto attributes = load_be<std::int16_t>(batch.data() + attributes_at);
  attributes = static_cast<std::int16_t>(attributes & ~timestamp_type_bit);
  if (type == TimestampType::log_append_time) attributes = static_cast<std::int16_t>(attributes | timestamp_type_bit);
  store_be(batch.data() + attributes_at, attributes);
  store_be(batch.data() + max_timestamp_at, max_timestamp);
  store_be(batch.data() + crc_at, compute_crc(batch));
}

std::uint32_t compute_crc(ByteView batch) {
  CHECK(batch.size() >= header_bytes, "the caller has looked at the size");
  return crc32c(batch.subspan(crc_covers_from));
}

Result<BatchHeader> check_stored(ByteView bytes) {
  if (bytes.size() < header_bytes) {
    return failure(Errc::corrupt, "batch: " + number(static_cast<std::int64_t>(bytes.size())) +
                                      " bytes are left, a header has " + number(header_bytes));
  }
  const auto header = read_header(bytes);
  if (header.magic != magic_2) {
    return failure(Errc::corrupt, "batch: magic is " + number(header.magic) + ", only 2 is stored");
  }
  if (header.size() < std::int64_t{header_bytes} || header.size() > static_cast<std::int64_t>(bytes.size())) {
    return failure(Errc::corrupt, "batch: batch_length is " + number(header.batch_length) + ", must be from " +
                                      number(header_bytes - length_prefix_bytes) + " to the " +
                                      number(static_cast<std::int64_t>(bytes.size() - length_prefix_bytes)) +
                                      " bytes that follow it");
  }
  const auto crc = compute_crc(bytes.first(static_cast<std::size_t>(header.size())));
  if (crc != header.crc) {
    return failure(Errc::corrupt, "batch: crc is " + number(header.crc) + ", the bytes give " + number(crc));
  }
  if (header.last_offset_delta < 0 || header.record_count < 0) {
    return failure(Errc::corrupt, "batch: last_offset_delta is " + number(header.last_offset_delta) +
                                      " and record_count " + number(header.record_count) + ", neither may be negative");
  }
  // The base offset stands outside the CRC: any number may be there after damage.
  constexpr auto offset_max = std::numeric_limits<std::int64_t>::max();
  const auto base = header.base_offset.value();
  if (base < 0 || base >= offset_max - header.last_offset_delta) {
    return failure(Errc::corrupt,
                   "batch: base_offset is " + number(base) + ", must be from 0 and leave room for the next one");
  }
  return header;
}

}  // namespace millrace::record
