// GET /v1/topics/{topic}/events/stream: events of a topic as they come, as Server-Sent Events (WHATWG HTML,
// section 9.2).
//
//   event: cloudevent
//   id: <the cursor behind this event>
//   data: <the event in its JSON format>
//
// A comment every quarter of a minute says that the broker is there. Who comes back with Last-Event-ID goes on there.

#include "body_source.hpp"
#include "event_answers.hpp"
#include "event_cursor.hpp"
#include "event_limits.hpp"
#include "event_places.hpp"
#include "event_reading.hpp"
#include "event_views.hpp"
#include "query.hpp"
#include "routes.hpp"

namespace millrace::http::routes {

namespace {

constexpr std::string_view stream_type = "text/event-stream";

/// The lines of a text, each behind "data: ": what a client puts together again, where JSON does not care.
void append_data(std::string& out, std::string_view json) {
  while (true) {
    const auto end = std::min(json.find_first_of("\r\n"), json.size());
    out += "data: ";
    out += json.substr(0, end);
    out += '\n';
    if (end == json.size()) return;
    json.remove_prefix(end + 1);
  }
}

class EventStream final : public BodySource {
 public:
  EventStream(const Context& context, std::string topic, EventPlaces places, ReadWish wish, std::string request_id)
      : context_(context),
        topic_(std::move(topic)),
        places_(std::move(places)),
        wish_(std::move(wish)),
        request_id_(std::move(request_id)) {}

  runtime::Task<std::optional<std::string>> next() override {
    if (is_over_) co_return std::nullopt;
    if (std::exchange(is_new_, false)) co_return ": millrace\n\n";
    auto reached = places_;
    auto in_turn = reached.in_turn();
    const auto reading = co_await read_events_at(context_, topic_, in_turn, wish_);
    if (reading.problem) {
      is_over_ = true;
      std::string last = "event: problem\n";
      append_data(last, answer_of(*reading.problem, request_id_).body);
      co_return last + "\n";
    }
    std::string piece;
    for (const auto& read : reading.events) {
      places_.pass(read.partition, read.offset);
      piece += "event: cloudevent\nid: " + places_.cursor() + "\n";
      append_data(piece, json_text_of(read));
      piece += '\n';
    }
    reached.take(in_turn, reading.events);
    places_ = std::move(reached);
    co_return piece.empty() ? ": nothing yet\n\n" : piece;
  }

 private:
  const Context& context_;
  std::string topic_;
  EventPlaces places_;
  ReadWish wish_;
  std::string request_id_;
  bool is_new_ = true;
  bool is_over_ = false;
};

bool takes_a_stream(std::string_view accept) {
  return accept.empty() || accept.find(stream_type) != std::string_view::npos ||
         accept.find("*/*") != std::string_view::npos;
}

}  // namespace

runtime::Task<Response> stream_events(const Context& context, Request request) {
  const auto name = request.named.at("topic");
  const auto accept = field_of(request, "accept").value_or("");
  if (!takes_a_stream(accept)) co_return answer_of(not_acceptable(accept), request.id);
  Query query(request);
  auto cursor = query.text("cursor");
  auto asked = judge_reading(context, request, query, EventForm::batch);
  if (!asked) co_return answer_of(asked.error(), request.id);
  auto& [wish, topic] = *asked;
  // What a client that comes back has seen beats where it once began.
  if (const auto seen = field_of(request, "last-event-id"); seen && !seen->empty()) {
    cursor = std::string(*seen);
    wish.says_where = false;
  }
  if (!wish.says_where && !cursor) wish.place = {.kind = Place::Kind::latest};
  auto places = EventPlaces::of(context, *topic, wish, cursor);
  if (!places) co_return answer_of(problems::invalid(places.error().message), request.id);
  wish.wait = Milliseconds(event_limits::quiet_ms_max);
  Response response{.status = 200, .content_type = std::string(stream_type), .body = "", .fields = {}};
  response.source = std::make_shared<EventStream>(context, name, std::move(*places), std::move(wish), request.id);
  co_return response;
}

}  // namespace millrace::http::routes
