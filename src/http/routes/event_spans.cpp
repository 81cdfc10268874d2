#include "event_spans.hpp"

#include <algorithm>

namespace millrace::http::routes {

namespace {

void tell_operation(tracing::Span& span, std::string_view operation, const std::string& topic) {
  span.text("messaging.system", "millrace");
  span.text("messaging.operation.name", operation);
  span.text("messaging.destination.name", topic);
}

void tell_event(tracing::Span& span, const cloudevents::Event& event) {
  constexpr std::pair<std::string_view, std::string_view> told[] = {{"cloudevents.event_id", "id"},
                                                                    {"cloudevents.event_source", "source"},
                                                                    {"cloudevents.event_spec_version", "specversion"},
                                                                    {"cloudevents.event_type", "type"},
                                                                    {"cloudevents.event_subject", "subject"}};
  for (const auto& [key, name] : told) {
    if (const auto* attribute = event.find(name)) span.text(key, attribute->text);
  }
}

/// To where the event was made, unless that is the caller, whom the trace has already.
void link(tracing::Span& span, const cloudevents::Event& event, const RequestTrace& trace) {
  const auto* parent = event.find("traceparent");
  if (parent == nullptr) return;
  auto context = tracing::parse_context(parent->text, event.text("tracestate"));
  if (!context || (trace.caller && context->is_same_span(*trace.caller))) return;
  // Events that were made together are often made in one span.
  const auto is_same = [&](const tracing::SpanContext& other) { return other.is_same_span(*context); };
  if (std::ranges::none_of(span.links, is_same)) span.link(std::move(*context));
}

}  // namespace

void tell_append(tracing::Tracer& tracer, const RequestTrace& trace, tracing::UnixNanoseconds began,
                 const AppendedEvents& appended) {
  auto span = tracer.begin_part(trace.span, "append " + appended.topic);
  span.start = began;
  tell_operation(span, "append", appended.topic);
  span.text("messaging.destination.partition.id", std::to_string(appended.partition));
  if (appended.events.size() == 1) {
    tell_event(span, *appended.events.front());
  } else {
    span.number("messaging.batch.message_count", static_cast<std::int64_t>(appended.events.size()));
  }
  for (const auto* event : appended.events) link(span, *event, trace);
  if (appended.answer == nullptr) {
    span.has_failed = true;
    span.text("error.type", "timeout");
  } else if (appended.answer->error != ErrorCode::none) {
    span.has_failed = true;
    span.failure = appended.answer->message;
    span.text("error.type", name_of(appended.answer->error));
  } else if (appended.answer->base_offset != no_offset) {
    span.number("messaging.kafka.offset", appended.answer->base_offset.value());
  }
  tracer.end(std::move(span));
}

void tell_delivery(tracing::Tracer& tracer, const RequestTrace& trace, tracing::UnixNanoseconds began,
                   const std::string& topic, std::span<const ReadEvent> events) {
  auto span = tracer.begin_part(trace.span, "deliver " + topic);
  span.start = began;
  tell_operation(span, "deliver", topic);
  span.text("messaging.operation.type", "receive");
  const auto& first = events.front();
  const auto is_of_first = [&](const ReadEvent& read) { return read.partition == first.partition; };
  if (std::ranges::all_of(events, is_of_first)) {
    span.text("messaging.destination.partition.id", std::to_string(first.partition));
    span.number("messaging.kafka.offset", first.offset.value());
  }
  if (events.size() > 1) {
    span.number("messaging.batch.message_count", static_cast<std::int64_t>(events.size()));
  } else if (first.is_event) {
    tell_event(span, first.event);
  }
  for (const auto& read : events) {
    if (read.is_event) link(span, read.event, trace);
  }
  tracer.end(std::move(span));
}

}  // namespace millrace::http::routes
