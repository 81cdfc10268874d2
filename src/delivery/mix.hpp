#pragma once
// Mixing of bits: SplitMix64's finalizer (Steele, Lea, Flood 2014). A value.

#include <cstdint>

namespace millrace::delivery {

[[nodiscard]] constexpr std::uint64_t mixed(std::uint64_t bits) {
  bits += 0x9E3779B97F4A7C15U;
  bits = (bits ^ (bits >> 30)) * 0xBF58476D1CE4E5B9U;
  bits = (bits ^ (bits >> 27)) * 0x94D049BB133111EBU;
  return bits ^ (bits >> 31);
}

}  // namespace millrace::delivery
