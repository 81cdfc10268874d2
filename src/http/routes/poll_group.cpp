// Members of a group that hold no connection:
//
//   GET /v1/groups/{group}/events                 joins, if it has not; gives events; takes acknowledgements
//   POST /v1/groups/{group}/offsets               takes acknowledgements, and commits them
//   DELETE /v1/groups/{group}/members/{member}    leaves
//
// What a poll gave is acknowledged by its cursor, and given again until it is.

#include <boost/asio/this_coro.hpp>
#include <charconv>
#include <limits>

#include "body.hpp"
#include "event_input.hpp"
#include "event_views.hpp"
#include "member_limits.hpp"
#include "member_visit.hpp"
#include "millrace/core/escaped.hpp"
#include "query.hpp"
#include "routes.hpp"

namespace millrace::http::routes {

namespace {

struct PollWish {
  std::string member;
  std::optional<MemberCursor> ack;
  ReadRequest reading;
};

tl::expected<PollWish, Problem> read_poll(const Context& context, Request& request, EventForm form) {
  const auto invalid = [](const Error& why) { return tl::unexpected(problems::invalid(why.message)); };
  Query query(request);
  PollWish wish;
  const auto topic = query.text("topic");
  const auto member = query.text("member");
  const auto ack = query.text("ack");
  if (!topic) return tl::unexpected(problems::invalid("topic: it says what the member reads, and is missing"));
  request.named["topic"] = *topic;
  auto asked = judge_reading(context, request, query, form);
  if (!asked) return tl::unexpected(asked.error());
  wish.reading = std::move(*asked);
  wish.member = member.value_or(context.broker.fresh_uuid().to_hyphenated());
  if (auto fits = check_member(request.named.at("group"), wish.member, wish.reading.wish, std::nullopt); !fits) {
    return invalid(fits.error());
  }
  if (!ack) return wish;
  auto cursor = MemberCursor::parse(*ack);
  if (!cursor) return invalid(cursor.error().within("ack"));
  wish.ack = std::move(*cursor);
  return wish;
}

/// What these events acknowledge: of each partition from where it stood to behind its last event.
MemberCursor cursor_of(const MemberReading& reading) {
  MemberCursor cursor;
  for (const auto& from : reading.from) {
    MemberCursor::Part part{.partition = from.partition, .from = from.next, .to = from.next};
    for (const auto& event : reading.events) {
      if (event.place.partition == from.partition) part.to = event.place.offset + 1;
    }
    if (part.to > part.from) cursor.parts.push_back(part);
  }
  return cursor;
}

Response answer_of_poll(EventForm form, const std::string& topic, const std::string& member, MemberReading reading) {
  Response response{.status = 204, .content_type = "", .body = "", .fields = {}};
  if (!reading.events.empty()) {
    const auto cursor = cursor_of(reading).to_string();
    std::vector<ReadEvent> events;
    for (auto& event : reading.events) events.push_back(std::move(event.read));
    response = view_of(form, topic, events, Json(cursor));
    if (takes_one(form)) {
      response.fields.emplace_back("Millrace-Partition", std::to_string(events.front().partition));
      response.fields.emplace_back("Millrace-Offset", std::to_string(events.front().offset.value()));
    }
    response.fields.emplace_back("Millrace-Cursor", cursor);
  }
  response.fields.emplace_back("Millrace-Member", member);
  return response;
}

/// A whole number of a text, from 0 on.
template <class Number>
std::optional<Number> number_of(std::string_view text) {
  Number number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const bool is_one = error == std::errc{} && end == text.data() + text.size() && number >= 0;
  return is_one ? std::optional(number) : std::nullopt;
}

struct CommitWish {
  std::string member;
  MemberCursor what;
};

Result<CommitWish> read_commit(const Request& request) {
  auto body = Body::of(request);
  if (!body) return failure_of(body);
  const auto member = body->text("member");
  if (!member) return failure_of(member);
  const auto cursor = body->text("cursor");
  if (!cursor) return failure_of(cursor);
  const auto offsets = body->texts("offsets");
  if (!offsets) return failure_of(offsets);
  if (auto known = body->all_known(); !known) return failure_of(known);
  if (!*member) return failure(Errc::invalid, "member: whose acknowledgement it is, is not said");
  if (cursor->has_value() == !offsets->empty()) {
    return failure(Errc::invalid, "one of cursor and offsets says what is acknowledged, and only one");
  }
  CommitWish wish{.member = **member, .what = {}};
  if (*cursor) {
    auto parsed = MemberCursor::parse(**cursor);
    if (!parsed) return tl::unexpected(parsed.error().within("cursor"));
    wish.what = std::move(*parsed);
  }
  for (const auto& [name, text] : *offsets) {
    const auto partition = number_of<PartitionIndex>(name);
    const auto offset = number_of<std::int64_t>(text.value_or(""));
    if (!partition || !offset) {
      return failure(Errc::invalid, "offsets: \"" + escaped(name) + "\": \"" + escaped(text.value_or("null")) +
                                        "\" is no partition with the offset behind what was taken in");
    }
    wish.what.parts.push_back({.partition = *partition, .from = Offset(0), .to = Offset(*offset)});
  }
  return wish;
}

Problem no_member(const std::string& group, const std::string& member) {
  return problems::not_found("group " + escaped(group) + " has no member " + escaped(member) + " that comes to poll");
}

}  // namespace

runtime::Task<Response> poll_group(const Context& context, Request request) {
  const auto group = request.named.at("group");
  const auto accept = field_of(request, "accept").value_or("");
  const auto form = form_of(accept);
  if (!form) co_return answer_of(not_acceptable(accept), request.id);
  auto wish = read_poll(context, request, *form);
  if (!wish) co_return answer_of(wish.error(), request.id);
  const auto& topic = *wish->reading.topic;
  const auto about = about_member(context, request, group, wish->member, topic, MemberPlaces::Acks::by_reader);
  const auto begin = begin_at(context, topic, wish->reading.wish.place);
  const auto wait = wish->reading.wish.wait + 2 * member_limits::settle_within;
  const auto member = context.members.poll(about, begin, wait);
  if (!member && context.draining) {
    co_return answer_of(group_unavailable("the broker is stopping", ErrorCode::none), request.id);
  }
  if (!member) {
    Problem full{503, "not-available", "There is no room for another member",
                 "there are " + std::to_string(member_limits::polled_max) + " that come to poll"};
    full.fields.emplace_back("Retry-After", "5");
    co_return answer_of(full, request.id);
  }
  const auto reads = member->with([](const GroupMember& each) { return each.about().topic; });
  if (reads != about.topic) {
    co_return answer_of(problems::invalid("topic: member " + escaped(wish->member) + " reads " + escaped(reads)),
                        request.id);
  }
  const runtime::Executor executor = co_await boost::asio::this_coro::executor;
  MemberVisit visit(context, member, executor);
  auto problem = co_await visit.settle();
  MemberVisit::Taken taken;
  if (!problem && wish->ack) problem = co_await visit.acknowledge(*wish->ack, taken);
  MemberReading reading;
  if (!problem) {
    reading = co_await visit.read(std::move(wish->reading.wish));
    problem = std::move(reading.problem);
  }
  context.members.seen(*member);
  if (problem) co_return answer_of(*problem, request.id);
  co_return answer_of_poll(*form, about.topic, wish->member, std::move(reading));
}

runtime::Task<Response> commit_offsets(const Context& context, Request request) {
  const auto group = request.named.at("group");
  auto wish = read_commit(request);
  if (!wish) co_return answer_of(problems::invalid(wish.error().message), request.id);
  const auto member = context.members.find(group, wish->member);
  if (!member) co_return answer_of(no_member(group, wish->member), request.id);
  context.members.seen(*member, member_limits::settle_within);
  const runtime::Executor executor = co_await boost::asio::this_coro::executor;
  MemberVisit visit(context, member, executor);
  MemberVisit::Taken taken;
  auto problem = co_await visit.settle();
  if (!problem) problem = co_await visit.acknowledge(wish->what, taken);
  context.members.seen(*member);
  if (problem) co_return answer_of(*problem, request.id);
  const auto topic = member->with([](const GroupMember& each) { return each.about().topic; });
  auto offsets = Json::array();
  for (const auto& [part, is_taken] : taken) {
    offsets.push_back(
        Json{{"topic", topic}, {"partition", part.partition}, {"offset", part.to.value()}, {"committed", is_taken}});
  }
  co_return json_answer(Json{{"group", group}, {"member", wish->member}, {"offsets", std::move(offsets)}});
}

runtime::Task<Response> leave_group(const Context& context, Request request) {
  const auto& group = request.named.at("group");
  const auto& name = request.named.at("member");
  if (!request.query.empty() || !request.body.empty()) {
    co_return answer_of(problems::invalid("a member leaves without parameters and without a body"), request.id);
  }
  const auto member = context.members.find(group, name);
  if (!member) co_return answer_of(no_member(group, name), request.id);
  member->leave();
  Response response{.status = 204, .content_type = "", .body = "", .fields = {}};
  co_return response;
}

}  // namespace millrace::http::routes
