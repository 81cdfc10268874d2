#include "millrace/record/record.hpp"

#include "millrace/core/limits.hpp"
#include "millrace/record/compression.hpp"
#include "record_parser.hpp"
#include "varint.hpp"

namespace millrace::record {

namespace {

/// As Java adds: wraps around instead of being undefined.
Timestamp wrapping_sum(Timestamp base, std::int64_t delta) {
  return static_cast<Timestamp>(static_cast<std::uint64_t>(base) + static_cast<std::uint64_t>(delta));
}

std::optional<Bytes> owned(const std::optional<ByteView>& view) {
  if (!view) return std::nullopt;
  return Bytes(view->begin(), view->end());
}

OwnedRecord owned(const BatchHeader& header, const RecordView& view) {
  OwnedRecord record;
  record.offset = header.base_offset + view.offset_delta;
  record.timestamp = header.timestamp_type() == TimestampType::log_append_time
                         ? header.max_timestamp
                         : wrapping_sum(header.base_timestamp, view.timestamp_delta);
  record.key = owned(view.key);
  record.value = owned(view.value);
  HeaderCursor headers(view.headers, view.header_count);
  while (const auto one = headers.next()) record.headers.emplace_back(std::string(one->key), owned(one->value));
  return record;
}

}  // namespace

std::optional<HeaderView> HeaderCursor::next() {
  HeaderView header;
  if (!next(header)) return std::nullopt;
  return header;
}

bool HeaderCursor::next(HeaderView& header) {
  if (left_ <= 0) return false;
  --left_;
  const auto* at = rest_.data();
  const auto* const end = at + rest_.size();
  std::int32_t key_length = 0;
  std::int32_t value_length = 0;
  if (!read_varint(at, end, key_length) || key_length < 0 || key_length > end - at) return stop();
  header.key = std::string_view(reinterpret_cast<const char*>(at), static_cast<std::size_t>(key_length));
  at += key_length;
  if (!read_varint(at, end, value_length) || value_length > end - at) return stop();
  if (value_length < 0) {
    header.value.reset();
  } else {
    header.value.emplace(at, static_cast<std::size_t>(value_length));
    at += value_length;
  }
  rest_ = ByteView(at, static_cast<std::size_t>(end - at));
  return true;
}

Result<std::optional<RecordView>> RecordCursor::next() {
  if (left_ <= 0) {
    if (rest_.empty() && left_ == 0) return std::nullopt;
    return failure(Errc::corrupt, "records: " + std::to_string(rest_.size()) + " bytes are left behind the last one");
  }
  const auto* at = rest_.data();
  const auto* const end = at + rest_.size();
  RecordView record;
  Defect defect;
  if (!parse_record(at, end, record, defect)) return failure(Errc::corrupt, "record: " + describe(defect));
  rest_ = {at, end};
  --left_;
  return record;
}

Result<std::vector<OwnedRecord>> read_records(ByteView batch) {
  const auto header = check_stored(batch);
  if (!header) return failure_of(header);
  if (header->size() != static_cast<std::int64_t>(batch.size())) {
    return failure(Errc::corrupt, "batch: " + std::to_string(header->size()) + " bytes by its header, " +
                                      std::to_string(batch.size()) + " were given");
  }
  auto section = batch.subspan(header_bytes);
  Bytes inflated;
  if (header->codec_id() != static_cast<int>(Codec::none)) {
    if (auto done = inflate(header->codec(), section, limits::inflated_bytes_max, inflated); !done) {
      return failure_of(std::move(done));
    }
    section = inflated;
  }
  std::vector<OwnedRecord> records;
  RecordCursor cursor(section, header->record_count);
  while (true) {
    const auto view = cursor.next();
    if (!view) return failure_of(view);
    if (!*view) return records;
    records.push_back(owned(*header, **view));
  }
}

}  // namespace millrace::record
