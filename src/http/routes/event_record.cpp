#include "event_record.hpp"

#include "millrace/cloudevents/json.hpp"
#include "millrace/core/rfc3339.hpp"
#include "millrace/record/builder.hpp"

namespace millrace::http::routes {

namespace {

using broker::EventStorage;
using cloudevents::Storage;

/// The event's own time where the topic wants it and would take it from a producer.
Timestamp timestamp_of(const cloudevents::Event& event, const broker::TopicSettings& settings, Timestamp now) {
  if (!settings.events.is_at_its_time) return now;
  const auto time = parse_rfc3339(event.text("time"));
  if (!time || *time < 0) return now;
  const auto& rules = settings.rules;
  const bool is_old = now - *time > rules.timestamp_before_max_ms;
  const bool is_ahead = *time > now && *time - now > rules.timestamp_after_max_ms;
  return is_old || is_ahead ? now : *time;
}

Storage came_in(const EventInput& input) {
  if (input.texts.empty()) return Storage::binary;
  return input.format == cloudevents::Format::json ? Storage::structured : Storage::protobuf;
}

cloudevents::StoredEvent stored_of(const EventInput& input, std::size_t index, EventStorage storage) {
  const auto& event = input.events[index];
  const auto came = came_in(input);
  auto form = storage == EventStorage::structured ? Storage::structured
              : storage == EventStorage::preserve ? came
                                                  : Storage::binary;
  if (event.message_type) form = Storage::protobuf;  // nothing else can hold all of it
  auto stored = cloudevents::to_record(event, form);
  if (form == came && form != Storage::binary) stored.value = std::string(input.texts[index]);
  for (const auto& [name, value] : input.beside) stored.headers.emplace_back(name, value);
  return stored;
}

}  // namespace

EventRecord record_of(const EventInput& input, std::size_t index, const broker::TopicSettings& settings,
                      const std::optional<std::string>& key, Timestamp now) {
  const auto& event = input.events[index];
  EventRecord record{.stored = stored_of(input, index, settings.events.storage),
                     .key = key,
                     .timestamp = timestamp_of(event, settings, now)};
  if (key || settings.events.key_attribute.empty()) return record;
  if (const auto* mapped = event.find(settings.events.key_attribute)) record.key = mapped->text;
  return record;
}

std::size_t batch_bytes_of(const EventRecord& record, std::size_t most) {
  constexpr std::size_t frame = 128, header_frame = 10;  // more than lengths and numbers ever take
  auto bytes = frame + record.key.value_or("").size() + record.stored.value.value_or("").size();
  for (const auto& [name, value] : record.stored.headers)
    bytes += name.size() + value.value_or("").size() + header_frame;
  if (bytes <= most) return bytes;
  const EventRecord* const alone[] = {&record};
  return batch_of(alone).size();
}

Bytes batch_of(std::span<const EventRecord* const> records) {
  record::BatchBuilder builder;
  const auto view = [](const std::optional<std::string>& text) {
    return text ? std::optional(as_bytes(*text)) : std::nullopt;
  };
  for (const auto* record : records) {
    std::vector<record::HeaderView> headers;
    headers.reserve(record->stored.headers.size());
    for (const auto& [name, value] : record->stored.headers) headers.push_back({.key = name, .value = view(value)});
    builder.add({.timestamp = record->timestamp,
                 .key = view(record->key),
                 .value = view(record->stored.value),
                 .headers = headers});
  }
  return builder.finish();
}

}  // namespace millrace::http::routes
