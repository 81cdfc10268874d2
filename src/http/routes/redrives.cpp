// Redrive jobs: begun, watched, paused, ended and forgotten.

#include "awaited.hpp"
#include "body.hpp"
#include "letter_answers.hpp"
#include "letter_selection.hpp"
#include "millrace/core/escaped.hpp"
#include "millrace/core/rfc3339.hpp"
#include "millrace/redrive/jobs.hpp"
#include "routes.hpp"

namespace millrace::http::routes {

namespace {

constexpr unsigned job_begun = 201, job_forgotten = 204;

Json moment(Timestamp time) { return time == no_timestamp ? Json(nullptr) : Json(rfc3339(time)); }

Json job_json(const redrive::JobFacts& facts) {
  const auto& wish = facts.wish;
  Json selection = Json::object();
  if (!wish.where.empty()) selection["where"] = wish.where;
  for (const auto reason : wish.reasons) selection["reason"].push_back(delivery::name_of(reason));
  if (wish.since != no_timestamp) selection["since"] = rfc3339(wish.since);
  if (wish.until != no_timestamp) selection["until"] = rfc3339(wish.until);
  if (!wish.ids.empty()) selection["ids"] = wish.ids;
  if (wish.limit) selection["limit"] = *wish.limit;
  return Json{{"id", facts.id},
              {"topic", wish.topic},
              {"to", redrive::name_of(wish.to)},
              {"sink", wish.sink.empty() ? Json(nullptr) : Json(wish.sink)},
              {"state", redrive::name_of(facts.state)},
              {"why", facts.why},
              {"selected", facts.selected},
              {"redriven", facts.redriven},
              {"resolved", facts.resolved},
              {"failed", facts.failed},
              {"created_at", moment(facts.created_at)},
              {"finished_at", moment(facts.finished_at)},
              {"selection", std::move(selection)},
              {"rate", wish.rate ? Json(*wish.rate) : Json(nullptr)},
              {"order", wish.by_key ? Json("key") : Json(nullptr)},
              {"reset_attempts", wish.resets_attempts}};
}

Response job_refused(const Request& request, const Error& why) {
  if (why.code == Errc::exists) {
    return answer_of(Problem{409, "in-use", "It is in use", why.message}, request.id);
  }
  if (why.code == Errc::unsupported) {
    return answer_of(Problem{409, "has-ended", "The job has ended", why.message}, request.id);
  }
  return answer_of(problem_of_letters(why), request.id);
}

Result<redrive::JobTarget> read_target(Body& body) {
  const auto to = body.text("to");
  if (!to) return failure_of(to);
  if (!*to) return redrive::JobTarget::group;
  if (const auto target = redrive::parse_job_target(**to)) return *target;
  return failure(Errc::invalid, "to: \"" + escaped(**to) + "\" is neither \"group\" nor \"topic\" nor \"sink\"");
}

/// How it is done, beside what is meant.
Result<void> read_manner(Body& body, redrive::JobWish& wish) {
  const auto limit = body.integer("limit");
  if (!limit) return failure_of(limit);
  if (*limit && **limit < 1) return failure(Errc::invalid, "limit: " + std::to_string(**limit) + " is less than 1");
  if (*limit) wish.limit = static_cast<std::uint64_t>(**limit);
  const auto rate = body.integer("rate");
  if (!rate) return failure_of(rate);
  if (*rate && (**rate < 1 || **rate > redrive::job_rate_max)) {
    return failure(Errc::invalid,
                   "rate: " + std::to_string(**rate) + " is not from 1 to " + std::to_string(redrive::job_rate_max));
  }
  if (*rate) wish.rate = static_cast<std::uint32_t>(**rate);
  const auto order = body.text("order");
  if (!order) return failure_of(order);
  if (*order && **order != "key") return failure(Errc::invalid, "order: \"" + escaped(**order) + "\" is not \"key\"");
  wish.by_key = order->has_value();
  const auto resets = body.flag("reset_attempts");
  if (!resets) return failure_of(resets);
  wish.resets_attempts = resets->value_or(false);
  return {};
}

Result<redrive::JobWish> read_wish(const Request& request) {
  auto body = Body::of(request);
  if (!body) return failure_of(body);
  redrive::JobWish wish;
  const auto topic = body->text("topic");
  if (!topic) return failure_of(topic);
  if (!*topic) return failure(Errc::invalid, "topic: a redrive has a topic of dead letters");
  wish.topic = **topic;
  const auto to = read_target(*body);
  if (!to) return failure_of(to);
  wish.to = *to;
  const auto sink = body->text("sink");
  if (!sink) return failure_of(sink);
  wish.sink = sink->value_or("");
  const auto where = body->text("where");
  if (!where) return failure_of(where);
  wish.where = where->value_or("");
  auto meant = letters_meant(*body);
  if (!meant) return failure_of(meant);
  wish.reasons = std::move(meant->reasons);
  wish.since = meant->since;
  wish.until = meant->until;
  wish.ids = std::move(meant->ids);
  if (auto manner = read_manner(*body, wish); !manner) return failure_of(manner);
  if (auto known = body->all_known(); !known) return failure_of(known);
  return wish;
}

/// Nothing: it has neither parameters nor a body that says something.
std::optional<Response> refused_words(const Request& request) {
  bool is_empty = request.body.empty();
  if (!is_empty) {
    const auto body = Body::of(request);
    is_empty = body && body->all_known();
  }
  if (request.query.empty() && is_empty) return std::nullopt;
  return answer_of(problems::invalid("a redrive is changed without parameters and without a body"), request.id);
}

using Verb = void (redrive::Jobs::*)(const std::string&, redrive::Told<redrive::JobFacts>);

runtime::Task<Response> change_redrive(const Context& context, Request request, Verb verb) {
  if (auto refused = refused_words(request)) co_return std::move(*refused);
  const auto id = request.named.at("redrive");
  auto ask = [&context, &id, verb](auto done) { (context.jobs.*verb)(id, std::move(done)); };
  const auto changed = co_await awaited<Result<redrive::JobFacts>>(std::move(ask));
  if (!changed) co_return job_refused(request, changed.error());
  co_return json_answer(job_json(*changed));
}

}  // namespace

runtime::Task<Response> list_redrives(const Context& context, Request request) {
  if (!request.query.empty()) {
    co_return answer_of(problems::invalid("redrives are listed without parameters"), request.id);
  }
  auto list = Json::array();
  for (const auto& each : context.jobs.list()) list.push_back(job_json(each));
  co_return json_answer(Json{{"redrives", std::move(list)}});
}

runtime::Task<Response> describe_redrive(const Context& context, Request request) {
  const auto& id = request.named.at("redrive");
  const auto facts = context.jobs.find(id);
  if (!facts) co_return answer_of(problems::not_found("there is no redrive " + escaped(id)), request.id);
  co_return json_answer(job_json(*facts));
}

runtime::Task<Response> begin_redrive(const Context& context, Request request) {
  const auto dry_run = is_dry_run(request);
  if (!dry_run) co_return job_refused(request, dry_run.error());
  auto wish = read_wish(request);
  if (!wish) co_return job_refused(request, wish.error());
  if (*dry_run) {
    auto count = [&context, &wish](auto done) { context.jobs.count(std::move(*wish), std::move(done)); };
    const auto selected = co_await awaited<Result<std::uint64_t>>(std::move(count));
    if (!selected) co_return job_refused(request, selected.error());
    co_return json_answer(Json{{"selected", *selected}});
  }
  auto ask = [&context, &wish](auto done) { context.jobs.create(std::move(*wish), std::move(done)); };
  const auto begun = co_await awaited<Result<redrive::JobFacts>>(std::move(ask));
  if (!begun) co_return job_refused(request, begun.error());
  auto response = json_answer(job_json(*begun), job_begun);
  response.fields.emplace_back("Location", "/v1/redrives/" + begun->id);
  co_return response;
}

runtime::Task<Response> pause_redrive(const Context& context, Request request) {
  return change_redrive(context, std::move(request), &redrive::Jobs::pause);
}

runtime::Task<Response> resume_redrive(const Context& context, Request request) {
  return change_redrive(context, std::move(request), &redrive::Jobs::resume);
}

runtime::Task<Response> cancel_redrive(const Context& context, Request request) {
  return change_redrive(context, std::move(request), &redrive::Jobs::cancel);
}

runtime::Task<Response> forget_redrive(const Context& context, Request request) {
  if (auto refused = refused_words(request)) co_return std::move(*refused);
  const auto id = request.named.at("redrive");
  auto ask = [&context, &id](auto done) { context.jobs.remove(id, std::move(done)); };
  const auto gone = co_await awaited<Result<void>>(std::move(ask));
  if (!gone) co_return job_refused(request, gone.error());
  co_return Response{.status = job_forgotten, .content_type = "", .body = "", .fields = {}};
}

}  // namespace millrace::http::routes
