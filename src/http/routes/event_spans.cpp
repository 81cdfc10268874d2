#include "event_spans.hpp"

#include <algorithm>

#include "millrace/delivery/event.hpp"

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

/// Those of a batch that were put aside: one span, for they go in one batch.
void tell_aside(tracing::Tracer& tracer, const RequestTrace& trace, const AppendedEvents& appended,
                const tracing::Span& append) {
  const auto& aside = appended.answer->quarantined;
  auto span = tracer.begin_part(append.context, "dead-letter " + appended.topic);
  span.start = append.start;
  tell_operation(span, "dead-letter", appended.answer->quarantine_topic);
  span.text("messaging.destination.partition.id", std::to_string(appended.answer->quarantine_partition));
  span.number("messaging.kafka.offset", aside.front().letter.value());
  span.text("millrace.letter.topic", appended.topic);
  span.text("millrace.letter.group", "quarantine");
  span.text("millrace.letter.reason", delivery::name_of(delivery::Reason::event_invalid));
  const auto event = [&](const runtime::Quarantined& each) -> const cloudevents::Event& {
    return *appended.events[static_cast<std::size_t>(each.index)];
  };
  if (aside.size() == 1) {
    tell_event(span, event(aside.front()));
  } else {
    span.number("messaging.batch.message_count", static_cast<std::int64_t>(aside.size()));
  }
  for (const auto& each : aside) link(span, event(each), trace);
  tracer.end(std::move(span));
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
  } else if (const auto& append = appended.answer->append; append.error != ErrorCode::none) {
    span.has_failed = true;
    span.failure = append.message;
    span.text("error.type", name_of(append.error));
  } else if (append.base_offset != no_offset) {
    span.number("messaging.kafka.offset", append.base_offset.value());
  }
  // Those of a batch that was here before have their letters since then.
  const bool has_letters = appended.answer != nullptr && !appended.answer->quarantined.empty() &&
                           appended.answer->quarantined.front().letter != no_offset;
  if (has_letters) tell_aside(tracer, trace, appended, span);
  tracer.end(std::move(span));
}

void tell_delivery(tracing::Tracer& tracer, const RequestTrace& trace, tracing::UnixNanoseconds began,
                   const std::string& topic, std::span<const ReadEvent> events, const HandOutOf* handed_out) {
  const std::string operation = handed_out != nullptr && handed_out->attempt > 1 ? "retry" : "deliver";
  auto span = tracer.begin_part(trace.span, operation + " " + topic);
  span.start = began;
  tell_operation(span, operation, topic);
  span.text("messaging.operation.type", "receive");
  if (handed_out != nullptr) {
    span.text("messaging.destination.subscription.name", handed_out->subscription);
    span.number("millrace.delivery.attempt", handed_out->attempt);
  }
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
