#include "letter_spans.hpp"

#include <algorithm>

#include "millrace/cloudevents/kafka.hpp"
#include "millrace/core/bytes.hpp"

namespace millrace::app {

namespace {

constexpr tracing::UnixNanoseconds ns_per_ms = 1'000'000;

/// What the record says of itself, if it is an event; otherwise of its sender, if that is traced.
struct Told {
  std::optional<cloudevents::Event> event{};
  std::optional<tracing::SpanContext> maker{};
};

std::string_view text_of(const deadletter::Record& record, std::string_view name) {
  for (const auto& [key, value] : record.headers) {
    if (key == name && value) return as_text(*value);
  }
  return {};
}

Told look_into(const deadletter::Record& original) {
  const auto headers = deadletter::headers_of(original);
  const auto value = original.value ? std::optional<ByteView>(*original.value) : std::nullopt;
  Told told;
  if (auto event = cloudevents::from_record(headers, value, cloudevents::Unmarked::recognised)) {
    told.maker = tracing::parse_context(event->text("traceparent"), event->text("tracestate"));
    told.event = *std::move(event);
  }
  if (!told.maker)
    told.maker = tracing::parse_context(text_of(original, "traceparent"), text_of(original, "tracestate"));
  return told;
}

std::optional<tracing::Span> begin(tracing::Tracer& tracer, const char* operation, const std::string& topic,
                                   const Told& told, Timestamp began) {
  const std::string name = std::string(operation) + " " + topic;
  auto span = told.maker && told.maker->is_sampled() ? std::optional(tracer.begin_kept(name))
                                                     : tracer.begin(tracing::SpanKind::internal, name, std::nullopt);
  if (!span) return std::nullopt;
  span->start = std::min(span->start, began * ns_per_ms);
  span->text("messaging.system", "millrace");
  span->text("messaging.operation.name", operation);
  if (told.maker) span->link(*told.maker);
  if (told.event) {
    span->text("cloudevents.event_id", told.event->text("id"));
    span->text("cloudevents.event_source", told.event->text("source"));
    span->text("cloudevents.event_type", told.event->text("type"));
  }
  return span;
}

/// Where a letter lies, and where its event died.
void tell_place(tracing::Span& span, const redrive::LetterPlace& place, const deadletter::LetterName& name) {
  span.text("messaging.destination.name", place.topic);
  span.text("messaging.destination.partition.id", std::to_string(place.partition));
  span.number("messaging.kafka.offset", place.offset.value());
  span.text("millrace.letter.topic", name.topic);
  span.text("millrace.letter.group", name.group);
}

}  // namespace

void tell_letter(tracing::Tracer& tracer, const redrive::NewLetter& written) {
  const auto& letter = written.letter;
  auto span = begin(tracer, "dead-letter", letter.name.topic, look_into(written.original), written.began);
  if (!span) return;
  tell_place(*span, written.place, letter.name);
  span->text("millrace.letter.id", deadletter::id_of(letter.name));
  span->text("millrace.letter.reason", delivery::name_of(letter.reason));
  span->number("millrace.delivery.attempt", letter.attempts);
  tracer.end(*std::move(span));
}

void tell_redrive(tracing::Tracer& tracer, const redrive::SentLetter& sent) {
  const auto& letter = sent.letter;
  const auto& name = letter.letter.name;
  const auto& topic = name.topic.empty() ? letter.place.topic : name.topic;
  auto span = begin(tracer, "redrive", topic, look_into(letter.original), sent.began);
  if (!span) return;
  tell_place(*span, letter.place, name);
  span->text("millrace.letter.id", letter.id);
  span->text("millrace.redrive.job", sent.job);
  span->text("millrace.redrive.to", redrive::name_of(sent.to));
  if (sent.is_refused) {
    span->has_failed = true;
    span->failure = sent.why;
    span->text("error.type", "refused");
  }
  tracer.end(*std::move(span));
}

}  // namespace millrace::app
