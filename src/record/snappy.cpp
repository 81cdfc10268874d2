// Snappy in its two costumes. Java, sarama, kafka-python and kafka-go frame it as xerial does:
//
//   82 'SNAPPY' 00 │ version i32 │ oldest compatible version i32 │ { block length i32 │ raw block } …
//
// librdkafka and franz-go send one raw block. Without the eight magic bytes it is raw. A raw block announces its
// inflated length, which is believed only within what its bytes can possibly hold.

#include <snappy.h>

#include <array>

#include "codecs.hpp"
#include "millrace/core/check.hpp"

namespace millrace::record {

namespace {

constexpr auto byte_array(auto... values) { return std::array{static_cast<std::byte>(values)...}; }

constexpr auto xerial_magic = byte_array(0x82, 'S', 'N', 'A', 'P', 'P', 'Y', 0);
constexpr std::size_t xerial_header_bytes = 16;
constexpr std::int32_t xerial_version = 1;
constexpr std::size_t xerial_block_bytes = 32 * 1024;  // what Java writes, and what readers reserve

/// The densest element is a copy of 64 bytes spelled in 3.
constexpr std::size_t inflated_per_byte_max = 22;

const char* chars(ByteView bytes) { return reinterpret_cast<const char*>(bytes.data()); }

bool is_xerial(ByteView bytes) {
  return bytes.size() >= xerial_magic.size() && std::equal(xerial_magic.begin(), xerial_magic.end(), bytes.begin());
}

Result<void> inflate_block(ByteView block, Inflated& to) {
  std::size_t announced = 0;
  if (!snappy::GetUncompressedLength(chars(block), block.size(), &announced)) {
    return broken_stream("snappy", "a block does not begin with its inflated length");
  }
  if (announced / inflated_per_byte_max > block.size()) {
    return broken_stream("snappy", "a block announces more bytes than it can hold");
  }
  if (announced > to.left()) return beyond_bound("snappy");
  const auto room = to.room_for(announced);
  if (!snappy::RawUncompress(chars(block), block.size(), reinterpret_cast<char*>(room.data()))) {
    return broken_stream("snappy", "a block is damaged");
  }
  to.commit(announced);
  return {};
}

Result<void> inflate_xerial(ByteView stream, Inflated& to) {
  if (stream.size() < xerial_header_bytes) return broken_stream("snappy", "the xerial header is cut short");
  if (load_be<std::int32_t>(stream.data() + xerial_magic.size()) < xerial_version) {
    return broken_stream("snappy", "the xerial version is below 1");
  }
  auto rest = stream.subspan(xerial_header_bytes);
  while (!rest.empty()) {
    if (rest.size() < sizeof(std::int32_t)) return broken_stream("snappy", "a xerial block length is cut short");
    const auto length = load_be<std::int32_t>(rest.data());
    rest = rest.subspan(sizeof length);
    if (length < 0 || static_cast<std::size_t>(length) > rest.size()) {
      return broken_stream("snappy", "a xerial block is longer than the stream");
    }
    if (auto done = inflate_block(rest.first(static_cast<std::size_t>(length)), to); !done) return done;
    rest = rest.subspan(static_cast<std::size_t>(length));
  }
  return {};
}

}  // namespace

Result<void> inflate_snappy(ByteView compressed, Inflated& to) {
  return is_xerial(compressed) ? inflate_xerial(compressed, to) : inflate_block(compressed, to);
}

Bytes deflate_snappy(ByteView plain) {
  Bytes out(xerial_header_bytes);
  std::copy(xerial_magic.begin(), xerial_magic.end(), out.begin());
  store_be(out.data() + xerial_magic.size(), xerial_version);
  store_be(out.data() + xerial_magic.size() + sizeof xerial_version, xerial_version);
  while (!plain.empty()) {
    const auto piece = plain.first(std::min(plain.size(), xerial_block_bytes));
    plain = plain.subspan(piece.size());
    const auto length_at = out.size();
    const auto block_at = length_at + sizeof(std::int32_t);
    out.resize(block_at + snappy::MaxCompressedLength(piece.size()));
    std::size_t length = 0;
    snappy::RawCompress(chars(piece), piece.size(), reinterpret_cast<char*>(out.data() + block_at), &length);
    store_be(out.data() + length_at, static_cast<std::int32_t>(length));
    out.resize(block_at + length);
  }
  return out;
}

}  // namespace millrace::record
