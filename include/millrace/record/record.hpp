#pragma once
// One record inside a batch, and the cursor that walks over them without copying.
//
// A record is {length varint, attributes i8, timestamp_delta varlong, offset_delta varint, key, value, headers}, with
// zig-zag varints and -1 for null. Views borrow the bytes that the cursor was given. The cursor trusts nobody: bytes
// that do not hold what they announce end the walk with a failure, and nothing is allocated by a number it reads.

#include <optional>

#include "millrace/record/batch.hpp"

namespace millrace::record {

struct HeaderView {
  std::string_view key;
  std::optional<ByteView> value;
};

struct RecordView {
  std::int64_t timestamp_delta = 0;
  std::int32_t offset_delta = 0;
  std::optional<ByteView> key;    ///< null is not empty
  std::optional<ByteView> value;  ///< null is a tombstone
  std::int32_t header_count = 0;
  ByteView headers;  ///< still encoded; walk with HeaderCursor
};

class HeaderCursor {
 public:
  HeaderCursor(ByteView encoded, std::int32_t count) : rest_(encoded), left_(count) {}
  /// Nothing at the end. Never fails on headers of a RecordView that RecordCursor has checked.
  [[nodiscard]] std::optional<HeaderView> next();
  /// The same for who asks of every record: a third of the time, because nothing is returned through memory. False at
  /// the end; `header` is then of no use.
  [[nodiscard]] bool next(HeaderView& header);

 private:
  bool stop() {
    left_ = 0;
    return false;
  }

  ByteView rest_;
  std::int32_t left_;
};

class RecordCursor {
 public:
  /// `records` is the decompressed records section, `count` the header's record_count.
  RecordCursor(ByteView records, std::int32_t count) : rest_(records), left_(count) {}

  /// The next record with its headers checked; nothing after the last; Errc::corrupt when the bytes are not a record,
  /// or when bytes are left over after `count` records.
  [[nodiscard]] Result<std::optional<RecordView>> next();

 private:
  ByteView rest_;
  std::int32_t left_;
};

/// Every record of one whole batch with its own bytes, decompressed if need be: for internal topics, tests and tools.
struct OwnedRecord {
  Offset offset;
  Timestamp timestamp = no_timestamp;
  std::optional<Bytes> key;
  std::optional<Bytes> value;
  std::vector<std::pair<std::string, std::optional<Bytes>>> headers;
};

/// `batch` is exactly one batch. Timestamps are LogAppendTime's where the batch says so. Errc::corrupt for a damaged
/// batch, Errc::too_large for one that inflates beyond limits::inflated_bytes_max, Errc::unsupported for codecs 5 to 7.
[[nodiscard]] Result<std::vector<OwnedRecord>> read_records(ByteView batch);

}  // namespace millrace::record
