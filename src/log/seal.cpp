#include "seal.hpp"

#include "millrace/core/crc32c.hpp"

namespace millrace::log {

namespace {

constexpr std::string_view magic = "MRSEAL01";
constexpr std::size_t seal_bytes = 64;
constexpr std::size_t crc_at = 60;

}  // namespace

Bytes Seal::encode() const {
  Bytes bytes;
  bytes.reserve(seal_bytes);
  append_bytes(bytes, as_bytes(magic));
  append_be(bytes, base.value());
  append_be(bytes, next.value());
  append_be(bytes, size);
  append_be(bytes, max_timestamp);
  append_be(bytes, max_timestamp_offset.value());
  append_be(bytes, index_crc);
  append_be(bytes, time_index_crc);
  append_be(bytes, txn_index_crc);
  append_be(bytes, crc32c(bytes));
  return bytes;
}

Result<Seal> Seal::decode(ByteView bytes) {
  if (bytes.size() != seal_bytes || as_text(bytes.first(magic.size())) != magic) {
    return failure(Errc::corrupt, "seal: not 64 bytes that begin with MRSEAL01");
  }
  if (load_be<std::uint32_t>(bytes.data() + crc_at) != crc32c(bytes.first(crc_at))) {
    return failure(Errc::corrupt, "seal: does not match its CRC");
  }
  const auto* const at = bytes.data();
  return Seal{.base = Offset(load_be<std::int64_t>(at + 8)),
              .next = Offset(load_be<std::int64_t>(at + 16)),
              .size = load_be<std::uint64_t>(at + 24),
              .max_timestamp = load_be<std::int64_t>(at + 32),
              .max_timestamp_offset = Offset(load_be<std::int64_t>(at + 40)),
              .index_crc = load_be<std::uint32_t>(at + 48),
              .time_index_crc = load_be<std::uint32_t>(at + 52),
              .txn_index_crc = load_be<std::uint32_t>(at + 56)};
}

}  // namespace millrace::log
