#include "event_views.hpp"

#include "millrace/cloudevents/http.hpp"
#include "millrace/cloudevents/json.hpp"
#include "millrace/cloudevents/media_type.hpp"
#include "millrace/cloudevents/protobuf.hpp"
#include "millrace/core/limits.hpp"
#include "millrace/core/rfc3339.hpp"

namespace millrace::http::routes {

namespace {

/// Clients stop reading header sections at 8 to 16 KiB.
constexpr std::size_t header_bytes_max = 8 * limits::KiB;

using cloudevents::Format;

bool is_stored_as(const ReadEvent& read, Format format) { return !read.stored.empty() && read.format == format; }

Response structured(const ReadEvent& read) {
  return {.status = 200,
          .content_type = std::string(cloudevents::http_event_type),
          .body = json_text_of(read),
          .fields = {}};
}

Response binary(const ReadEvent& read) {
  const auto& event = read.event;
  auto fields = cloudevents::http_headers_of(event);
  std::size_t bytes = 0;
  for (const auto& [name, value] : fields) bytes += name.size() + value.size();
  if (bytes > header_bytes_max) return structured(read);
  return {.status = 200,
          .content_type = std::string(event.content_type().value_or("")),
          .body = event.data.value_or(""),
          .fields = std::move(fields)};
}

Response batch(const std::vector<ReadEvent>& events) {
  Response response{
      .status = 200, .content_type = std::string(cloudevents::http_batch_type), .body = "[", .fields = {}};
  for (const auto& read : events) {
    if (response.body.size() > 1) response.body += ',';
    response.body += json_text_of(read);
  }
  response.body += ']';
  return response;
}

Response protobuf(const ReadEvent& read) {
  return {.status = 200,
          .content_type = std::string(cloudevents::protobuf_event_type),
          .body = protobuf_of(read),
          .fields = {}};
}

Response protobuf_batch(const std::vector<ReadEvent>& events) {
  Response response{
      .status = 200, .content_type = std::string(cloudevents::protobuf_batch_type), .body = "", .fields = {}};
  for (const auto& read : events) cloudevents::append_to_protobuf_batch(protobuf_of(read), response.body);
  return response;
}

/// The events are spliced in, so that their data stays byte for byte what it is.
Response wrapped(const std::string& topic, const std::vector<ReadEvent>& events, const Json& next) {
  Response response{.status = 200, .content_type = std::string(wrapped_type), .body = "{\"events\":[", .fields = {}};
  bool is_first = true;
  for (const auto& read : events) {
    Json record{{"topic", topic},
                {"partition", read.partition},
                {"offset", read.offset.value()},
                {"timestamp", rfc3339(read.timestamp)},
                {"key", read.key ? Json(*read.key) : Json()}};
    response.body += is_first ? "{\"record\":" : ",{\"record\":";
    response.body += record.dump(-1, ' ', false, Json::error_handler_t::replace);
    response.body += ",\"event\":";
    response.body += json_text_of(read);
    response.body += '}';
    is_first = false;
  }
  response.body += "],\"next\":" + next.dump() + "}\n";
  return response;
}

}  // namespace

std::string json_text_of(const ReadEvent& read) {
  return is_stored_as(read, Format::json) ? read.stored : cloudevents::to_json(read.event);
}

std::string protobuf_of(const ReadEvent& read) {
  return is_stored_as(read, Format::protobuf) ? read.stored : cloudevents::to_protobuf(read.event);
}

std::optional<EventForm> form_of(std::string_view accept) {
  if (accept.empty()) return EventForm::binary;
  while (!accept.empty()) {
    const auto end = std::min(accept.find(','), accept.size());
    const auto type = cloudevents::essence_of(accept.substr(0, end));
    accept.remove_prefix(std::min(end + 1, accept.size()));
    if (type == "*/*") return EventForm::binary;
    if (type == cloudevents::event_type) return EventForm::structured;
    if (type == cloudevents::batch_type) return EventForm::batch;
    if (type == cloudevents::protobuf_event_type) return EventForm::protobuf;
    if (type == cloudevents::protobuf_batch_type) return EventForm::protobuf_batch;
    if (type == wrapped_type) return EventForm::wrapped;
  }
  return std::nullopt;
}

Response view_of(EventForm form, const std::string& topic, const std::vector<ReadEvent>& events, const Json& next) {
  switch (form) {
    case EventForm::batch: return batch(events);
    case EventForm::wrapped: return wrapped(topic, events, next);
    case EventForm::structured: return structured(events.front());
    case EventForm::protobuf: return protobuf(events.front());
    case EventForm::protobuf_batch: return protobuf_batch(events);
    case EventForm::binary: break;
  }
  return binary(events.front());
}

}  // namespace millrace::http::routes
