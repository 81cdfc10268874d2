#pragma once
// Header and records → the bytes of one batch. Under BatchBuilder and under the rebuilding of validate().

#include "millrace/record/batch.hpp"

namespace millrace::record {

/// `header` gives every field but the length, the CRC and the codec; `records` is not compressed yet.
/// Requires: the batch fits into an int32 length.
[[nodiscard]] Bytes assemble(BatchHeader header, Codec codec, ByteView records);

}  // namespace millrace::record
