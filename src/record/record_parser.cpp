#include "record_parser.hpp"

#include <limits>

#include "millrace/core/check.hpp"
#include "millrace/core/limits.hpp"
#include "varint.hpp"

namespace millrace::record {

namespace {

constexpr const char* unreadable = "must be a varint inside the record";
constexpr const char* nullable_length = "must be -1 for null, or the length of bytes inside the record";
constexpr std::int64_t header_bytes_min = 2;

[[gnu::cold]] bool refuse(Defect& defect, const char* field, const char* rule) {
  defect = {.field = field, .rule = rule, .has_value = false, .value = 0};
  return false;
}

[[gnu::cold]] bool refuse(Defect& defect, const char* field, std::int64_t value, const char* rule) {
  defect = {.field = field, .rule = rule, .has_value = true, .value = value};
  return false;
}

bool parse_nullable(const std::byte*& at, const std::byte* end, const char* field, std::optional<ByteView>& bytes,
                    Defect& defect) {
  std::int32_t length = 0;
  if (!read_varint(at, end, length)) return refuse(defect, field, unreadable);
  if (length == -1) {
    bytes.reset();
    return true;
  }
  if (length < 0 || length > end - at) return refuse(defect, field, length, nullable_length);
  bytes.emplace(at, static_cast<std::size_t>(length));
  at += length;
  return true;
}

bool parse_headers(const std::byte*& at, const std::byte* end, std::int32_t count, Defect& defect) {
  for (std::int32_t i = 0; i < count; ++i) {
    std::int32_t key_length = 0;
    if (!read_varint(at, end, key_length)) return refuse(defect, "header key length", unreadable);
    if (key_length < 0 || key_length > end - at) {
      return refuse(defect, "header key length", key_length, "must be the length of bytes inside the record");
    }
    at += key_length;
    std::optional<ByteView> value;
    if (!parse_nullable(at, end, "header value length", value, defect)) return false;
  }
  return true;
}

template <class T>
std::size_t length_of(const std::optional<T>& bytes) {
  return bytes ? bytes->size() : 0;
}

/// Our own writing only, and far below: a record of 2 GiB fits into no batch.
std::int32_t as_length(std::size_t size) {
  CHECK(size < std::numeric_limits<std::int32_t>::max(), "a batch is smaller than 2 GiB");
  return static_cast<std::int32_t>(size);
}

std::int32_t nullable_length_of(const std::optional<ByteView>& bytes) { return bytes ? as_length(bytes->size()) : -1; }

std::size_t nullable_size(const std::optional<ByteView>& bytes) {
  return varint_size(nullable_length_of(bytes)) + length_of(bytes);
}

void append_nullable(Bytes& to, const std::optional<ByteView>& bytes) {
  append_varint(to, nullable_length_of(bytes));
  if (bytes) append_bytes(to, *bytes);
}

/// Everything before the headers' own bytes.
void append_front(Bytes& to, RecordDeltas deltas, const std::optional<ByteView>& key,
                  const std::optional<ByteView>& value, std::int32_t header_count, std::size_t headers_size) {
  const auto size = 1 + varint_size(deltas.timestamp) + varint_size(deltas.offset) + nullable_size(key) +
                    nullable_size(value) + varint_size(header_count) + headers_size;
  append_varint(to, as_length(size));
  to.push_back(std::byte{0});  // attributes: no bit has a meaning yet
  append_varint(to, deltas.timestamp);
  append_varint(to, deltas.offset);
  append_nullable(to, key);
  append_nullable(to, value);
  append_varint(to, header_count);
}

}  // namespace

std::string describe(const Defect& defect) {
  std::string text = defect.field;
  if (defect.has_value) text += " is " + std::to_string(defect.value) + ',';
  return text + ' ' + defect.rule;
}

bool parse_record(const std::byte*& at, const std::byte* end, RecordView& record, Defect& defect) {
  std::int32_t length = 0;
  if (!read_varint(at, end, length)) return refuse(defect, "record length", "must be a varint inside the batch");
  if (length < 0 || length > end - at) {
    return refuse(defect, "record length", length, "must be the length of bytes inside the batch");
  }
  const auto* const record_end = at + length;
  if (at == record_end) return refuse(defect, "record length", length, "must leave room for the attributes");
  ++at;
  if (!read_varint(at, record_end, record.timestamp_delta)) return refuse(defect, "timestamp delta", unreadable);
  if (!read_varint(at, record_end, record.offset_delta)) return refuse(defect, "offset delta", unreadable);
  if (!parse_nullable(at, record_end, "key length", record.key, defect)) return false;
  if (!parse_nullable(at, record_end, "value length", record.value, defect)) return false;
  if (!read_varint(at, record_end, record.header_count)) return refuse(defect, "header count", unreadable);
  if (record.header_count < 0 || record.header_count > (record_end - at) / header_bytes_min) {
    return refuse(defect, "header count", record.header_count, "must be the number of headers inside the record");
  }
  if (static_cast<std::size_t>(record.header_count) > limits::headers_per_record_max) {
    return refuse(defect, "header count", record.header_count, "is more than one record may have");
  }
  const auto* const headers = at;
  if (!parse_headers(at, record_end, record.header_count, defect)) return false;
  record.headers = {headers, at};
  if (at != record_end) {
    return refuse(defect, "record length", length, "must end where the last header ends");
  }
  return true;
}

void append_record(Bytes& to, RecordDeltas deltas, const NewRecord& record) {
  std::size_t headers_size = 0;
  for (const auto& header : record.headers) {
    headers_size += varint_size(as_length(header.key.size())) + header.key.size() + nullable_size(header.value);
  }
  append_front(to, deltas, record.key, record.value, as_length(record.headers.size()), headers_size);
  for (const auto& header : record.headers) {
    append_varint(to, as_length(header.key.size()));
    append_bytes(to, as_bytes(header.key));
    append_nullable(to, header.value);
  }
}

void append_record(Bytes& to, const RecordView& record) {
  append_front(to, {.timestamp = record.timestamp_delta, .offset = record.offset_delta}, record.key, record.value,
               record.header_count, record.headers.size());
  append_bytes(to, record.headers);
}

}  // namespace millrace::record
