#pragma once
// Records → one batch. Used for what the broker writes itself: internal topics, control batches, letters. Owned.
//
// Bytes of a record are copied when it is added. The builder judges nothing: sizes are its caller's affair, and a batch
// of 2 GiB is a CHECK, so what strangers send is bounded before it comes here.

#include "millrace/record/record.hpp"

namespace millrace::record {

struct NewRecord {
  Timestamp timestamp = 0;
  std::optional<ByteView> key;
  std::optional<ByteView> value;
  std::span<const HeaderView> headers;
};

class BatchBuilder {
 public:
  explicit BatchBuilder(Codec codec = Codec::none) : codec_(codec) {}

  void add(const NewRecord& record);
  void set_producer(ProducerId id, ProducerEpoch epoch, std::int32_t base_sequence);
  void set_attributes(bool transactional, bool control);
  [[nodiscard]] std::int32_t count() const { return count_; }
  [[nodiscard]] bool empty() const { return count_ == 0; }
  [[nodiscard]] std::size_t uncompressed_bytes() const { return records_.size(); }

  /// The whole batch with base offset 0, leader epoch -1 and its CRC. Afterwards the builder is as new: empty, without
  /// producer and flags, with the same codec. Requires: !empty().
  [[nodiscard]] Bytes finish();

 private:
  Codec codec_;
  Bytes records_;
  std::int32_t count_ = 0;
  Timestamp base_timestamp_ = 0;
  Timestamp max_timestamp_ = no_timestamp;
  ProducerId producer_id_ = -1;
  ProducerEpoch producer_epoch_ = -1;
  std::int32_t base_sequence_ = -1;
  std::int16_t flags_ = 0;
};

}  // namespace millrace::record
