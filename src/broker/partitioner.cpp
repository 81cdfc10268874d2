#include "millrace/broker/partitioner.hpp"

namespace millrace::broker {

namespace {

constexpr std::uint32_t seed = 0x9747b28c, mix = 0x5bd1e995;
constexpr int rotation = 24;
constexpr std::uint32_t without_sign = 0x7fffffff;

std::uint32_t byte_at(ByteView bytes, std::size_t i) { return std::to_integer<std::uint32_t>(bytes[i]); }

}  // namespace

std::uint32_t murmur2(ByteView bytes) noexcept {
  std::uint32_t hash = seed ^ static_cast<std::uint32_t>(bytes.size());
  std::size_t at = 0;
  for (; at + 4 <= bytes.size(); at += 4) {
    std::uint32_t word =
        byte_at(bytes, at) | byte_at(bytes, at + 1) << 8 | byte_at(bytes, at + 2) << 16 | byte_at(bytes, at + 3) << 24;
    word *= mix;
    word ^= word >> rotation;
    word *= mix;
    hash *= mix;
    hash ^= word;
  }
  const auto left = bytes.size() - at;
  if (left == 3) hash ^= byte_at(bytes, at + 2) << 16;
  if (left >= 2) hash ^= byte_at(bytes, at + 1) << 8;
  if (left >= 1) {
    hash ^= byte_at(bytes, at);
    hash *= mix;
  }
  hash ^= hash >> 13;
  hash *= mix;
  hash ^= hash >> 15;
  return hash;
}

PartitionIndex partition_of_key(ByteView key, std::int32_t partitions) noexcept {
  return static_cast<PartitionIndex>((murmur2(key) & without_sign) % static_cast<std::uint32_t>(partitions));
}

}  // namespace millrace::broker
