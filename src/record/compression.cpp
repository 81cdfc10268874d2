#include "millrace/record/compression.hpp"

#include "codecs.hpp"
#include "millrace/core/check.hpp"

namespace millrace::record {

namespace {

Result<void> inflate_into(Codec codec, ByteView compressed, Inflated& to) {
  switch (codec) {
    case Codec::none:
      if (compressed.size() > to.left()) return beyond_bound("uncompressed");
      std::copy(compressed.begin(), compressed.end(), to.room_for(compressed.size()).begin());
      to.commit(compressed.size());
      return {};
    case Codec::gzip: return inflate_gzip(compressed, to);
    case Codec::snappy: return inflate_snappy(compressed, to);
    case Codec::lz4: return inflate_lz4(compressed, to);
    case Codec::zstd: return inflate_zstd(compressed, to);
  }
  return failure(Errc::unsupported, "codec is " + std::to_string(static_cast<int>(codec)) +
                                        ", known are 0 none, 1 gzip, 2 snappy, 3 lz4, 4 zstd");
}

}  // namespace

Failure beyond_bound(const char* codec) {
  return failure(Errc::too_large, std::string(codec) + ": inflates beyond the bytes that one batch may have");
}

Failure broken_stream(const char* codec, const char* what) {
  return failure(Errc::corrupt, std::string(codec) + ": " + what);
}

Result<void> inflate(Codec codec, ByteView compressed, std::size_t max_bytes, Bytes& to) {
  Inflated inflated(to, max_bytes, compressed.size());
  auto done = inflate_into(codec, compressed, inflated);
  if (done) {
    inflated.keep();
  } else {
    inflated.drop();
  }
  return done;
}

Bytes deflate(Codec codec, ByteView plain) {
  switch (codec) {
    case Codec::none: return {plain.begin(), plain.end()};
    case Codec::gzip: return deflate_gzip(plain);
    case Codec::snappy: return deflate_snappy(plain);
    case Codec::lz4: return deflate_lz4(plain);
    case Codec::zstd: return deflate_zstd(plain);
  }
  CHECK(false, "the codec of our own writing is one of the five");
}

}  // namespace millrace::record
