#pragma once
// The certificate of a segment: written once its bytes are flushed, it says how long it was and what its indexes held.
//
// It proves two things at the next start. Damage below `size` is rot and not a torn tail, even where no checkpoint
// says so. And index files that match its checksums need not be made anew. It is never a reason to shorten a segment.
// A seal that is missing or damaged costs a scan. Value.
//
//    0  "MRSEAL01" │  8 base i64 │ 16 next i64 │ 24 size u64 │ 32 max timestamp i64 │ 40 its batch's last offset i64
//   48  CRC-32C of .index u32 │ 52 of .timeindex u32 │ 56 of .txnindex u32 │ 60 CRC-32C of bytes 0 to 59 u32

#include <cstdint>

#include "millrace/core/bytes.hpp"
#include "millrace/core/ids.hpp"
#include "millrace/core/result.hpp"
#include "millrace/core/time.hpp"

namespace millrace::log {

struct Seal {
  Offset base;
  Offset next;
  std::uint64_t size = 0;
  Timestamp max_timestamp = no_timestamp;
  Offset max_timestamp_offset = no_offset;
  std::uint32_t index_crc = 0;
  std::uint32_t time_index_crc = 0;
  std::uint32_t txn_index_crc = 0;

  [[nodiscard]] Bytes encode() const;
  [[nodiscard]] static Result<Seal> decode(ByteView bytes);
};

}  // namespace millrace::log
