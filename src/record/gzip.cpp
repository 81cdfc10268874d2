// gzip (RFC 1952) by zlib. Several members in a row are one stream, as the RFC and Java's reader have it.

#include <zlib.h>

#include <limits>

#include "codecs.hpp"
#include "millrace/core/check.hpp"

namespace millrace::record {

namespace {

constexpr int gzip_window_bits = 15 + 16;  // the largest window, with gzip's header and trailer around it
constexpr int memory_level = 8;            // zlib's own default

class Inflater {
 public:
  Inflater() { CHECK(inflateInit2(&stream_, gzip_window_bits) == Z_OK, "zlib has memory for a window of 32 KiB"); }
  ~Inflater() { inflateEnd(&stream_); }
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;
  z_stream& fresh() {
    inflateReset(&stream_);
    return stream_;
  }

 private:
  z_stream stream_{};
};

class Deflater {
 public:
  Deflater() {
    const auto made =
        deflateInit2(&stream_, Z_DEFAULT_COMPRESSION, Z_DEFLATED, gzip_window_bits, memory_level, Z_DEFAULT_STRATEGY);
    CHECK(made == Z_OK, "zlib has memory for its state of 256 KiB");
  }
  ~Deflater() { deflateEnd(&stream_); }
  Deflater(const Deflater&) = delete;
  Deflater& operator=(const Deflater&) = delete;
  z_stream& fresh() {
    deflateReset(&stream_);
    return stream_;
  }

 private:
  z_stream stream_{};
};

Bytef* zlib_input(ByteView bytes) { return reinterpret_cast<Bytef*>(const_cast<std::byte*>(bytes.data())); }

uInt zlib_size(std::size_t size) {
  return static_cast<uInt>(std::min<std::size_t>(size, std::numeric_limits<uInt>::max()));
}

}  // namespace

Result<void> inflate_gzip(ByteView compressed, Inflated& to) {
  thread_local Inflater inflater;
  if (compressed.size() > std::numeric_limits<uInt>::max()) return broken_stream("gzip", "longer than 4 GiB");
  auto& stream = inflater.fresh();
  stream.next_in = zlib_input(compressed);
  stream.avail_in = zlib_size(compressed.size());
  while (true) {
    const auto room = to.room();
    const auto room_bytes = zlib_size(room.size());
    stream.next_out = reinterpret_cast<Bytef*>(room.data());
    stream.avail_out = room_bytes;
    const auto state = ::inflate(&stream, Z_NO_FLUSH);
    to.commit(room_bytes - stream.avail_out);
    if (to.exceeded()) return beyond_bound("gzip");
    if (state == Z_STREAM_END) {
      if (stream.avail_in == 0) return {};
      inflateReset(&stream);
      continue;
    }
    if (state == Z_OK && (stream.avail_in > 0 || stream.avail_out == 0)) continue;
    if (state == Z_OK || state == Z_BUF_ERROR) return broken_stream("gzip", "the stream ends before its trailer");
    return broken_stream("gzip", stream.msg != nullptr ? stream.msg : "the stream is damaged");
  }
}

Bytes deflate_gzip(ByteView plain) {
  thread_local Deflater deflater;
  CHECK(plain.size() <= std::numeric_limits<std::int32_t>::max(), "a batch is smaller than 2 GiB");
  auto& stream = deflater.fresh();
  Bytes out(deflateBound(&stream, plain.size()));
  stream.next_in = zlib_input(plain);
  stream.avail_in = zlib_size(plain.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = zlib_size(out.size());
  CHECK(::deflate(&stream, Z_FINISH) == Z_STREAM_END, "the bound of zlib holds");
  out.resize(out.size() - stream.avail_out);
  return out;
}

}  // namespace millrace::record
