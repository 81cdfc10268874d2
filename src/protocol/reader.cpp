#include "millrace/protocol/reader.hpp"

#include <algorithm>
#include <string>

#include "millrace/core/limits.hpp"

namespace millrace::protocol {

namespace {

/// libstdc++ keeps strings up to this long inside the object.
constexpr std::size_t inline_string_bytes = 15;

}  // namespace

Reader::Reader(MutableBytes bytes, std::int16_t version, bool flexible)
    : begin_(bytes.data()),
      cursor_(begin_),
      end_(begin_ + bytes.size()),
      budget_(decoded_bytes_max(bytes.size())),
      version_(version),
      flexible_(flexible) {}

Error Reader::error() const { return {Errc::invalid, fault_}; }

void Reader::refuse(std::string_view value, std::string_view rule) {
  if (failed_) return;
  failed_ = true;
  fault_.append(field_).append(" at byte ").append(std::to_string(cursor_ - begin_)).append(": ");
  fault_.append(value).append(", ").append(rule);
  cursor_ = end_ = begin_;
}

void Reader::refuse_short(std::size_t wanted) {
  refuse(std::to_string(wanted) + " bytes wanted", std::to_string(left()) + " are left");
}

void Reader::refuse_null(const char* name) {
  field_ = name;
  refuse("null", "it may not be null in version " + std::to_string(version_));
}

bool Reader::charge(std::size_t bytes) {
  if (bytes > budget_) {
    refuse(std::to_string(bytes) + " bytes of memory", std::to_string(budget_) + " are left for this message");
    return false;
  }
  budget_ -= bytes;
  return true;
}

bool Reader::admit(std::int64_t count, std::size_t smallest, std::size_t in_memory) {
  if (count <= 0 || failed_) return false;
  const auto wanted = static_cast<std::uint64_t>(count);
  const auto possible = left() / std::max<std::size_t>(smallest, 1);
  if (wanted > possible) {
    refuse("count " + std::to_string(count),
           "at most " + std::to_string(possible) + " elements fit into the " + std::to_string(left()) + " bytes left");
    return false;
  }
  return charge(static_cast<std::size_t>(wanted) * in_memory);
}

std::uint32_t Reader::uvarint() {
  std::uint64_t value = 0;
  for (int shift = 0; shift < 35; shift += 7) {
    const auto* const at = take(1);
    if (at == nullptr) return 0;
    value |= (std::to_integer<std::uint64_t>(*at) & 0x7f) << shift;
    if ((*at & std::byte{0x80}) == std::byte{0}) {
      if (value <= UINT32_MAX) return static_cast<std::uint32_t>(value);
      break;
    }
  }
  refuse("a length or tag beyond 32 bits", "a varint has at most 32");
  return 0;
}

std::int64_t Reader::string_length() {
  std::int64_t length = 0;
  if (flexible_) {
    length = std::int64_t{uvarint()} - 1;
  } else {
    std::int16_t classic = 0;
    read(classic);
    length = classic;
  }
  if (failed_) return 0;
  if (length < -1 || length > string_bytes_max) {
    refuse("length " + std::to_string(length), "a string has 0 to 32767 bytes");
    return 0;
  }
  return length;
}

std::int64_t Reader::long_length() {
  std::int64_t length = 0;
  if (flexible_) {
    length = std::int64_t{uvarint()} - 1;
  } else {
    std::int32_t classic = 0;
    read(classic);
    length = classic;
  }
  if (failed_) return 0;
  if (length < -1) {
    refuse("length " + std::to_string(length), "only -1, for null, is below 0");
    return 0;
  }
  return length;
}

void Reader::read(ErrorCode& value) {
  std::int16_t number = 0;
  read(number);
  value = static_cast<ErrorCode>(number);
}

void Reader::read(Uuid& value) {
  if (const auto* const at = take(value.bytes.size())) std::copy_n(at, value.bytes.size(), value.bytes.begin());
}

void Reader::read(std::string& value) {
  const auto length = string_length();
  if (length < 0) return refuse_null(field_);
  const auto size = static_cast<std::size_t>(length);
  const auto* const at = take(size);
  if (at == nullptr || (size > inline_string_bytes && !charge(size + 1))) return;
  value.assign(reinterpret_cast<const char*>(at), size);
}

void Reader::read(std::optional<std::string>& value) {
  const auto length = string_length();
  value.reset();
  if (length < 0 || failed_) return;
  const auto size = static_cast<std::size_t>(length);
  const auto* const at = take(size);
  if (at == nullptr || (size > inline_string_bytes && !charge(size + 1))) return;
  value.emplace(reinterpret_cast<const char*>(at), size);
}

void Reader::read(Bytes& value) {
  const auto length = long_length();
  if (length < 0) return refuse_null(field_);
  const auto size = static_cast<std::size_t>(length);
  const auto* const at = take(size);
  if (at != nullptr && charge(size)) value.assign(at, at + size);
}

void Reader::read(std::optional<MutableBytes>& value) {
  const auto length = long_length();
  value.reset();
  if (length < 0 || failed_) return;
  const auto size = static_cast<std::size_t>(length);
  if (auto* const at = take(size)) value.emplace(at, size);
}

void Reader::read(Records& value) {
  std::optional<MutableBytes> bytes;
  read(bytes);
  value = bytes ? ByteView(*bytes) : ByteView();
}

std::uint32_t Reader::tag_count() {
  field_ = "tagged fields";
  const auto count = uvarint();
  if (count > limits::tags_max) {
    refuse("count " + std::to_string(count), "a struct has at most " + std::to_string(limits::tags_max));
    return 0;
  }
  return count;
}

Reader::TagHead Reader::next_tag(std::int64_t last) {
  field_ = "tagged fields";
  const auto number = uvarint();
  if (!failed_ && std::int64_t{number} <= last) {
    refuse("tag " + std::to_string(number) + " after tag " + std::to_string(last), "tags ascend");
  }
  const std::size_t size = uvarint();
  if (!failed_ && size > left()) refuse_short(size);
  return {number, failed_ ? 0 : size};
}

void Reader::skip_unknown_tag(std::size_t size) {
  if (size > limits::tag_bytes_max) {
    refuse("an unknown tag of " + std::to_string(size) + " bytes",
           "at most " + std::to_string(limits::tag_bytes_max) + " are skipped");
  }
  if (!failed_) take(size);
}

}  // namespace millrace::protocol
