#pragma once
// Chance that can be repeated: one seed, one sequence. MILLRACE_SEED replays a seed that a failing test has printed.

#include <cstdint>

#include "millrace/core/random.hpp"

namespace millrace::support {

/// SplitMix64 (Steele, Lea, Flood 2014): small, and good enough to choose what to break. Owned.
class SeededRandom final : public Random {
 public:
  explicit SeededRandom(std::uint64_t seed) : state_(seed) {}

  [[nodiscard]] std::uint64_t next() override;
  /// In [0, bound). Requires: bound > 0.
  [[nodiscard]] std::uint64_t below(std::uint64_t bound) { return next() % bound; }
  [[nodiscard]] bool chance(std::uint64_t percent) { return below(100) < percent; }

 private:
  std::uint64_t state_;
};

/// MILLRACE_SEED if it is set to a number, else `otherwise`.
[[nodiscard]] std::uint64_t seed_from_env(std::uint64_t otherwise = 1);
/// How many seeds a simulation tries: one when MILLRACE_SEED is set, MILLRACE_SEEDS if that is, else `otherwise`, or a
/// quarter of them where a sanitizer looks on.
[[nodiscard]] std::uint64_t seed_count_from_env(std::uint64_t otherwise);

}  // namespace millrace::support
