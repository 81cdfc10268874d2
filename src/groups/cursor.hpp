#pragma once
// Reading Kafka's classic encoding out of bytes of unknown worth. Once a read fails, all later ones give empty values
// and ok() stays false, so that a decoder asks once, at its end. Borrows the bytes.

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "millrace/core/bytes.hpp"

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

  [[nodiscard]] bool ok() const { return ok_; }
  [[nodiscard]] bool at_end() const { return ok_ && left_.empty(); }

 private:
  [[nodiscard]] ByteView take(std::integral auto length) {
    if (std::cmp_less(length, 0) || std::cmp_greater(length, left_.size())) fail();
    if (!ok_) return {};
    const ByteView taken = left_.first(static_cast<std::size_t>(length));
    left_ = left_.subspan(taken.size());
    return taken;
  }
  void fail() { ok_ = false; }

  ByteView left_;
  bool ok_ = true;
};

}  // namespace millrace::groups
