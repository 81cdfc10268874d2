#pragma once
// Reading Kafka's classic and flexible encodings out of bytes of unknown worth.

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>

#include "millrace/core/byte_cursor.hpp"
#include "millrace/core/ids.hpp"

namespace millrace::groups {

class Cursor : public ByteCursor {
 public:
  using ByteCursor::ByteCursor;

  /// int16 length; null is a failure.
  [[nodiscard]] std::string text() {
    auto value = nullable_text();
    if (!value) fail();
    return value.value_or("");
  }
  [[nodiscard]] std::optional<std::string> nullable_text() {
    const auto length = integer<std::int16_t>();
    if (length == -1) return std::nullopt;
    return std::string(as_text(take(length)));
  }
  /// int32 length; null is a failure.
  [[nodiscard]] Bytes bytes() {
    const ByteView raw = take(integer<std::int32_t>());
    return {raw.begin(), raw.end()};
  }
  /// int32 count of things that take `least` bytes each, or more: 0 and a failure if they cannot be there.
  [[nodiscard]] std::size_t count(std::size_t least) {
    const auto value = integer<std::int32_t>();
    if (value < 0 || static_cast<std::size_t>(value) > rest().size() / least) fail();
    return ok() ? static_cast<std::size_t>(value) : 0;
  }

  void skip(std::integral auto length) { (void)take(length); }
  [[nodiscard]] std::uint32_t varint() { return uvarint<std::uint32_t>(); }
  /// Null is a failure.
  [[nodiscard]] std::string compact_text() {
    auto value = nullable_compact_text();
    if (!value) fail();
    return value.value_or("");
  }
  [[nodiscard]] std::optional<std::string> nullable_compact_text() {
    const std::uint32_t length = varint();
    if (length == 0) return std::nullopt;
    return std::string(as_text(take(length - 1)));
  }
  /// Null is a failure.
  [[nodiscard]] Bytes compact_bytes() {
    const ByteView raw = compact_view();
    return {raw.begin(), raw.end()};
  }
  /// Of things that take `least` bytes each, or more; null is a failure.
  [[nodiscard]] std::size_t compact_count(std::size_t least) {
    const std::uint32_t value = varint();
    if (value == 0 || value - 1 > rest().size() / least) fail();
    return ok() ? value - 1 : 0;
  }
  [[nodiscard]] Uuid uuid() {
    Uuid id;
    const ByteView raw = take(id.bytes.size());
    if (!raw.empty()) std::memcpy(id.bytes.data(), raw.data(), raw.size());
    return id;
  }
  /// Calls `known(tag, content)` with each tagged field; those it does not know it may leave unread.
  template <class Known>
  void tags(Known&& known) {
    const std::uint32_t count = varint();
    for (std::uint32_t i = 0; i < count && ok(); ++i) {
      const std::uint32_t tag = varint();
      Cursor content(take(varint()));
      if (!ok()) return;
      known(tag, content);
      if (!content.ok()) fail();
    }
  }
  void skip_tags() {
    tags([](std::uint32_t, Cursor&) {});
  }

 private:
  [[nodiscard]] ByteView compact_view() {
    const std::uint32_t length = varint();
    if (length == 0) fail();
    return ok() ? take(length - 1) : ByteView{};
  }
};

}  // namespace millrace::groups
