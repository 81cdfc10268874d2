#pragma once
// Reading and writing the bytes of docs/formats/delivery.md. Reading is out of bytes of unknown worth: once a read
// fails, all later ones give empty values and ok() stays false, so that a decoder asks once, at its end. Borrows the
// bytes.

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <utility>

#include "millrace/core/bytes.hpp"
#include "millrace/core/ids.hpp"

namespace millrace::delivery {

inline void put_uvarint(Bytes& to, std::uint64_t value) {
  for (; value >= 0x80; value >>= 7) to.push_back(static_cast<std::byte>((value & 0x7F) | 0x80));
  to.push_back(static_cast<std::byte>(value));
}
inline void put_text(Bytes& to, std::string_view text) {
  append_be(to, static_cast<std::int16_t>(text.size()));
  append_bytes(to, as_bytes(text));
}
inline void put_compact_text(Bytes& to, std::string_view text) {
  put_uvarint(to, text.size() + 1);
  append_bytes(to, as_bytes(text));
}
inline void put_no_tags(Bytes& to) { put_uvarint(to, 0); }

class Cursor {
 public:
  explicit Cursor(ByteView bytes) : left_(bytes) {}

  template <std::integral T>
  [[nodiscard]] T integer() {
    const ByteView raw = take(sizeof(T));
    return raw.empty() ? T{} : load_be<T>(raw.data());
  }
  [[nodiscard]] Offset offset() { return Offset(integer<std::int64_t>()); }
  /// At most 64 bits; more than `most` is a failure.
  [[nodiscard]] std::uint64_t uvarint(std::uint64_t most = UINT64_MAX) {
    std::uint64_t value = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
      const auto part = static_cast<std::uint64_t>(integer<std::uint8_t>());
      if (shift == 63 && part > 1) break;
      value |= (part & 0x7F) << shift;
      if ((part & 0x80) != 0) continue;
      if (value > most) break;
      return ok_ ? value : 0;
    }
    fail();
    return 0;
  }
  [[nodiscard]] std::string text() { return std::string(as_text(take(integer<std::int16_t>()))); }
  [[nodiscard]] std::string compact_text() { return std::string(as_text(take(size()))); }
  /// Of an array of things that take `least` bytes each, or more: 0 and a failure if they cannot be there.
  [[nodiscard]] std::size_t count(std::size_t least) {
    const std::size_t value = size();
    if (value > left_.size() / least) fail();
    return ok_ ? value : 0;
  }
  /// Requires: `to` has so many bytes.
  template <class Array>
  void fill(Array& to) {
    const ByteView raw = take(to.size());
    if (!raw.empty()) std::memcpy(to.data(), raw.data(), raw.size());
  }
  void skip_tags() {
    const std::uint64_t tags = uvarint();
    for (std::uint64_t i = 0; i < tags && ok_; ++i) {
      (void)uvarint();
      (void)take(uvarint());
    }
  }

  [[nodiscard]] bool ok() const { return ok_; }
  /// For what only the reader of a format can know to be wrong.
  void demand(bool holds) { ok_ = ok_ && holds; }
  [[nodiscard]] bool at_end() const { return ok_ && left_.empty(); }

 private:
  void fail() { ok_ = false; }
  /// A uvarint of a size plus one.
  [[nodiscard]] std::size_t size() {
    const std::uint64_t value = uvarint();
    if (value == 0) fail();
    return ok_ ? value - 1 : 0;
  }
  [[nodiscard]] ByteView take(std::integral auto length) {
    if (std::cmp_less(length, 0) || std::cmp_greater(length, left_.size())) fail();
    if (!ok_) return {};
    const ByteView taken = left_.first(static_cast<std::size_t>(length));
    left_ = left_.subspan(taken.size());
    return taken;
  }

  ByteView left_;
  bool ok_ = true;
};

}  // namespace millrace::delivery
