#pragma once
// The five codecs of Kafka's record batches, each bounded in what it may produce.
//
// gzip is RFC 1952; snappy is read in xerial framing and raw (both are in the wild) and written in xerial framing; lz4
// is the LZ4 frame format with independent blocks; zstd an ordinary frame. Any thread; contexts are kept per thread.

#include "millrace/record/batch.hpp"

namespace millrace::record {

/// Appends the inflated bytes to `to`. Errc::corrupt for a broken stream, Errc::too_large as soon as more than
/// `max_bytes` would come out, whatever the stream announces, Errc::unsupported for a codec that has no name. A failure
/// leaves `to` as it was. Memory grows with what really came out, to the bound and one byte at most while it works.
/// lz4 frames of dependent blocks count as broken, Java's clients read none; so do zstd windows beyond 8 MiB.
[[nodiscard]] Result<void> inflate(Codec codec, ByteView compressed, std::size_t max_bytes, Bytes& to);

/// Never fails. zstd and gzip at their default levels, as Kafka does. Requires: `plain` is smaller than 2 GiB.
[[nodiscard]] Bytes deflate(Codec codec, ByteView plain);

}  // namespace millrace::record
