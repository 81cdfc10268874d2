#pragma once
// Reading and writing the bytes of docs/formats/delivery.md. Reading is out of bytes of unknown worth.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

#include "millrace/core/byte_cursor.hpp"
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

class Cursor : public ByteCursor {
 public:
  using ByteCursor::ByteCursor;

  [[nodiscard]] Offset offset() { return Offset(integer<std::int64_t>()); }
  /// More than `most` is a failure.
  [[nodiscard]] std::uint64_t uvarint(std::uint64_t most = UINT64_MAX) {
    const auto value = ByteCursor::uvarint<std::uint64_t>();
    if (value > most) fail();
    return ok() ? value : 0;
  }
  [[nodiscard]] std::string text() { return std::string(as_text(take(integer<std::int16_t>()))); }
  [[nodiscard]] std::string compact_text() { return std::string(as_text(take(size()))); }
  /// Of an array of things that take `least` bytes each, or more: 0 and a failure if they cannot be there.
  [[nodiscard]] std::size_t count(std::size_t least) {
    const std::size_t value = size();
    if (value > rest().size() / least) fail();
    return ok() ? value : 0;
  }
  /// Requires: `to` has so many bytes.
  template <class Array>
  void fill(Array& to) {
    const ByteView raw = take(to.size());
    if (!raw.empty()) std::memcpy(to.data(), raw.data(), raw.size());
  }
  void skip_tags() {
    const std::uint64_t tags = uvarint();
    for (std::uint64_t i = 0; i < tags && ok(); ++i) {
      (void)uvarint();
      (void)take(uvarint());
    }
  }

  /// For what only the reader of a format can know to be wrong.
  void demand(bool holds) {
    if (!holds) fail();
  }

 private:
  /// A uvarint of a size plus one.
  [[nodiscard]] std::size_t size() {
    const std::uint64_t value = uvarint();
    if (value == 0) fail();
    return ok() ? value - 1 : 0;
  }
};

}  // namespace millrace::delivery
