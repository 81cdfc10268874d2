#pragma once
// Lines of a descriptor, of which the last may have no end; waits no longer than it is told. Owned.

#include <cstdint>
#include <string>
#include <string_view>

#include "millrace/core/limits.hpp"
#include "millrace/core/result.hpp"

namespace millrace::cli {

class LineReader {
 public:
  explicit LineReader(int descriptor, std::size_t line_max = limits::request_bytes_max)
      : descriptor_(descriptor), line_max_(line_max) {}

  enum class State { line, nothing_yet, end };
  /// `line` is borrowed until the next call. Errc::too_large for a line beyond the limit, Errc::io.
  [[nodiscard]] Result<State> next(std::string_view& line, int wait_ms);
  /// Of the lines that were given, with what ends them.
  [[nodiscard]] std::uint64_t bytes() const { return bytes_; }

 private:
  [[nodiscard]] Result<bool> fill(int wait_ms);
  int descriptor_;
  std::size_t line_max_;
  std::string buffer_;
  std::size_t begin_ = 0;     ///< of what was not given yet
  std::size_t searched_ = 0;  ///< no line ends before it
  std::uint64_t bytes_ = 0;
  bool at_end_ = false;
};

}  // namespace millrace::cli
