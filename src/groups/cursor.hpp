#pragma once
// Reading Kafka's classic and flexible encodings out of bytes of unknown worth. Once a read fails, all later ones give
// empty values and ok() stays false, so that a decoder asks once, at its end. Borrows the bytes.

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <utility>

#include "millrace/core/bytes.hpp"
#include "millrace/core/ids.hpp"

namespace millrace::groups {

class Cursor {
 public:
  explicit Cursor(ByteView bytes) : left_(bytes) {}

  template <std::integral T>
  [[nodiscard]] T integer() {
    const ByteView raw = take(sizeof(T));
    return raw.empty() ? T{} : load_be<T>(raw.data());
  }
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
    if (value < 0 || static_cast<std::size_t>(value) > left_.size() / least) fail();
    return ok_ ? static_cast<std::size_t>(value) : 0;
  }

  void skip(std::integral auto length) { (void)take(length); }
  [[nodiscard]] std::uint32_t varint() {
    std::uint32_t value = 0;
    for (unsigned shift = 0; shift < 32; shift += 7) {
      const auto part = static_cast<std::uint32_t>(integer<std::uint8_t>());
      if (shift == 28 && part > 0x0F) break;
      value |= (part & 0x7F) << shift;
      if ((part & 0x80) == 0) return ok_ ? value : 0;
    }
    fail();
    return 0;
  }
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
    if (value == 0 || value - 1 > left_.size() / least) fail();
    return ok_ ? value - 1 : 0;
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
    for (std::uint32_t i = 0; i < count && ok_; ++i) {
      const std::uint32_t tag = varint();
      Cursor content(take(varint()));
      if (!ok_) return;
      known(tag, content);
      if (!content.ok()) fail();
    }
  }
  void skip_tags() {
    tags([](std::uint32_t, Cursor&) {});
  }

  /// What was not read.
  [[nodiscard]] ByteView rest() const { return left_; }

  [[nodiscard]] bool ok() const { return ok_; }
  /// For what only the reader of a format can know to be wrong.
  void fail() { ok_ = false; }
  [[nodiscard]] bool at_end() const { return ok_ && left_.empty(); }

 private:
  [[nodiscard]] ByteView take(std::integral auto length) {
    if (std::cmp_less(length, 0) || std::cmp_greater(length, left_.size())) fail();
    if (!ok_) return {};
    const ByteView taken = left_.first(static_cast<std::size_t>(length));
    left_ = left_.subspan(taken.size());
    return taken;
  }
  [[nodiscard]] ByteView compact_view() {
    const std::uint32_t length = varint();
    if (length == 0) fail();
    return ok_ ? take(length - 1) : ByteView{};
  }

  ByteView left_;
  bool ok_ = true;
};

}  // namespace millrace::groups
