// GET /v1/topics/{topic}/ws: events both ways on one WebSocket, in the subprotocol cloudevents.json or
// cloudevents.proto, one a message.
//
// What comes in is published, one after the other, and answered with an event of type dev.millrace.published or
// dev.millrace.refused whose subject is the id of what was sent. With `from` or `cursor` events of the topic go out as
// well: as fast as they are taken, or, with credit=explicit, as many as events of type dev.millrace.credit ask for.
// With `group` they are those that the group has for this member; with ack=explicit each has to be acknowledged by an
// event of type dev.millrace.ack.

#include <algorithm>
#include <array>
#include <boost/asio/experimental/awaitable_operators.hpp>

#include "event_limits.hpp"
#include "event_places.hpp"
#include "event_reading.hpp"
#include "event_storing.hpp"
#include "event_views.hpp"
#include "json.hpp"
#include "member_outlet.hpp"
#include "millrace/cloudevents/json.hpp"
#include "millrace/cloudevents/protobuf.hpp"
#include "query.hpp"
#include "routes.hpp"
#include "web_socket.hpp"
#include "web_socket_handshake.hpp"

namespace millrace::http::routes {

namespace {

using Close = WebSocket::Close;

/// What is spoken: in texts, or in binary messages (WS-3). The first that a client offers, in this order.
constexpr std::array<std::string_view, 2> subprotocols{"cloudevents.json", "cloudevents.proto"};
constexpr std::array<cloudevents::Format, 2> formats{cloudevents::Format::json, cloudevents::Format::protobuf};

constexpr std::string_view credit_type = "dev.millrace.credit";
constexpr std::string_view ack_type = "dev.millrace.ack";
constexpr const char* member_field = "Millrace-Member";
constexpr std::int64_t credit_max = 1'000'000;
constexpr std::size_t events_at_once = 100;

class EventConversation final : public Conversation {
 public:
  EventConversation(const Context& context, runtime::HostedTopicPtr topic, cloudevents::Format format,
                    std::string request_id, std::optional<RequestTrace> trace)
      : context_(context),
        topic_(std::move(topic)),
        format_(format),
        id_(std::move(request_id)),
        trace_(std::move(trace)) {}

  /// What is to be told; without it events are taken in alone.
  void tell(EventPlaces places, ReadWish wish, std::optional<std::int64_t> credit) {
    places_ = std::move(places);
    wish_ = std::move(wish);
    wish_.wait = Milliseconds(event_limits::quiet_ms_max);
    credit_ = credit;
  }
  /// What is to be told to a member of a group; it acknowledges by itself, or not.
  void tell(std::unique_ptr<MemberOutlet> outlet, bool is_acknowledged, std::optional<std::int64_t> credit) {
    outlet_ = std::move(outlet);
    is_acknowledged_ = is_acknowledged;
    credit_ = credit;
  }

  runtime::Task<> hold(WebSocket& socket) override {
    using namespace boost::asio::experimental::awaitable_operators;
    auto in = take_in_all(socket);
    auto out = outlet_ ? give_out_to_member(socket) : give_out(socket);
    co_await (std::move(in) && std::move(out));
  }

 private:
  runtime::Task<> take_in_all(WebSocket& socket) {
    co_await take_in(socket);
    if (outlet_) outlet_->leave();
  }

  runtime::Task<> take_in(WebSocket& socket) {
    while (true) {
      auto message = co_await socket.read();
      if (!message) co_return;
      if (message->is_binary != is_binary()) {
        co_await socket.close(Close::unknown_data,
                              is_binary() ? "cloudevents.proto is binary" : "cloudevents.json is text");
        co_return;
      }
      auto event = is_binary() ? cloudevents::parse_protobuf(message->text) : cloudevents::parse_json(message->text);
      if (!event && !is_in_format(message->text)) {
        co_await socket.close(Close::bad_payload,
                              is_binary() ? "the message is no protobuf" : "the message is no JSON");
        co_return;
      }
      if (event && event->text("type") == credit_type) {
        take_credit(*event);
        socket.changed();
        continue;
      }
      if (event && event->text("type") == ack_type) {
        const auto problem = acknowledge(*event);
        socket.changed();
        if (!problem) continue;
        auto why = message_of(refusal_of(*problem, next_id(), std::string(event->text("id"))));
        if (!co_await socket.write(std::move(why))) co_return;
        continue;
      }
      std::string answer;
      if (event) {
        answer = co_await publish(std::move(*event), std::move(message->text));
      } else {
        answer = refusal_of(event.error());
      }
      auto answering = message_of(std::move(answer));
      if (!co_await socket.write(std::move(answering))) co_return;
    }
  }

