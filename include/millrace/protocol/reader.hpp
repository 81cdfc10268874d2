#pragma once
// A bounded cursor that fills the fields of a message from a frame. It knows the version and whether the encoding is
// classic or flexible; messages do not. Once wrong it stays wrong: later reads leave their fields empty, and the
// caller asks ok() once, at the end. The first fault is kept as a sentence: field, value, rule, place.
//
//   type                          classic               flexible
//   bool, intN, ErrorCode, Uuid   big-endian            the same
//   string, optional<string>      i16 length, -1 null   uvarint length + 1, 0 null
//   Bytes (copied), Records and   i32 length, -1 null   uvarint length + 1, 0 null
//     optional<MutableBytes> (borrowed from the frame)
//   vector, optional<vector>      i32 count, -1 null    uvarint count + 1, 0 null
//   nullable struct               i8, -1 null           the same
//
// A count or length is compared with the bytes left before anything is allocated, and all allocations of one message
// together stay below decoded_bytes_max(). Bytes after the last known field are tolerated, as Kafka does.
// Owned by one caller; the frame must outlive the reader and every borrowed field.

#include <string_view>

#include "millrace/core/result.hpp"
#include "millrace/protocol/message.hpp"

namespace millrace::protocol {

inline constexpr std::int64_t string_bytes_max = 0x7fff;  ///< in compact encoding too, as Kafka has it

/// Heap that the fields of a message may take, whatever its counts claim (docs/protocol.md, "Limits").
[[nodiscard]] constexpr std::size_t decoded_bytes_max(std::size_t frame_bytes) { return 4 * frame_bytes + 64 * 1024; }

class Reader {
 public:
  Reader(MutableBytes bytes, std::int16_t version, bool flexible);

  [[nodiscard]] std::int16_t version() const { return version_; }
  [[nodiscard]] bool ok() const { return !failed_; }
  /// Requires: !ok().
  [[nodiscard]] Error error() const;
  /// What has not been read yet; empty after a fault.
  [[nodiscard]] MutableBytes rest() const { return {cursor_, end_}; }

  template <class T>
  void field(const char* name, T& value) {
    field_ = name;
    read(value);
  }

  /// A field that may be null only from version `since` on.
  template <class T>
  void nullable_from(std::int16_t since, const char* name, std::optional<T>& value) {
    field(name, value);
    if (version_ < since && !value && ok()) refuse_null(name);
  }

  /// A struct that may be null: a byte below 0 says that it is, any other that it follows.
  template <class T>
  void nullable(const char* name, std::optional<T>& value) {
    std::int8_t is_there = -1;
    field(name, is_there);
    value.reset();
    if (is_there >= 0 && ok()) field(name, value.emplace(T{}));
  }

  /// The end of a struct: tagged fields, those not `known` skipped.
  template <class... T>
  void tags(Tag<T>... known) {
    if (!flexible_) return;
    std::int64_t last = -1;
    for (auto count = tag_count(); count > 0 && ok(); --count) {
      const auto [number, size] = next_tag(last);
      last = number;
      if (!(read_if(known, number, size) || ...)) skip_unknown_tag(size);
    }
  }

 private:
  struct TagHead {
    std::uint32_t number;
    std::size_t size;
  };

  [[nodiscard]] std::size_t left() const { return static_cast<std::size_t>(end_ - cursor_); }

  /// The next `count` bytes, or nullptr and a fault.
  std::byte* take(std::size_t count) {
    if (count > left()) [[unlikely]] {
      refuse_short(count);
      return nullptr;
    }
    auto* const at = cursor_;
    cursor_ += count;
    return at;
  }

  template <std::integral T>
  void read(T& value) {
    const auto* const at = take(sizeof(T));
    if (at == nullptr) return;
    if constexpr (std::same_as<T, bool>) {
      value = *at != std::byte{0};
    } else {
      value = load_be<T>(at);
    }
  }
  void read(ErrorCode& value);
  void read(Uuid& value);
  void read(std::string& value);
  void read(std::optional<std::string>& value);
  void read(Bytes& value);
  void read(std::optional<MutableBytes>& value);
  void read(Records& value);

  template <class T>
  void read(std::vector<T>& value) {
    const auto count = long_length();
    if (count < 0) return refuse_null(field_);
    read_elements(value, count);
  }

  template <class T>
  void read(std::optional<std::vector<T>>& value) {
    const auto count = long_length();
    value.reset();
    if (count >= 0 && ok()) read_elements(value.emplace(), count);
  }

  /// A struct that may be absent and is not written with nullable() is a tagged field: its tag says that it is there.
  template <class T>
  void read(std::optional<T>& value) {
    read(value.emplace(T{}));
  }

  template <class T>
    requires std::is_class_v<T>
  void read(T& value) {
    T::fields(*this, value);
  }

  template <class T>
  void read_elements(std::vector<T>& value, std::int64_t count) {
    static const T blank{};
    SmallestSize smallest(version_, flexible_);
    smallest.field(field_, blank);
    if (!admit(count, smallest.total(), sizeof(T))) return;
    value.reserve(static_cast<std::size_t>(count));
    for (const auto* const name = field_; count > 0 && ok(); --count) field(name, value.emplace_back());
  }

  template <class T>
  bool read_if(Tag<T>& known, std::uint32_t number, std::size_t size) {
    if (!ok() || known.number != number) return false;
    auto* const outer_end = end_;
    end_ = cursor_ + size;
    auto* const tag_end = end_;
    field(known.name, known.value);
    if (ok()) {
      cursor_ = tag_end;
      end_ = outer_end;
    }
    return true;
  }

  std::uint32_t uvarint();
  std::int64_t string_length();
  std::int64_t long_length();
  std::uint32_t tag_count();
  TagHead next_tag(std::int64_t last);
  void skip_unknown_tag(std::size_t size);
  /// Whether `count` elements can be there and be afforded; charges them.
  bool admit(std::int64_t count, std::size_t smallest, std::size_t in_memory);
  bool charge(std::size_t bytes);

  void refuse(std::string_view value, std::string_view rule);
  void refuse_short(std::size_t wanted);
  void refuse_null(const char* name);

  std::byte* begin_;
  std::byte* cursor_;
  std::byte* end_;
  std::size_t budget_;
  std::int16_t version_;
  bool flexible_;
  bool failed_ = false;
  const char* field_ = "message";
  std::string fault_;
};

}  // namespace millrace::protocol
