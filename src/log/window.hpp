#pragma once
// A file read forward through one buffer: what walks over batches asks here for headers and bytes. Owned.

#include "millrace/core/bytes.hpp"
#include "millrace/core/result.hpp"
#include "millrace/disk/disk.hpp"

namespace millrace::log {

class Window {
 public:
  /// Reads at least `step` bytes at a time, and nothing from `end` on. The file must outlive it.
  Window(const disk::File& file, std::uint64_t end, std::size_t step) : file_(file), end_(end), step_(step) {}

  /// [position, position + length), shorter only where the data ends. Borrowed until the next call.
  [[nodiscard]] Result<ByteView> at(std::uint64_t position, std::size_t length);
  [[nodiscard]] std::uint64_t end() const { return end_; }
  [[nodiscard]] std::size_t step() const { return step_; }

 private:
  const disk::File& file_;
  std::uint64_t end_;
  std::size_t step_;
  Bytes buffer_;
  std::uint64_t begin_ = 0;
  std::size_t filled_ = 0;
};

}  // namespace millrace::log
