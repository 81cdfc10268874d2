#include "millrace/record/builder.hpp"

#include <algorithm>
#include <limits>
#include <utility>

#include "assemble.hpp"
#include "millrace/core/check.hpp"
#include "millrace/record/compression.hpp"
#include "record_parser.hpp"

namespace millrace::record {

namespace {

constexpr std::size_t crc_at = crc_covers_from - sizeof(std::uint32_t);
constexpr std::int16_t codec_bits = 0x07;
constexpr std::int16_t transactional_bit = 0x10;
constexpr std::int16_t control_bit = 0x20;

void append_batch(Bytes& to, const BatchHeader& header, ByteView records) {
  to.reserve(header_bytes + records.size());
  append_be(to, header.base_offset.value());
  append_be(to, header.batch_length);
  append_be(to, header.leader_epoch);
  append_be(to, header.magic);
  append_be(to, header.crc);
  append_be(to, header.attributes);
  append_be(to, header.last_offset_delta);
  append_be(to, header.base_timestamp);
  append_be(to, header.max_timestamp);
  append_be(to, header.producer_id);
  append_be(to, header.producer_epoch);
  append_be(to, header.base_sequence);
  append_be(to, header.record_count);
  append_bytes(to, records);
}

}  // namespace

Bytes assemble(BatchHeader header, Codec codec, ByteView records) {
  Bytes compressed;
  if (codec != Codec::none) {
    compressed = deflate(codec, records);
    records = compressed;
  }
  const auto length = header_bytes - length_prefix_bytes + records.size();
  CHECK(length <= std::numeric_limits<std::int32_t>::max(), "a batch is smaller than 2 GiB");
  header.batch_length = static_cast<std::int32_t>(length);
  header.magic = magic_2;
  header.attributes = static_cast<std::int16_t>((header.attributes & ~codec_bits) | static_cast<std::int16_t>(codec));
  Bytes batch;
  append_batch(batch, header, records);
  store_be(batch.data() + crc_at, compute_crc(batch));
  return batch;
}

void BatchBuilder::add(const NewRecord& record) {
  if (empty()) base_timestamp_ = record.timestamp;
  // Wraps as readers add it up again.
  const auto delta = static_cast<std::uint64_t>(record.timestamp) - static_cast<std::uint64_t>(base_timestamp_);
  append_record(records_, {.timestamp = static_cast<std::int64_t>(delta), .offset = count_}, record);
  max_timestamp_ = std::max(max_timestamp_, record.timestamp);
  ++count_;
}

void BatchBuilder::set_producer(ProducerId id, ProducerEpoch epoch, std::int32_t base_sequence) {
  producer_id_ = id;
  producer_epoch_ = epoch;
  base_sequence_ = base_sequence;
}

void BatchBuilder::set_attributes(bool transactional, bool control) {
  flags_ = static_cast<std::int16_t>((transactional ? transactional_bit : 0) | (control ? control_bit : 0));
}

Bytes BatchBuilder::finish() {
  CHECK(!empty(), "a batch has at least one record");
  BatchHeader header;
  header.base_offset = Offset(0);
  header.leader_epoch = -1;
  header.attributes = flags_;
  header.last_offset_delta = count_ - 1;
  header.base_timestamp = base_timestamp_;
  header.max_timestamp = max_timestamp_;
  header.producer_id = producer_id_;
  header.producer_epoch = producer_epoch_;
  header.base_sequence = base_sequence_;
  header.record_count = count_;
  auto batch = assemble(header, codec_, records_);
  auto room = std::move(records_);
  *this = BatchBuilder(codec_);
  room.clear();
  records_ = std::move(room);
  return batch;
}

}  // namespace millrace::record
