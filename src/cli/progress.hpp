#pragma once
// How far a long command is, as one line: a bar, what is done, the rate, the time left. Pure.

#include <chrono>
#include <cstdint>
#include <string>

namespace millrace::cli {

struct Progress {
  std::uint64_t done = 0;   ///< bytes
  std::uint64_t total = 0;  ///< bytes
  std::chrono::milliseconds elapsed{};
};

/// "[######......]  50%  12.0 MiB of 24.0 MiB  4.1 MiB/s  3 s left", at most `width` characters: the bar gives way
/// first, then what stands last.
[[nodiscard]] std::string progress_text(const Progress& progress, std::size_t width);

/// "1.5 MiB"
[[nodiscard]] std::string size_text(std::uint64_t bytes);
/// "3 s", "2 min 5 s", "1 h 2 min"
[[nodiscard]] std::string span_text(std::chrono::seconds span);

}  // namespace millrace::cli
