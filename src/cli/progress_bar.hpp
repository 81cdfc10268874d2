#pragma once
// Shows progress on standard error if that is a terminal, a few times a second, and leaves nothing behind. Owned.

#include <chrono>
#include <cstdint>

namespace millrace::cli {

class ProgressBar {
 public:
  /// `wanted`: false shows nothing, wherever standard error leads.
  ProgressBar(std::uint64_t total_bytes, bool wanted);
  ~ProgressBar() { clear(); }
  ProgressBar(const ProgressBar&) = delete;
  ProgressBar& operator=(const ProgressBar&) = delete;

  void show(std::uint64_t done_bytes);
  /// Before anything else is written there.
  void clear();

 private:
  using Clock = std::chrono::steady_clock;
  std::uint64_t total_;
  bool is_on_;
  bool is_shown_ = false;
  Clock::time_point began_ = Clock::now();
  Clock::time_point next_ = began_;
};

}  // namespace millrace::cli
