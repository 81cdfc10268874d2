#pragma once
// A view for tables of them on the stack: not cleared before it is written, and put there in two stores of different
// widths, so that the compiler does not copy a view that has just been made in one load that has to wait for both
// halves. Measured, these two were half of what it costs to judge a record.

#include <cstdint>
#include <limits>
#include <string_view>

namespace millrace::cloudevents {

class Slot {
 public:
  [[nodiscard]] static bool fits(std::string_view text) noexcept {
    return text.size() <= std::numeric_limits<std::uint32_t>::max();
  }
  /// Requires: fits(text).
  void put(std::string_view text) noexcept {
    data_ = text.data();
    size_ = static_cast<std::uint32_t>(text.size());
  }
  /// Requires: put() was called.
  [[nodiscard]] std::string_view view() const noexcept { return {data_, size_}; }

 private:
  const char* data_;
  std::uint32_t size_;
};

}  // namespace millrace::cloudevents
