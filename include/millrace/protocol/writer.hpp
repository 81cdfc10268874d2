#pragma once
// The mirror of Reader: appends the fields of a message to a growing buffer, in the encoding that reader.hpp draws.
// Records kept elsewhere (ExternalRecords) are not copied: only their length is written, and a Hole remembers where
// they belong, so that a sender can write the bytes up to the hole, send the slice of the file, and go on.
// Writing cannot fail. A string beyond 32 767 bytes, which only a sentence of our own can be, is cut there.
// Owned by one caller.

#include <span>
#include <string_view>
#include <utility>

#include "millrace/protocol/message.hpp"

namespace millrace::protocol {

class Writer {
 public:
  /// Appends to `out`, so that a buffer can be used again.
  Writer(Bytes out, std::int16_t version, bool flexible)
      : out_(std::move(out)), used_(out_.size()), version_(version), flexible_(flexible) {}

  [[nodiscard]] std::int16_t version() const { return version_; }
  [[nodiscard]] std::span<const Hole> holes() const { return holes_; }
  /// Bytes of the whole output, those of the holes included.
  [[nodiscard]] std::size_t size() const { return used_ + external_bytes_; }

  /// Ends the writing.
  [[nodiscard]] Bytes take_bytes() {
    out_.resize(used_);
    return std::move(out_);
  }
  [[nodiscard]] std::vector<Hole> take_holes() { return std::move(holes_); }

  template <class T>
  void field(const char*, const T& value) {
    write(value);
  }

  /// A field that may be null only from version `since` on; before, null is written as empty.
  template <class T>
  void nullable_from(std::int16_t since, const char*, const std::optional<T>& value) {
    if (!value && version_ < since) {
      write(T{});
    } else {
      write(value);
    }
  }

  /// A struct that may be null: -1, or 1 and the struct.
  template <class T>
  void nullable(const char*, const std::optional<T>& value) {
    write(static_cast<std::int8_t>(value ? 1 : -1));
    if (value) write(*value);
  }

  template <class... T>
  void tags(Tag<T>... known) {
    if (!flexible_) return;
    uvarint((0u + ... + (known.present ? 1u : 0u)));
    (write_if_present(known), ...);
  }

 private:
  template <std::integral T>
  void write(T value) {
    if constexpr (std::same_as<T, bool>) {
      *grow(1) = std::byte{value};
    } else {
      store_be(grow(sizeof value), value);
    }
  }
  void write(ErrorCode value) { write(static_cast<std::int16_t>(value)); }
  void write(const Uuid& value);
  void write(const std::string& value) { write_text(value); }
  void write(const std::optional<std::string>& value);
  void write(const Bytes& value) { write_block(value); }
  void write(const std::optional<MutableBytes>& value);
  void write(const Records& value);

  template <class T>
  void write(const std::vector<T>& value) {
    long_length(static_cast<std::int64_t>(value.size()));
    for (const auto& element : value) write(element);
  }

  template <class T>
  void write(const std::optional<std::vector<T>>& value) {
    if (value) return write(*value);
    long_length(-1);
  }

  /// A struct that may be absent is otherwise a tagged field, and is written only when it is there.
  template <class T>
  void write(const std::optional<T>& value) {
    if (value) write(*value);
  }

  template <class T>
    requires std::is_class_v<T>
  void write(const T& value) {
    T::fields(*this, value);
  }

  template <class T>
  void write_if_present(const Tag<T>& tag) {
    if (!tag.present) return;
    uvarint(tag.number);
    const auto from = used_;
    write(tag.value);
    put_length_before(from);
  }

  /// `count` more bytes at the end of the output, to be stored into.
  std::byte* grow(std::size_t count) {
    if (out_.size() - used_ < count) make_room(count);
    used_ += count;
    return out_.data() + (used_ - count);
  }

  void make_room(std::size_t count);
  void append(ByteView bytes);
  void uvarint(std::uint32_t value);
  void long_length(std::int64_t length);
  void write_text(std::string_view text);
  void write_block(ByteView bytes);
  void put_length_before(std::size_t from);

  Bytes out_;  ///< beyond used_, room for what comes next
  std::size_t used_;
  std::vector<Hole> holes_;
  std::size_t external_bytes_ = 0;
  std::int16_t version_;
  bool flexible_;
};

}  // namespace millrace::protocol
