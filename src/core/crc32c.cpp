#include "millrace/core/crc32c.hpp"

#include <isa-l/crc.h>

#include <algorithm>

namespace millrace::inline core {

std::uint32_t crc32c(ByteView bytes, std::uint32_t seed) noexcept {
  // ISA-L takes an int length and a non-const pointer that it only reads, and neither inverts on the way in nor out.
  constexpr std::size_t piece_max = std::size_t{1} << 30;
  auto crc = ~seed;
  while (!bytes.empty()) {
    const auto piece = bytes.first(std::min(bytes.size(), piece_max));
    auto* data = reinterpret_cast<unsigned char*>(const_cast<std::byte*>(piece.data()));
    crc = crc32_iscsi(data, static_cast<int>(piece.size()), crc);
    bytes = bytes.subspan(piece.size());
  }
  return ~crc;
}

}  // namespace millrace::inline core
