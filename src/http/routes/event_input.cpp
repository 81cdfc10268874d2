#include "event_input.hpp"

#include <algorithm>

#include "millrace/cloudevents/json.hpp"
#include "millrace/cloudevents/plain_record.hpp"
#include "millrace/cloudevents/protobuf.hpp"
#include "millrace/core/escaped.hpp"
#include "millrace/core/rfc3339.hpp"

namespace millrace::http::routes {

namespace {

using cloudevents::Format;
using cloudevents::Mode;

const char* title_of(cloudevents::Problem problem) {
  switch (problem) {
    case cloudevents::Problem::unsupported_event_format: return "This format of events is not known";
    case cloudevents::Problem::malformed_event: return "The event is not what its format asks for";
    case cloudevents::Problem::invalid_batch: return "Not every event of the batch is one";
    case cloudevents::Problem::invalid_header_encoding: return "A header field is not encoded as it must be";
    case cloudevents::Problem::not_a_cloudevent: return "This is no CloudEvent";
    case cloudevents::Problem::unsupported_specversion: return "This version of CloudEvents is not known";
    case cloudevents::Problem::invalid_cloudevent: break;
  }
  return "The event breaks a rule of CloudEvents";
}

Problem unknown_format(std::string_view content_type) {
  Problem problem{415, std::string(cloudevents::slug_of(cloudevents::Problem::unsupported_event_format)),
                  title_of(cloudevents::Problem::unsupported_event_format),
                  "Content-Type: \"" + escaped(content_type) + "\" is no format that is read here"};
  problem.fields.emplace_back("Accept-Post", accepted_types);
  problem.outcome = "not-stored";
  return problem;
}

cloudevents::Judged<cloudevents::Event> read_binary(const Request& request,
                                                    std::optional<std::string_view> content_type,
                                                    const InputRules& rules, cloudevents::Leniencies& forgiven) {
  std::vector<cloudevents::HeaderField> fields;
  fields.reserve(request.fields.size());
  for (const auto& field : request.fields) fields.push_back({.name = field.name, .value = field.value});
  cloudevents::Leniencies seen;
  auto event = cloudevents::from_http(content_type, fields, request.body, rules.strictness, &seen);
  const bool is_raw = !event && cloudevents::problem_of(event.error()) == cloudevents::Problem::not_a_cloudevent;
  if (!is_raw || !rules.takes_raw) {
    forgiven += seen;
    return event;
  }
  const auto source = "/topics/" + rules.topic;
  const auto time = rfc3339(rules.now);
  fields.push_back({.name = "ce-specversion", .value = "1.0"});
  fields.push_back({.name = "ce-id", .value = request.id});
  fields.push_back({.name = "ce-source", .value = source});
  fields.push_back({.name = "ce-type", .value = cloudevents::plain_record_type});
  if (!field_of(request, "ce-time")) fields.push_back({.name = "ce-time", .value = time});
  return cloudevents::from_http(content_type, fields, request.body, rules.strictness, &forgiven);
}

/// Kafka's instrumentation knows the context of a trace by its own name.
std::string header_of(const std::string& field) {
  return field == "traceparent" || field == "tracestate" ? field : "http_" + field;
}

std::vector<std::pair<std::string, std::string>> kept_of(const Request& request, std::span<const std::string> fields) {
  std::vector<std::pair<std::string, std::string>> kept;
  for (const auto& field : request.fields) {
    if (std::ranges::find(fields, field.name) != fields.end()) kept.emplace_back(header_of(field.name), field.value);
  }
  return kept;
}

}  // namespace

Problem refusal_of_faults(const cloudevents::Faults& faults) {
  const auto kind = cloudevents::problem_of(faults);
  Problem problem{400, std::string(cloudevents::slug_of(kind)), title_of(kind), faults.front().detail};
  if (faults.size() > 1) problem.detail += "; and " + std::to_string(faults.size() - 1) + " more";
  for (const auto& fault : faults) {
    problem.errors.push_back(
        {.pointer = fault.pointer, .header = fault.header, .rule = fault.rule, .detail = fault.detail});
  }
  problem.outcome = "not-stored";
  return problem;
}

std::optional<std::string_view> field_of(const Request& request, std::string_view name) {
  const auto found = std::ranges::find(request.fields, name, &Field::name);
  return found == request.fields.end() ? std::nullopt : std::optional<std::string_view>(found->value);
}

tl::expected<EventInput, Problem> read_events(const Request& request, const InputRules& rules,
                                              cloudevents::Leniencies& forgiven) {
  const auto content_type = field_of(request, "content-type");
  EventInput input{.mode = cloudevents::mode_of(content_type.value_or("")), .beside = kept_of(request, rules.fields)};
  if (input.mode != Mode::unsupported) input.format = cloudevents::format_of(content_type.value_or(""));
  const bool is_json = input.format == Format::json;
  switch (input.mode) {
    case Mode::unsupported: return tl::unexpected(unknown_format(content_type.value_or("")));
    case Mode::batch: {
      auto events =
          is_json ? cloudevents::parse_json_batch(request.body) : cloudevents::parse_protobuf_batch(request.body);
      if (!events) return tl::unexpected(refusal_of_faults(events.error()));
      input.events = std::move(*events);
      input.texts =
          is_json ? cloudevents::split_json_batch(request.body) : cloudevents::split_protobuf_batch(request.body);
      return input;
    }
    case Mode::structured: input.texts.push_back(request.body); break;
    case Mode::binary: break;
  }
  auto event = input.mode == Mode::binary ? read_binary(request, content_type, rules, forgiven)
               : is_json                  ? cloudevents::parse_json(request.body)
                                          : cloudevents::parse_protobuf(request.body);
  if (!event) return tl::unexpected(refusal_of_faults(event.error()));
  input.events.push_back(std::move(*event));
  return input;
}

}  // namespace millrace::http::routes
