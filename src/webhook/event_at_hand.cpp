#include "event_at_hand.hpp"

#include <algorithm>

#include "millrace/cloudevents/media_type.hpp"

namespace millrace::webhook {

namespace {

bool is_content_type(std::string_view name) {
  const auto is_it = [](char a, char b) { return (a >= 'A' && a <= 'Z' ? a - 'A' + 'a' : a) == b; };
  return std::ranges::equal(name, std::string_view("content-type"), is_it);
}

/// Whether a record that is an event has it as JSON in its value.
bool is_stored_as_json(const record::RecordView& record) {
  record::HeaderCursor headers(record.headers, record.header_count);
  std::string_view told;
  while (const auto header = headers.next()) {
    if (header->value && is_content_type(header->key)) told = as_text(*header->value);
  }
  return cloudevents::mode_of(told) == cloudevents::Mode::structured &&
         cloudevents::format_of(told) == cloudevents::Format::json;
}

}  // namespace

EventAtHand event_at_hand(const cloudevents::PlainRecord& record, const std::string& topic,
                          cloudevents::Unmarked unmarked) {
  const auto& view = record.view;
  const record::HeaderCursor headers(view.headers, view.header_count);
  auto event = cloudevents::from_record(headers, view.value);
  bool is_json = event && is_stored_as_json(view);
  if (!event && unmarked == cloudevents::Unmarked::recognised) {
    event = cloudevents::from_record(headers, view.value, unmarked);
    is_json = event.has_value();
  }
  EventAtHand told;
  if (is_json) told.stored_json = as_text(*view.value);
  told.event = event ? std::move(*event) : cloudevents::event_of_plain(record, topic);
  return told;
}

}  // namespace millrace::webhook
