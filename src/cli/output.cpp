#include "output.hpp"

#include <unistd.h>

#include <cerrno>
#include <system_error>

namespace millrace::cli {

namespace {

constexpr std::size_t piece = 64 * 1024;

}  // namespace

void Output::write(std::string_view text) {
  unwritten_ += text;
  if (unwritten_.size() >= piece) flush();
}

bool Output::flush() {
  std::string_view left = unwritten_;
  while (is_open_ && !left.empty()) {
    const auto written = ::write(STDOUT_FILENO, left.data(), left.size());
    if (written >= 0) {
      left.remove_prefix(static_cast<std::size_t>(written));
    } else if (errno != EINTR) {
      is_open_ = false;
      if (errno != EPIPE) fault_ = std::generic_category().message(errno);
    }
  }
  unwritten_.clear();
  return is_open_;
}

}  // namespace millrace::cli
