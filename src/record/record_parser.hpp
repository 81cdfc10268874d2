#pragma once
// The one place that knows how a record is laid out: the parser under RecordCursor and validate(), and its mirror.
//
// The parser touches each structural byte once, allocates nothing, and never reads behind `end`. What is wrong with a
// record is a Defect: no text is made until somebody asks for it.

#include <string>

#include "millrace/record/builder.hpp"
#include "millrace/record/record.hpp"

namespace millrace::record {

/// An empty record: one byte each for length, attributes, two deltas, null key, null value and no headers.
inline constexpr std::size_t record_bytes_min = 7;

struct Defect {
  const char* field = "";
  const char* rule = "";
  bool has_value = false;  ///< false when the field could not even be read
  std::int64_t value = 0;
};

/// "key length is -5, must be …".
[[nodiscard]] std::string describe(const Defect& defect);

/// Reads one record with its headers and advances `at` behind it; false and a defect when there is none.
[[nodiscard]] bool parse_record(const std::byte*& at, const std::byte* end, RecordView& record, Defect& defect);

/// What a record says of itself beside its own length.
struct RecordDeltas {
  std::int64_t timestamp = 0;
  std::int32_t offset = 0;
};

void append_record(Bytes& to, RecordDeltas deltas, const NewRecord& record);

/// The same with headers that are encoded already.
void append_record(Bytes& to, const RecordView& record);

}  // namespace millrace::record