  [[nodiscard]] bool is_binary() const { return format_ == cloudevents::Format::protobuf; }
  [[nodiscard]] WebSocket::Message message_of(std::string bytes) const {
    return {.text = std::move(bytes), .is_binary = is_binary()};
  }
  /// Whether it can be taken apart, so that whoever sent it can be told what is wrong.
  [[nodiscard]] bool is_in_format(const std::string& message) const {
    return is_binary() ? cloudevents::is_protobuf_event(message) : cloudevents::is_json_text(message);
  }

  void take_credit(const cloudevents::Event& event) {
    const auto data = Json::parse(event.data.value_or(""), nullptr, false);
    const auto count = data.is_object() ? data.find("events") : data.end();
    if (!credit_ || !data.is_object() || count == data.end() || !count->is_number_unsigned()) return;
    const auto more = static_cast<std::int64_t>(std::min<std::uint64_t>(count->get<std::uint64_t>(), credit_max));
    credit_ = std::min(*credit_ + more, credit_max);
  }

  std::optional<Problem> acknowledge(const cloudevents::Event& event) {
    if (is_acknowledged_) return outlet_->acknowledge(event);
    return problems::invalid("type: \"" + std::string(ack_type) + "\" is taken with ack=explicit alone");
  }

  runtime::Task<std::string> publish(cloudevents::Event event, std::string text) {
    EventInput input{.mode = cloudevents::Mode::structured, .format = format_};
    const auto subject = std::string(event.text("id"));
    input.events.push_back(std::move(event));
    input.texts.emplace_back(text);
    const auto id = next_id();
    PublishWish wish;
    wish.spread = id;
    wish.trace = trace_;
    const auto outcome = co_await store_events(context_, topic_, input, std::move(wish));
    const auto& problem = outcome.problem ? outcome.problem : outcome.stored[0].problem;
    if (problem) co_return refusal_of(*problem, id, subject);
    const auto& stored = outcome.stored[0];
    Json place{{"topic", topic_->topic->name}, {"partition", stored.partition}};
    if (stored.offset) place["offset"] = stored.offset->value();
    if (stored.is_duplicate) place["duplicate"] = true;
    if (stored.quarantined) place["quarantined"] = json_of(*stored.quarantined);
    co_return said("dev.millrace.published", id, subject, place.dump());
  }

  std::string refusal_of(const cloudevents::Faults& faults) {
    return refusal_of(refusal_of_faults(faults), next_id(), "");
  }
  std::string refusal_of(const Problem& problem, const std::string& id, const std::string& subject) {
    return said("dev.millrace.refused", id, subject, answer_of(problem, id).body);
  }

  /// An event of ours.
  std::string said(std::string_view type, const std::string& id, const std::string& subject, std::string data) {
    cloudevents::Event event;
    event.attributes = {{.name = "specversion", .text = "1.0"},
                        {.name = "id", .text = id},
                        {.name = "source", .text = "/topics/" + topic_->topic->name},
                        {.name = "type", .text = std::string(type)}};
    if (!subject.empty()) event.attributes.push_back({.name = "subject", .text = subject});
    event.attributes.push_back({.name = "datacontenttype", .text = "application/json"});
    event.data = std::move(data);
    return is_binary() ? cloudevents::to_protobuf(event) : cloudevents::to_json(event);
  }
  std::string next_id() { return id_ + "-" + std::to_string(++answers_); }

  runtime::Task<> give_out(WebSocket& socket) {
    while (socket.is_open()) {
      if (!places_ || (credit_ && *credit_ == 0)) {
        co_await socket.until_changed();
        continue;
      }
      auto in_turn = places_->in_turn();
      wish_.events_max = std::min<std::size_t>(events_at_once, static_cast<std::size_t>(credit_.value_or(credit_max)));
      const auto reading = co_await read_events_at(context_, topic_->topic->name, in_turn, wish_);
      if (reading.problem) co_return co_await end(socket, *reading.problem);
      for (const auto& read : reading.events) {
        if (credit_) --*credit_;
        auto telling = message_of(is_binary() ? protobuf_of(read) : json_text_of(read));
        if (!co_await socket.write(std::move(telling))) co_return;
      }
      places_->take(in_turn, reading.events);
    }
    if (socket.is_stopping()) co_await socket.close(Close::going_away, "the broker stops");
  }

