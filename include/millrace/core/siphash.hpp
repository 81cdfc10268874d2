#pragma once
// SipHash-2-4 with a result of 128 bits (Aumasson and Bernstein, "SipHash: a fast short-input PRF", 2012): without the
// key nobody can find two inputs that meet. Pure.

#include <array>
#include <cstdint>

#include "millrace/core/bytes.hpp"

namespace millrace::inline core {

using SipKey = std::array<std::uint64_t, 2>;

struct Hash128 {
  std::uint64_t low = 0;
  std::uint64_t high = 0;
  bool operator==(const Hash128&) const = default;
};

[[nodiscard]] Hash128 siphash128(ByteView bytes, const SipKey& key);

}  // namespace millrace::inline core
