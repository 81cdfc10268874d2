#include "line_reader.hpp"

#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

namespace millrace::cli {

namespace {

constexpr std::size_t piece = 256 * 1024;

}  // namespace

/// Reads what there is; false when nothing came in time.
Result<bool> LineReader::fill(int wait_ms) {
  pollfd awaited{.fd = descriptor_, .events = POLLIN, .revents = 0};
  if (::poll(&awaited, 1, wait_ms) <= 0) return false;
  buffer_.erase(0, begin_);
  searched_ -= begin_;
  begin_ = 0;
  const auto held = buffer_.size();
  if (held > line_max_) {
    return failure(Errc::too_large, "is longer than " + std::to_string(line_max_ / limits::MiB) + " MiB");
  }
  buffer_.resize(held + piece);
  const auto count = ::read(descriptor_, buffer_.data() + held, piece);
  buffer_.resize(held + static_cast<std::size_t>(count > 0 ? count : 0));
  if (count < 0 && errno != EINTR)
    return failure(Errc::io, "cannot be read: " + std::generic_category().message(errno));
  at_end_ = count == 0;
  return true;
}

Result<LineReader::State> LineReader::next(std::string_view& line, int wait_ms) {
  for (;;) {
    const auto end = buffer_.find('\n', searched_);
    if (end != std::string::npos) {
      line = std::string_view(buffer_).substr(begin_, end - begin_);
      bytes_ += line.size() + 1;
      begin_ = searched_ = end + 1;
      return State::line;
    }
    searched_ = buffer_.size();
    if (at_end_) {
      if (begin_ == buffer_.size()) return State::end;
      line = std::string_view(buffer_).substr(begin_);
      bytes_ += line.size();
      begin_ = buffer_.size();
      return State::line;
    }
    const auto filled = fill(wait_ms);
    if (!filled) return failure_of(filled);
    if (!*filled) return State::nothing_yet;
  }
}

}  // namespace millrace::cli