  runtime::Task<> give_out_to_member(WebSocket& socket) {
    const auto problem = co_await outlet_->give_out(socket, credit_);
    if (problem) co_return co_await end(socket, *problem);
    if (socket.is_stopping()) co_await socket.close(Close::going_away, "the broker stops");
  }

  runtime::Task<> end(WebSocket& socket, const Problem& problem) {
    auto why = message_of(refusal_of(problem, next_id(), ""));
    (void)co_await socket.write(std::move(why));
    co_await socket.close(Close::trouble, problem.title);
  }

  const Context& context_;
  runtime::HostedTopicPtr topic_;
  cloudevents::Format format_;
  std::string id_;
  std::optional<RequestTrace> trace_;  ///< of the request that became it
  std::uint64_t answers_ = 0;
  std::optional<EventPlaces> places_;
  ReadWish wish_;
  std::unique_ptr<MemberOutlet> outlet_;  ///< of a member of a group, instead of places
  bool is_acknowledged_ = false;
  std::optional<std::int64_t> credit_;  ///< events that may go out; nothing: any number
};

/// The parameters of a member.
struct MemberWish {
  std::optional<std::string> group;
  std::optional<std::string> member;
  bool acknowledges = false;
};

Result<MemberWish> read_member_wish(Query& query) {
  MemberWish wish{.group = query.text("group"), .member = query.text("member"), .acknowledges = false};
  const auto ack = query.word("ack", "auto explicit");
  if (!ack) return failure_of(ack);
  wish.acknowledges = ack->value_or(0) == 1;
  if (wish.group) return wish;
  if (*ack) return failure(Errc::invalid, "ack: it is a group that commits what was acknowledged, and none is named");
  if (wish.member) return failure(Errc::invalid, "member: of which group, is not said");
  return wish;
}

}  // namespace

runtime::Task<Response> web_socket_events(const Context& context, Request request) {
  const auto name = request.named.at("topic");
  const auto subprotocol = agree_on(request, subprotocols);
  if (!subprotocol) co_return answer_of(subprotocol.error(), request.id);
  const auto format = formats.at(*subprotocol);
  Query query(request);
  const auto cursor = query.text("cursor");
  const auto credit = query.word("credit", "unlimited explicit");
  if (!credit) co_return answer_of(problems::invalid(credit.error().message), request.id);
  const auto first_credit = credit->value_or(0) == 1 ? std::optional<std::int64_t>(0) : std::nullopt;
  auto member = read_member_wish(query);
  if (!member) co_return answer_of(problems::invalid(member.error().message), request.id);
  auto asked = judge_reading(context, request, query, EventForm::batch);
  if (!asked) co_return answer_of(asked.error(), request.id);
  auto& [wish, topic] = *asked;
  auto conversation = std::make_shared<EventConversation>(context, topic, format, request.id, request.trace);
  Response response{.status = 101, .content_type = "", .body = "", .fields = {}};
  if (member->group) {
    const auto id = member->member.value_or(context.broker.fresh_uuid().to_hyphenated());
    if (auto fits = check_member(*member->group, id, wish, cursor); !fits) {
      co_return answer_of(problems::invalid(fits.error().message), request.id);
    }
    const auto acks = member->acknowledges ? MemberPlaces::Acks::by_reader : MemberPlaces::Acks::automatic;
    auto about = about_member(context, request, *member->group, id, *topic, acks);
    auto begin = begin_at(context, *topic, wish.place);
    auto outlet = std::make_unique<MemberOutlet>(context, std::move(about), std::move(begin), std::move(wish), format);
    conversation->tell(std::move(outlet), member->acknowledges, first_credit);
    response.fields.emplace_back(member_field, id);
    response.patience = context.members.session_timeout(*member->group);
  } else if (cursor || wish.says_where) {
    auto places = EventPlaces::of(context, *topic, wish, cursor);
    if (!places) co_return answer_of(problems::invalid(places.error().message), request.id);
    conversation->tell(std::move(*places), std::move(wish), first_credit);
  }
  response.conversation = std::move(conversation);
  response.protocol = std::string(subprotocols.at(*subprotocol));
  co_return response;
}

}  // namespace millrace::http::routes
