#pragma once
// Chance as a parameter: everything random comes out of one seeded source, so that a test can repeat it.

#include <cstdint>

namespace millrace::inline core {

/// Owned: one thread at a time, or behind a lock. The real one draws from the operating system.
class Random {
 public:
  Random() = default;
  Random(const Random&) = delete;
  Random& operator=(const Random&) = delete;
  virtual ~Random() = default;
  [[nodiscard]] virtual std::uint64_t next() = 0;
};

}  // namespace millrace::inline core
