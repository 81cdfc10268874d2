#pragma once
// From header to header over batches that were verified before, or whose contiguity is check enough. Owned.

#include <optional>

#include "millrace/record/batch.hpp"
#include "window.hpp"

namespace millrace::log {

class HeaderWalk {
 public:
  /// Requires: a batch that begins at offset `expected` stands at `position`, or `position` == `end`.
  HeaderWalk(const disk::File& file, std::uint64_t position, std::uint64_t end, Offset expected)
      : window_(file, end, step), position_(position), expected_(expected) {}

  /// The batch that stands here; nothing at the end. Errc::corrupt when it is not the expected one.
  [[nodiscard]] Result<std::optional<record::BatchHeader>> here();
  /// Steps over the batch that here() gave.
  void advance(const record::BatchHeader& batch) {
    position_ += static_cast<std::uint64_t>(batch.size());
    expected_ = batch.next_offset();
  }
  [[nodiscard]] std::uint64_t position() const { return position_; }
  [[nodiscard]] Offset expected() const { return expected_; }

 private:
  static constexpr std::size_t step = 4096;
  Window window_;
  std::uint64_t position_;
  Offset expected_;
};

}  // namespace millrace::log
