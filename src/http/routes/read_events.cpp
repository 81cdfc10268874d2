// Reads events: of a partition from an offset, or of a whole topic by a cursor. A reader that waits holds its place and
// nothing else: a slow one costs the broker no memory.

#include <charconv>

#include "event_answers.hpp"
#include "event_places.hpp"
#include "event_views.hpp"
#include "millrace/core/escaped.hpp"
#include "query.hpp"
#include "routes.hpp"
#include "target.hpp"

namespace millrace::http::routes {

namespace {

constexpr const char* cursor_field = "Millrace-Cursor";

std::optional<PartitionIndex> partition_of(const std::string& text) {
  PartitionIndex partition = 0;
  const auto* const end = text.data() + text.size();
  const auto [at, error] = std::from_chars(text.data(), end, partition);
  return error == std::errc{} && at == end ? std::optional(partition) : std::nullopt;
}

Response nothing() { return {.status = 204, .content_type = "", .body = "", .fields = {}}; }

Response answer_of_reading(const ReadWish& wish, const std::string& topic, const EventReading& reading,
                           const Json& next) {
  if (reading.events.empty()) return nothing();
  auto response = view_of(wish.form, topic, reading.events, next);
  if (takes_one(wish.form)) {
    const auto& read = reading.events.front();
    response.fields.emplace_back("Millrace-Partition", std::to_string(read.partition));
    response.fields.emplace_back("Millrace-Offset", std::to_string(read.offset.value()));
  }
  return response;
}

/// The request that goes on where this one ended (RFC 8288).
void link_next(Response& response, const Request& request, const std::string& parameter, std::string value) {
  auto query = request.query;
  for (const char* where : {"from", "offset", "cursor"}) query.erase(where);
  query[parameter] = std::move(value);
  response.fields.emplace_back("Link", "<" + to_text({.path = request.path, .query = query}) + ">; rel=\"next\"");
}

}  // namespace

runtime::Task<Response> read_partition_events(const Context& context, Request request) {
  const auto name = request.named.at("topic");
  const auto accept = field_of(request, "accept").value_or("");
  const auto form = form_of(accept);
  if (!form) co_return answer_of(not_acceptable(accept), request.id);
  Query query(request);
  const auto asked = judge_reading(context, request, query, *form);
  if (!asked) co_return answer_of(asked.error(), request.id);
  const auto& [wish, topic] = *asked;
  const auto partition = partition_of(request.named.at("partition"));
  if (!partition || !topic->find(*partition)) {
    co_return answer_of(problems::not_found("topic " + escaped(name) + " has no partition \"" +
                                            escaped(request.named.at("partition")) + "\""),
                        request.id);
  }
  auto from = Offset(wish.place.number);
  if (wish.place.kind != Place::Kind::offset) {
    const auto found = offset_of(context.broker, wish.place, *topic, *partition, std::nullopt);
    if (!found) co_return answer_of(problems::invalid(found.error().message), request.id);
    from = *found;
  }
  std::vector<ReadPlace> places{{.partition = *partition, .next = from}};
  const auto reading = co_await read_events_at(context, name, places, wish);
  if (reading.problem) co_return answer_of(*reading.problem, request.id);
  const auto next = places.front().next.value();
  auto response = answer_of_reading(wish, name, reading, Json(next));
  response.fields.emplace_back("Millrace-Next-Offset", std::to_string(next));
  response.fields.emplace_back("Millrace-High-Watermark", std::to_string(reading.high_watermark.value()));
  link_next(response, request, "offset", std::to_string(next));
  co_return response;
}

runtime::Task<Response> read_topic_events(const Context& context, Request request) {
  const auto name = request.named.at("topic");
  const auto accept = field_of(request, "accept").value_or("");
  const auto form = form_of(accept);
  if (!form) co_return answer_of(not_acceptable(accept), request.id);
  Query query(request);
  const auto sent = query.text("cursor");
  const auto asked = judge_reading(context, request, query, *form);
  if (!asked) co_return answer_of(asked.error(), request.id);
  const auto& [wish, topic] = *asked;
  auto places = EventPlaces::of(context, *topic, wish, sent);
  if (!places) co_return answer_of(problems::invalid(places.error().message), request.id);
  auto in_turn = places->in_turn();
  const auto reading = co_await read_events_at(context, name, in_turn, wish);
  if (reading.problem) {
    auto problem = *reading.problem;
    if (problem.status == 410) {  // who goes on with this cursor goes on where the log begins
      places->begin(in_turn[reading.failed].partition, reading.begin);
      problem.fields.emplace_back(cursor_field, places->cursor());
    }
    co_return answer_of(problem, request.id);
  }
  places->take(in_turn, reading.events);
  const auto next = places->cursor();
  auto response = answer_of_reading(wish, name, reading, Json(next));
  response.fields.emplace_back(cursor_field, next);
  link_next(response, request, "cursor", next);
  co_return response;
}

}  // namespace millrace::http::routes
