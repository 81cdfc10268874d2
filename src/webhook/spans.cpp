#include "spans.hpp"

#include <algorithm>
#include <vector>

#include "counts.hpp"

namespace millrace::webhook {

namespace {

/// The spans that have made them, each once: events that were made together are often made in one span.
std::vector<tracing::SpanContext> makers_of(std::span<const InHand> events) {
  std::vector<tracing::SpanContext> makers;
  for (const InHand& one : events) {
    const auto* parent = one.event.find("traceparent");
    auto context =
        parent == nullptr ? std::nullopt : tracing::parse_context(parent->text, one.event.text("tracestate"));
    if (!context) continue;
    const auto is_same = [&](const tracing::SpanContext& other) { return other.is_same_span(*context); };
    if (std::ranges::none_of(makers, is_same)) makers.push_back(std::move(*context));
  }
  return makers;
}

}  // namespace

std::optional<tracing::Span> begin_delivery(tracing::Tracer* tracer, const std::string& id, const Terms& terms,
                                            std::span<const InHand> events) {
  if (tracer == nullptr) return std::nullopt;
  const auto makers = makers_of(events);
  const bool is_wanted = std::ranges::any_of(makers, [](const auto& maker) { return maker.is_sampled(); });
  const std::string name = "deliver " + terms.topic;
  auto span = is_wanted ? std::optional(tracer->begin_kept(name))
                        : tracer->begin(tracing::SpanKind::client, name, std::nullopt);
  if (!span) return std::nullopt;
  span->kind = tracing::SpanKind::client;
  span->text("messaging.system", "millrace");
  span->text("messaging.operation.type", "send");
  span->text("messaging.destination.name", terms.topic);
  span->text("messaging.destination.subscription.name", id);
  span->text("http.request.method", terms.method);
  span->text("server.address", terms.sink.host);
  span->number("server.port", terms.sink.port);
  return span;
}

void tell_events(tracing::Span& span, const Terms& terms, std::span<const InHand> events) {
  const auto attempt = std::ranges::max(events, {}, &InHand::attempt).attempt;
  const std::string operation = attempt > 1 ? "retry" : "deliver";
  span.name = operation + " " + terms.topic;
  span.text("messaging.operation.name", operation);
  span.number("millrace.delivery.attempt", attempt);
  if (events.size() > 1) {
    span.number("messaging.batch.message_count", static_cast<std::int64_t>(events.size()));
  } else {
    const auto& lock = events.front().lock;
    span.text("messaging.destination.partition.id", std::to_string(lock.partition));
    span.number("messaging.kafka.offset", lock.token.offset.value());
    span.text("cloudevents.event_id", events.front().event.text("id"));
    span.text("cloudevents.event_source", events.front().event.text("source"));
    span.text("cloudevents.event_type", events.front().event.text("type"));
  }
  for (auto& maker : makers_of(events)) span.link(std::move(maker));
}

void end_delivery(tracing::Tracer& tracer, tracing::Span span, const sender::Outcome& outcome) {
  if (outcome.ending == push::Ending::answered) {
    span.number("http.response.status_code", outcome.status);
  } else {
    span.failure = outcome.cause;
    span.text("error.type", request_ends[end_of(outcome)]);
  }
  span.has_failed = outcome.ending != push::Ending::answered || outcome.status >= 300;
  if (span.has_failed && outcome.ending == push::Ending::answered) {
    span.text("error.type", std::to_string(outcome.status));
  }
  tracer.end(std::move(span));
}

}  // namespace millrace::webhook
