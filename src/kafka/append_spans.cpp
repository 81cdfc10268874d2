#include "append_spans.hpp"

#include <algorithm>

#include "millrace/record/compression.hpp"
#include "millrace/record/record.hpp"

namespace millrace::kafka {

namespace {

using Links = std::vector<tracing::SpanContext>;

std::string_view text_of(const record::HeaderView& header) {
  return header.value ? as_text(*header.value) : std::string_view();
}

/// The traces that a record says it belongs to, where they are kept: the sender's, and that of the event's maker.
Links links_of(const record::RecordView& record) {
  Links links;
  std::string_view parent, state, event_parent, event_state;
  record::HeaderCursor headers(record.headers, record.header_count);
  record::HeaderView header;
  while (headers.next(header)) {
    if (header.key == "traceparent") parent = text_of(header);
    if (header.key == "tracestate") state = text_of(header);
    if (header.key == "ce_traceparent") event_parent = text_of(header);
    if (header.key == "ce_tracestate") event_state = text_of(header);
  }
  for (const auto& [text, of_it] : {std::pair(parent, state), std::pair(event_parent, event_state)}) {
    if (text.empty()) continue;
    auto context = tracing::parse_context(text, of_it);
    if (context && context->is_sampled()) links.push_back(std::move(*context));
  }
  return links;
}

/// Records that were made together often name one span.
bool has_span(const Links& links, const tracing::SpanContext& span) {
  return std::ranges::any_of(links, [&](const tracing::SpanContext& other) { return other.is_same_span(span); });
}

/// The attributes of an event, where the record is one in binary mode.
void tell_event(tracing::Span& span, const record::RecordView& record) {
  constexpr std::pair<std::string_view, std::string_view> told[] = {
      {"cloudevents.event_id", "ce_id"},
      {"cloudevents.event_source", "ce_source"},
      {"cloudevents.event_spec_version", "ce_specversion"},
      {"cloudevents.event_type", "ce_type"},
      {"cloudevents.event_subject", "ce_subject"}};
  record::HeaderCursor headers(record.headers, record.header_count);
  record::HeaderView header;
  while (headers.next(header)) {
    for (const auto& [key, name] : told) {
      if (header.key == name && header.value) span.text(key, as_text(*header.value));
    }
  }
}

/// Whether what came looks like one whole batch that is worth a look; the engine judges it.
std::optional<ByteView> records_of(const record::BatchHeader& header, ByteView batch, Bytes& inflated) {
  if (header.magic != record::magic_2 || header.size() != static_cast<std::int64_t>(batch.size())) return std::nullopt;
  if (header.record_count <= 0 || header.is_control()) return std::nullopt;
  auto records = batch.subspan(record::header_bytes);
  if (header.codec_id() == 0) return records;
  if (records.size() > traced_inflated_bytes_max) return std::nullopt;
  if (!record::inflate(header.codec(), records, traced_inflated_bytes_max, inflated)) return std::nullopt;
  return inflated;
}

}  // namespace

std::optional<AppendSpans::Begun> AppendSpans::look_at(tracing::Tracer& tracer, ByteView batch) {
  if (batch.size() < record::header_bytes) return std::nullopt;
  const auto header = record::read_header(batch);
  Bytes inflated;
  const auto records = records_of(header, batch, inflated);
  if (!records) return std::nullopt;
  Links links;
  decltype(Begun::makers) makers;
  record::RecordCursor cursor(*records, header.record_count);
  std::optional<record::RecordView> first;
  for (std::size_t seen = 0; seen < traced_records_max && links.size() < tracing::links_max; ++seen) {
    const auto next = cursor.next();
    if (!next || !*next) break;
    if (!first) first = **next;
    for (auto& link : links_of(**next)) {
      if (!has_span(links, link)) links.push_back(link);
      makers.emplace_back(static_cast<std::int32_t>(seen), std::move(link));
    }
  }
  if (links.empty()) return std::nullopt;
  Begun begun{.span = tracer.begin_kept("append"), .makers = std::move(makers)};
  for (auto& link : links) begun.span.link(std::move(link));
  if (header.record_count == 1) {
    tell_event(begun.span, *first);
  } else {
    begun.span.number("messaging.batch.message_count", header.record_count);
  }
  return begun;
}

std::unique_ptr<AppendSpans> AppendSpans::of(tracing::Tracer& tracer, const runtime::Topology& topology,
                                             const runtime::ProduceRequest& request, const std::string& client_id) {
  std::vector<Begun> begun;
  const auto count = std::min(request.parts.size(), traced_batches_max);
  for (std::size_t part = 0; part < count; ++part) {
    const auto& asked = request.parts[part];
    const auto topic = topology.find(asked.topic);
    if (!topic) continue;
    auto looked = look_at(tracer, asked.records);
    if (!looked) continue;
    looked->part = part;
    looked->topic = topic->topic->name;
    auto* const span = &looked->span;
    span->name += " " + topic->topic->name;
    span->text("messaging.system", "millrace");
    span->text("messaging.operation.name", "append");
    span->text("messaging.destination.name", topic->topic->name);
    span->text("messaging.destination.partition.id", std::to_string(asked.partition));
    if (!client_id.empty()) span->text("messaging.client.id", client_id);
    begun.push_back(*std::move(looked));
  }
  if (begun.empty()) return nullptr;
  return std::unique_ptr<AppendSpans>(new AppendSpans(std::move(begun)));
}

void AppendSpans::end(tracing::Tracer& tracer, const std::vector<runtime::ProducePartAnswer>& answers) {
  for (auto& begun : begun_) {
    auto& span = begun.span;
    const auto& answer = answers[begun.part].append;
    if (answer.error != ErrorCode::none) {
      span.has_failed = true;
      span.failure = answer.message;
      span.text("error.type", name_of(answer.error));
    } else if (answer.base_offset != no_offset) {
      span.number("messaging.kafka.offset", answer.base_offset.value());
    }
    // Those of a batch that was here before have their letters since then.
    const auto& aside = answers[begun.part].quarantined;
    if (!aside.empty() && aside.front().letter != no_offset) end_aside(tracer, begun, answers[begun.part]);
    tracer.end(std::move(span));
  }
  begun_.clear();
}

void AppendSpans::end_aside(tracing::Tracer& tracer, const Begun& begun, const runtime::ProducePartAnswer& answer) {
  Links links;
  for (const auto& [index, maker] : begun.makers) {
    if (std::ranges::find(answer.quarantined, index, &runtime::Quarantined::index) == answer.quarantined.end())
      continue;
    if (!has_span(links, maker)) links.push_back(maker);
  }
  if (links.empty()) return;  // Others of the batch are traced.
  auto span = tracer.begin_part(begun.span.context, "dead-letter " + begun.topic);
  span.start = begun.span.start;
  span.text("messaging.system", "millrace");
  span.text("messaging.operation.name", "dead-letter");
  span.text("messaging.destination.name", answer.quarantine_topic);
  span.text("messaging.destination.partition.id", std::to_string(answer.quarantine_partition));
  const auto& first = answer.quarantined.front();
  span.number("messaging.kafka.offset", first.letter.value());
  span.text("millrace.letter.topic", begun.topic);
  span.text("millrace.letter.group", "quarantine");
  span.text("millrace.letter.reason", "event-invalid");
  if (answer.quarantined.size() > 1)
    span.number("messaging.batch.message_count", static_cast<std::int64_t>(answer.quarantined.size()));
  for (auto& link : links) span.link(std::move(link));
  tracer.end(std::move(span));
}

}  // namespace millrace::kafka
