#include "millrace/deadletter/edited.hpp"

#include "form.hpp"
#include "millrace/cloudevents/kafka.hpp"
#include "text.hpp"

namespace millrace::deadletter {

namespace {

using cloudevents::Storage;

Storage storage_of(const Record& record, const cloudevents::Event& event) {
  if (event.message_type) return Storage::protobuf;
  const auto headers = headers_of(record);
  switch (form_of(headers, view_of(record, headers).value)) {
    case Form::binary: return Storage::binary;
    case Form::protobuf: return Storage::protobuf;
    case Form::none:
    case Form::json: break;
  }
  return Storage::structured;
}

/// Of an event, in any letter case.
bool is_event_header(std::string_view key) {
  std::string lower(key);
  for (char& c : lower) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
  return lower == "content-type" || lower.starts_with(attribute_header_prefix);
}

}  // namespace

Record with_event(const Record& record, const cloudevents::Event& event, std::string_view json) {
  const auto storage = storage_of(record, event);
  auto stored = cloudevents::to_record(event, storage);
  if (storage == Storage::structured && !json.empty()) stored.value = std::string(json);
  Record out;
  out.timestamp = record.timestamp;
  out.key = record.key;
  if (stored.value) out.value = to_bytes(*stored.value);
  for (const auto& [key, value] : stored.headers) {
    out.headers.emplace_back(key, value ? std::optional(to_bytes(*value)) : std::nullopt);
  }
  for (const auto& header : record.headers) {
    if (!is_event_header(header.first)) out.headers.push_back(header);
  }
  return out;
}

}  // namespace millrace::deadletter
