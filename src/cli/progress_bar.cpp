#include "progress_bar.hpp"

#include <sys/ioctl.h>
#include <unistd.h>

#include <iostream>

#include "progress.hpp"

namespace millrace::cli {

namespace {

constexpr auto interval = std::chrono::milliseconds(100);
constexpr std::size_t usual_width = 80;

std::size_t terminal_width() {
  winsize size{};
  const bool is_known = ::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0;
  return is_known ? size.ws_col : usual_width;
}

}  // namespace

ProgressBar::ProgressBar(std::uint64_t total_bytes, bool wanted)
    : total_(total_bytes), is_on_(wanted && total_bytes > 0 && ::isatty(STDERR_FILENO) != 0) {}

void ProgressBar::show(std::uint64_t done_bytes) {
  if (!is_on_) return;
  const auto now = Clock::now();
  if (now < next_) return;
  next_ = now + interval;
  is_shown_ = true;
  const Progress progress{.done = done_bytes,
                          .total = total_,
                          .elapsed = std::chrono::duration_cast<std::chrono::milliseconds>(now - began_)};
  // One column stays free: a full line would make some terminals begin another.
  std::cerr << "\r" << progress_text(progress, terminal_width() - 1) << "\x1b[K" << std::flush;
}

void ProgressBar::clear() {
  if (is_shown_) std::cerr << "\r\x1b[K" << std::flush;
  is_shown_ = false;
}

}  // namespace millrace::cli
