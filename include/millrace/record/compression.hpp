#pragma once
// The five codecs of Kafka's record batches, each bounded in what it may produce.
//
// gzip is RFC 1952; snappy is read in xerial framing and raw (both are in the wild) and written in xerial framing; lz4
// is the LZ4 frame format with independent blocks; zstd an ordinary frame. Any thread; contexts are kept per thread.

#include "millrace/record/batch.hpp"

namespace millrace::record {

/// Appends the inflated bytes to `to`. Errc::corrupt for a broken stream, Errc::too_large as soon as more than
/// `max_bytes` would come out, whatever the stream announces.
[[nodiscard]] Result<void> inflate(Codec codec, ByteView compressed, std::size_t max_bytes, Bytes& to);

[[nodiscard]] Bytes deflate(Codec codec, ByteView plain);

}  // namespace millrace::record
