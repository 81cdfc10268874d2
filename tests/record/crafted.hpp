#pragma once
// A small language for batches that no honest client sends: start from a good one, change a field, seal it again.

#include <gtest/gtest.h>

#include <array>

#include "millrace/record/builder.hpp"
#include "millrace/record/compression.hpp"

namespace millrace::record {

inline constexpr Timestamp noon = 1'700'000'000'000;

/// How a parametrised test calls itself.
inline std::string codec_name(const testing::TestParamInfo<Codec>& tested) {
  constexpr std::array names{"none", "gzip", "snappy", "lz4", "zstd"};
  return names.at(static_cast<std::size_t>(tested.param));
}

/// Where the fields of the header stand, as the protocol guide counts them.
namespace at {
inline constexpr std::size_t base_offset = 0;
inline constexpr std::size_t batch_length = 8;
inline constexpr std::size_t leader_epoch = 12;
inline constexpr std::size_t magic = 16;
inline constexpr std::size_t crc = 17;
inline constexpr std::size_t attributes = 21;
inline constexpr std::size_t last_offset_delta = 23;
inline constexpr std::size_t base_timestamp = 27;
inline constexpr std::size_t max_timestamp = 35;
inline constexpr std::size_t producer_id = 43;
inline constexpr std::size_t producer_epoch = 51;
inline constexpr std::size_t base_sequence = 53;
inline constexpr std::size_t record_count = 57;
inline constexpr std::size_t records = 61;
}  // namespace at

class Crafted {
 public:
  explicit Crafted(Bytes batch) : batch_(std::move(batch)) {}

  /// `count` records with keys k0, k1, … and values of `value_bytes` at noon plus their number in milliseconds.
  static Crafted of(std::int32_t count, Codec codec = Codec::none, std::size_t value_bytes = 5) {
    BatchBuilder builder(codec);
    const Bytes value(value_bytes, std::byte{'v'});
    for (std::int32_t i = 0; i < count; ++i) {
      const auto key = "k" + std::to_string(i);
      builder.add({.timestamp = noon + i, .key = as_bytes(key), .value = value, .headers = {}});
    }
    return Crafted(builder.finish());
  }

  /// A header that claims `count` records in front of any section, compressed already if `codec` says so.
  static Crafted around(ByteView section, std::int32_t count, Codec codec = Codec::none) {
    auto made = of(1);
    made.batch_.resize(at::records);
    append_bytes(made.batch_, section);
    return made.set<std::int32_t>(at::batch_length, static_cast<std::int32_t>(made.batch_.size() - 12))
        .set<std::int16_t>(at::attributes, static_cast<std::int16_t>(codec))
        .set<std::int32_t>(at::last_offset_delta, count - 1)
        .set<std::int32_t>(at::record_count, count);
  }

  /// Changes a field and makes the CRC right again.
  template <class T>
  Crafted& set(std::size_t where, T value) {
    store_be(batch_.data() + where, value);
    store_be(batch_.data() + at::crc, compute_crc(batch_));
    return *this;
  }

  [[nodiscard]] const Bytes& bytes() const { return batch_; }

 private:
  Bytes batch_;
};

}  // namespace millrace::record
