#pragma once
// Reading numbers and pieces out of bytes of unknown worth. Once a read fails, all later ones give empty values and
// ok() stays false, so that a decoder asks once, at its end. Borrows the bytes; nothing allocates.

#include <climits>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <utility>

#include "millrace/core/bytes.hpp"

namespace millrace::inline core {

class ByteCursor {
 public:
  explicit ByteCursor(ByteView bytes) : left_(bytes) {}

  /// Big-endian.
  template <std::integral T>
  [[nodiscard]] T integer() {
    const ByteView raw = take(sizeof(T));
    return raw.empty() ? T{} : load_be<T>(raw.data());
  }
  /// Seven bits a byte, the least first. More bits than T has are a failure.
  template <std::unsigned_integral T>
  [[nodiscard]] T uvarint() {
    constexpr unsigned bits = sizeof(T) * CHAR_BIT, last = (bits - 1) / 7 * 7;
    T value = 0;
    for (unsigned shift = 0; shift <= last; shift += 7) {
      const auto part = integer<std::uint8_t>();
      if (shift == last && part >> (bits - last) != 0) break;
      value |= static_cast<T>(part & 0x7FU) << shift;
      if ((part & 0x80U) == 0) return ok_ ? value : T{};
    }
    fail();
    return 0;
  }
  /// A length that is negative, or more than there is, is a failure.
  [[nodiscard]] ByteView take(std::integral auto length) {
    if (std::cmp_less(length, 0) || std::cmp_greater(length, left_.size())) fail();
    if (!ok_) return {};
    const ByteView taken = left_.first(static_cast<std::size_t>(length));
    left_ = left_.subspan(taken.size());
    return taken;
  }

  /// What was not read.
  [[nodiscard]] ByteView rest() const { return left_; }
  [[nodiscard]] bool ok() const { return ok_; }
  [[nodiscard]] bool at_end() const { return ok_ && left_.empty(); }
  /// For what only the reader of a format can know to be wrong.
  void fail() { ok_ = false; }

 private:
  ByteView left_;
  bool ok_ = true;
};

}  // namespace millrace::inline core
