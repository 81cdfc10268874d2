#include "millrace/push/message.hpp"

#include <algorithm>

#include "ascii.hpp"
#include "millrace/cloudevents/http.hpp"
#include "millrace/cloudevents/json.hpp"
#include "millrace/cloudevents/media_type.hpp"

namespace millrace::push {

namespace {

Fields fields_of(const Hop& hop, std::uint16_t attempt) {
  Fields fields;
  if (!hop.origin.empty()) fields.emplace_back("WebHook-Request-Origin", hop.origin);
  fields.emplace_back("Millrace-Subscription", hop.subscription);
  fields.emplace_back("Millrace-Delivery-Attempt", std::to_string(attempt));
  if (!hop.credentials.empty()) fields.emplace_back("Authorization", hop.credentials);
  if (!hop.traceparent.empty()) fields.emplace_back("traceparent", hop.traceparent);
  if (hop.user_fields == nullptr) return fields;
  for (const auto& field : *hop.user_fields) {
    if (!is_reserved(field.first)) fields.push_back(field);
  }
  return fields;
}

void append_json(const Outgoing& event, std::string& out) {
  if (event.stored_json.empty()) {
    cloudevents::append_json(*event.event, out);
  } else {
    out += event.stored_json;
  }
}

Request structured(const Outgoing& event, Fields fields) {
  Request request{.content_type = std::string(cloudevents::http_event_type), .fields = std::move(fields), .body = {}};
  append_json(event, request.body);
  return request;
}

/// One that can stand in a header field: it is not encoded there.
bool is_sendable(std::string_view content_type) {
  const auto is_part = [](char c) { return is_visible(c) || c == ' ' || c == '\t'; };
  return !without_blanks(content_type).empty() && std::ranges::all_of(content_type, is_part);
}

std::size_t bytes_of(const Fields& fields) {
  std::size_t bytes = 0;
  for (const auto& [name, value] : fields) bytes += name.size() + value.size();
  return bytes;
}

}  // namespace

Request message_of(ContentMode mode, const Outgoing& event, const Hop& hop) {
  Fields fields = fields_of(hop, event.attempt);
  const auto& data = event.event->data;
  const auto type = event.event->content_type();
  const bool has_payload = data && !data->empty() && type && is_sendable(*type);
  if (mode != ContentMode::binary || !has_payload) return structured(event, std::move(fields));
  const Fields attributes = cloudevents::http_headers_of(*event.event);
  if (bytes_of(fields) + bytes_of(attributes) + type->size() > field_bytes_max) {
    return structured(event, std::move(fields));
  }
  fields.insert(fields.end(), attributes.begin(), attributes.end());
  return {.content_type = std::string(*type), .fields = std::move(fields), .body = *data};
}

Result<void> check(const BatchBounds& bounds) {
  const auto refusal = [](const char* field, std::size_t value, std::size_t ceiling) {
    return failure(Errc::invalid, std::string(field) + " is " + std::to_string(value) + "; it may be from 1 to " +
                                      std::to_string(ceiling));
  };
  if (bounds.events_max < 1 || bounds.events_max > batch_events_ceiling) {
    return refusal("maxbatchevents", bounds.events_max, batch_events_ceiling);
  }
  if (bounds.bytes_max < 1 || bounds.bytes_max > batch_bytes_ceiling) {
    return refusal("maxbatchbytes", bounds.bytes_max, batch_bytes_ceiling);
  }
  return {};
}

Batch batch_of(std::span<const Outgoing> events, const BatchBounds& bounds, const Hop& hop) {
  const auto version = events.front().event->text("specversion");
  std::uint16_t attempt = 0;
  std::string body = "[";
  std::size_t taken = 0;
  for (const Outgoing& event : events) {
    if (taken == bounds.events_max || event.event->text("specversion") != version) break;
    const std::size_t before = body.size();
    if (taken > 0) body += ',';
    append_json(event, body);
    if (taken > 0 && body.size() + 1 > bounds.bytes_max) {
      body.resize(before);
      break;
    }
    attempt = std::max(attempt, event.attempt);
    ++taken;
  }
  body += ']';
  return {.request = {.content_type = std::string(cloudevents::http_batch_type),
                      .fields = fields_of(hop, attempt),
                      .body = std::move(body)},
          .taken = taken};
}

}  // namespace millrace::push
