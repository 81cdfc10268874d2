#include "millrace/protocol/writer.hpp"

#include <algorithm>

namespace millrace::protocol {

namespace {

constexpr std::size_t string_bytes_max = 0x7fff;

/// The longest prefix that is short enough and does not end inside a UTF-8 character.
std::string_view shortened(std::string_view text) {
  if (text.size() <= string_bytes_max) return text;
  auto size = string_bytes_max;
  while (size > 0 && (static_cast<unsigned char>(text[size]) & 0xC0) == 0x80) --size;
  return text.substr(0, size);
}

}  // namespace

void Writer::make_room(std::size_t count) {
  constexpr std::size_t least = 256;
  out_.resize(std::max({used_ + count, 2 * used_, least}));
}

void Writer::append(ByteView bytes) { std::ranges::copy(bytes, grow(bytes.size())); }

void Writer::write(const Uuid& value) { append(value.bytes); }

void Writer::write(const std::optional<std::string>& value) {
  if (value) return write_text(*value);
  if (flexible_) return uvarint(0);
  write(std::int16_t{-1});
}

void Writer::write(const std::optional<MutableBytes>& value) {
  if (value) return write_block(*value);
  long_length(-1);
}

void Writer::write(const Records& value) {
  if (const auto* const bytes = std::get_if<ByteView>(&value)) return write_block(*bytes);
  const auto& external = std::get<ExternalRecords>(value);
  long_length(external.size);
  if (external.size == 0) return;
  holes_.push_back({.at = used_, .slot = external.slot, .size = external.size});
  external_bytes_ += external.size;
}

void Writer::uvarint(std::uint32_t value) {
  for (; value >= 0x80; value >>= 7) *grow(1) = static_cast<std::byte>((value & 0x7f) | 0x80);
  *grow(1) = static_cast<std::byte>(value);
}

void Writer::long_length(std::int64_t length) {
  if (flexible_) return uvarint(static_cast<std::uint32_t>(length + 1));
  write(static_cast<std::int32_t>(length));
}

void Writer::write_text(std::string_view text) {
  text = shortened(text);
  if (flexible_) {
    uvarint(static_cast<std::uint32_t>(text.size() + 1));
  } else {
    write(static_cast<std::int16_t>(text.size()));
  }
  append(as_bytes(text));
}

void Writer::write_block(ByteView bytes) {
  long_length(static_cast<std::int64_t>(bytes.size()));
  append(bytes);
}

void Writer::put_length_before(std::size_t from) {
  const auto end = used_;
  uvarint(static_cast<std::uint32_t>(end - from));
  const auto at = [this](std::size_t index) { return out_.begin() + static_cast<std::ptrdiff_t>(index); };
  std::rotate(at(from), at(end), at(used_));
}

}  // namespace millrace::protocol
