#pragma once
// When something that is wanted after a delay is due.

#include <algorithm>
#include <chrono>

namespace millrace::runtime {

/// So long from now; a year at most, for a clock does not count to what a configuration may say.
[[nodiscard]] inline std::chrono::steady_clock::time_point due_in(std::chrono::milliseconds delay) {
  constexpr std::chrono::milliseconds year = std::chrono::hours(24 * 365);
  return std::chrono::steady_clock::now() + std::min(delay, year);
}

}  // namespace millrace::runtime
