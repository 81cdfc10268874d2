#pragma once
// CRC-32C (Castagnoli, RFC 3720 B.4): the checksum of Kafka's record batches and of every file of ours.

#include <cstdint>

#include "millrace/core/bytes.hpp"

namespace millrace::inline core {

/// `seed` is the CRC of what came before, so that crc32c(ab) == crc32c(b, crc32c(a)).
[[nodiscard]] std::uint32_t crc32c(ByteView bytes, std::uint32_t seed = 0) noexcept;

}  // namespace millrace::inline core
