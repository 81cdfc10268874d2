// POST /v1/groups/{group}/dead-letters puts a record aside for a group that commits offsets: its dead letter is
// written, once however often it is asked for, and on request the group goes on behind it.

#include "awaited.hpp"
#include "body.hpp"
#include "group_view.hpp"
#include "json.hpp"
#include "letter_answers.hpp"
#include "millrace/core/escaped.hpp"
#include "millrace/dispatch/dispatcher.hpp"
#include "millrace/redrive/letters.hpp"
#include "millrace/runtime/group_runtime.hpp"
#include "routes.hpp"

namespace millrace::http::routes {

namespace {

constexpr unsigned letter_written = 201;
/// Letters of this name are of records that were put aside when they were produced.
constexpr std::string_view quarantine_group = "quarantine";

struct Rejection {
  redrive::Letters::Reject record;
  bool skip = false;
};

template <class T>
Result<T> required(const Result<std::optional<T>>& value, const char* what) {
  if (!value) return failure_of(value);
  if (!*value) return failure(Errc::invalid, what);
  return **value;
}

Result<Rejection> read_rejection(const Request& request) {
  if (!request.query.empty()) return failure(Errc::invalid, "a record is rejected without parameters");
  auto body = Body::of(request);
  if (!body) return failure_of(body);
  Rejection rejection;
  auto& record = rejection.record;
  record.group = request.named.at("group");
  auto topic = required(body->text("topic"), "topic: it says which record, with partition and offset");
  if (!topic) return failure_of(topic);
  record.topic = std::move(*topic);
  const auto partition = required(body->number("partition"), "partition: it says which record, with topic and offset");
  if (!partition) return failure_of(partition);
  record.partition = *partition;
  const auto offset = required(body->integer("offset"), "offset: it says which record, with topic and partition");
  if (!offset) return failure_of(offset);
  record.offset = Offset(*offset);
  const auto code = body->number("code");
  if (!code) return failure_of(code);
  record.code = code->value_or(0);
  auto message = body->text("message");
  if (!message) return failure_of(message);
  record.message = std::move(*message).value_or("");
  const auto skip = body->flag("skip");
  if (!skip) return failure_of(skip);
  rejection.skip = skip->value_or(false);
  if (auto known = body->all_known(); !known) return failure_of(known);
  return rejection;
}

/// What is delivered to event by event has letters of its own making.
std::optional<Problem> why_not_of(const Context& context, const std::string& group) {
  if (group == quarantine_group) {
    return problems::invalid(
        "group: \"quarantine\" is whose letters those records have that were put aside when they "
        "were produced; no group of that name has any");
  }
  constexpr std::string_view of_subscription = "ce-sub-";
  const auto id = group.starts_with(of_subscription) ? group.substr(of_subscription.size()) : group;
  if (!context.dispatcher.find(id)) return std::nullopt;
  return problems::invalid("group: " + escaped(group) + " is of subscription " + escaped(id) +
                           ", which rejects what it has in hand");
}

Problem problem_of_rejection(const Error& why) {
  if (why.code == Errc::exists) return {409, "already-exists", "There is one already", why.message};
  return problem_of_letters(why);
}

/// Nothing when the group goes on behind the record; else why it does not.
runtime::Task<std::optional<std::string>> skip(const Context& context, redrive::Letters::Reject record) {
  groups::ResetRequest command{.group_id = record.group, .topics = {}, .only_without_members = true};
  command.topics.push_back({.name = record.topic, .partitions = {}});
  command.topics.back().partitions.push_back(
      {.partition = record.partition, .offset = record.offset + 1, .only_from = record.offset});
  auto ask = [&context, command = std::move(command)](auto done) mutable {
    context.groups.reset(std::move(command), std::move(done));
  };
  const auto reply = co_await awaited<runtime::GroupAnswer<groups::ResetReply>>(std::move(ask));
  if (!reply) co_return "its coordinator is not there now: try again";
  if (reply->error != ErrorCode::none) co_return reply->message;
  co_return std::nullopt;
}

}  // namespace

runtime::Task<Response> reject_record(const Context& context, Request request) {
  auto asked = read_rejection(request);
  if (!asked) co_return answer_of(problems::invalid(asked.error().message), request.id);
  const auto group = asked->record.group;
  if (auto why = why_not_of(context, group)) co_return answer_of(*why, request.id);
  const auto view = co_await view_group(context, group);
  if (!view) co_return no_coordinator(request);
  if (!view->is_known) {
    co_return answer_of(problems::not_found("group " + escaped(group) + " does not exist"), request.id);
  }
  using Rejected = redrive::Letters::Rejected;
  auto write = [&context, &asked](auto done) { context.letters.write(asked->record, std::move(done)); };
  const auto written = co_await awaited<Result<Rejected>>(std::move(write));
  if (!written) co_return answer_of(problem_of_rejection(written.error()), request.id);
  Json body{{"id", written->id},
            {"topic", written->place.topic},
            {"partition", written->place.partition},
            {"offset", written->place.offset.value()},
            {"was_there", written->was_there}};
  if (asked->skip) {
    const auto why = co_await skip(context, asked->record);
    body["skipped"] = !why;
    if (why) body["why"] = "group " + escaped(group) + " was not moved on: " + *why;
  }
  auto response = json_answer(body, written->was_there ? 200 : letter_written);
  if (!written->was_there) {
    response.fields.emplace_back("Location", "/v1/dead-letters/" + written->place.topic + "/letters/" + written->id);
  }
  co_return response;
}

}  // namespace millrace::http::routes
