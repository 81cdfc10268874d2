#include "event_wish.hpp"

#include "event_answers.hpp"
#include "event_limits.hpp"
#include "millrace/core/escaped.hpp"
#include "millrace/core/rfc3339.hpp"

namespace millrace::http::routes {

namespace {

Result<Place> read_where(Query& query) {
  using Kind = Place::Kind;
  const auto offset = query.number("offset", 0, INT64_MAX);
  if (!offset) return failure_of(offset);
  const auto from = query.text("from");
  if (*offset && from) return failure(Errc::invalid, "one of offset and from says where to begin, not both");
  if (*offset) return Place{.kind = Kind::offset, .number = **offset};
  if (!from || *from == "earliest") return Place{.kind = Kind::earliest};
  if (*from == "latest") return Place{.kind = Kind::latest};
  const auto time = parse_rfc3339(*from);
  if (time) return Place{.kind = Kind::time, .number = std::max<Timestamp>(*time, 0)};
  return failure(Errc::invalid, "from: \"" + escaped(*from) +
                                    "\" is neither earliest nor latest nor a time as \"2026-05-01T12:00:00Z\"");
}

}  // namespace

Result<ReadWish> read_wish(Query& query, const Request& request, EventForm form) {
  ReadWish wish;
  wish.form = form;
  wish.says_where = request.query.contains("offset") || request.query.contains("from");
  const auto place = read_where(query);
  if (!place) return failure_of(place);
  wish.place = *place;
  const auto events = query.number("max_events", 1, event_limits::events_max);
  if (!events) return failure_of(events);
  wish.events_max = takes_one(wish.form) ? 1 : static_cast<std::size_t>(events->value_or(event_limits::events_default));
  const auto bytes = query.number("max_bytes", 1, event_limits::bytes_max);
  if (!bytes) return failure_of(bytes);
  wish.bytes_max = static_cast<std::size_t>(bytes->value_or(event_limits::bytes_default));
  const auto wait = query.number("wait_ms", 0, event_limits::wait_ms_max);
  if (!wait) return failure_of(wait);
  wish.wait = Milliseconds(wait->value_or(0));
  const auto extensions = query.word("extensions", "none kafka");
  if (!extensions) return failure_of(extensions);
  wish.adds_place = *extensions == 1;
  auto selection = EventSelection::of(query, request);
  if (!selection) return failure_of(selection);
  wish.selection = std::move(*selection);
  return wish;
}

tl::expected<ReadRequest, Problem> judge_reading(const Context& context, const Request& request, Query& query,
                                                 EventForm form) {
  auto wish = read_wish(query, request, form);
  if (!wish) return tl::unexpected(problems::invalid(wish.error().message));
  if (auto known = query.all_known(); !known) return tl::unexpected(problems::invalid(known.error().message));
  const auto& name = request.named.at("topic");
  auto topic = context.broker.topology()->find(name);
  if (!topic) return tl::unexpected(unknown_topic(name));
  wish->trace = request.trace;
  return ReadRequest{.wish = std::move(*wish), .topic = std::move(topic)};
}

Problem not_acceptable(std::string_view accept) {
  return {406, "not-acceptable", "No such form of events is known",
          "Accept: \"" + escaped(accept) +
              "\" holds none of application/cloudevents+json, application/cloudevents-batch+json, "
              "application/cloudevents+protobuf, application/cloudevents-batch+protobuf, " +
              std::string(wrapped_type) + " and */*"};
}

Problem of_fetch(const broker::FetchAnswer& answer, PartitionIndex partition, Offset asked) {
  if (answer.error != ErrorCode::offset_out_of_range) return of_read(answer.error, answer.message);
  const bool is_gone = asked < answer.log_start_offset;
  const auto at = std::to_string(asked.value()) + " of partition " + std::to_string(partition);
  Problem problem{
      is_gone ? 410U : 416U, is_gone ? "offset-gone" : "offset-out-of-range",
      is_gone ? "The event is not there any more" : "There is no such event yet",
      is_gone ? "offset " + at + " was deleted: the earliest is " + std::to_string(answer.log_start_offset.value())
              : "offset " + at + " lies behind the end, " + std::to_string(answer.high_watermark.value())};
  problem.kafka_error = name_of(answer.error);
  problem.limits = {{"earliest", answer.log_start_offset.value()}, {"end", answer.high_watermark.value()}};
  return problem;
}

}  // namespace millrace::http::routes
