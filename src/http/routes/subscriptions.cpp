// Subscriptions: listed, told, made, replaced, removed and resumed, as CloudEvents' Subscriptions API has it
// (docs/subscriptions.md).

#include "awaited.hpp"
#include "body.hpp"
#include "readers.hpp"
#include "routes.hpp"
#include "subscription_view.hpp"

namespace millrace::http::routes {

namespace {

constexpr unsigned created = 201, no_content = 204;

using Changed = dispatch::Answered<dispatch::View>;

std::optional<Problem> not_bare(const Request& request, const char* what) {
  if (request.query.empty() && is_bare(request)) return std::nullopt;
  return problems::invalid("a subscription is " + std::string(what) + " without parameters and without a body");
}

}  // namespace

runtime::Task<Response> list_subscriptions(const Context& context, Request request) {
  if (!request.query.empty()) {
    co_return answer_of(problems::invalid("subscriptions are listed without parameters"), request.id);
  }
  // There may be many, and each is looked into.
  auto look = [&context](auto done) {
    context.readers.post([&context, done = std::move(done)]() mutable {
      auto all = Json::array();
      for (const auto& view : context.dispatcher.list()) all.push_back(json_of(view, context.dispatcher, false));
      done(std::move(all));
    });
  };
  const auto all = co_await awaited<Json>(std::move(look));
  co_return json_answer(all);
}

runtime::Task<Response> describe_subscription(const Context& context, Request request) {
  const auto& id = request.named.at("subscription");
  if (auto problem = not_bare(request, "told")) co_return answer_of(*problem, request.id);
  const auto view = context.dispatcher.find(id);
  if (!view) co_return answer_of(no_subscription(id), request.id);
  co_return json_answer(json_of(*view, context.dispatcher, true));
}

runtime::Task<Response> create_subscription(const Context& context, Request request) {
  const auto dry_run = is_dry_run(request);
  if (!dry_run) co_return answer_of(problems::invalid(dry_run.error().message), request.id);
  auto ask = [&context, &request, is_dry = *dry_run](auto done) {
    context.dispatcher.create(std::move(request.body), is_dry, std::move(done));
  };
  const auto got = co_await awaited<Changed>(std::move(ask));
  if (!got) co_return answer_of(problem_of(got.error()), request.id);
  auto response = json_answer(json_of(*got, context.dispatcher, true), *dry_run ? 200 : created);
  if (!*dry_run) response.fields.emplace_back("Location", "/v1/subscriptions/" + got->subscription->id);
  co_return response;
}

runtime::Task<Response> replace_subscription(const Context& context, Request request) {
  const auto dry_run = is_dry_run(request);
  if (!dry_run) co_return answer_of(problems::invalid(dry_run.error().message), request.id);
  auto ask = [&context, &request, is_dry = *dry_run](auto done) {
    context.dispatcher.replace(request.named.at("subscription"), std::move(request.body), is_dry, std::move(done));
  };
  const auto got = co_await awaited<Changed>(std::move(ask));
  if (!got) co_return answer_of(problem_of(got.error()), request.id);
  co_return json_answer(json_of(*got, context.dispatcher, true));
}

runtime::Task<Response> delete_subscription(const Context& context, Request request) {
  if (auto problem = not_bare(request, "removed")) co_return answer_of(*problem, request.id);
  auto ask = [&context, &request](auto done) {
    context.dispatcher.remove(request.named.at("subscription"), std::move(done));
  };
  const auto got = co_await awaited<Changed>(std::move(ask));
  if (!got) co_return answer_of(problem_of(got.error()), request.id);
  Response response;
  response.status = no_content;
  co_return response;
}

runtime::Task<Response> resume_subscription(const Context& context, Request request) {
  if (auto problem = not_bare(request, "resumed")) co_return answer_of(*problem, request.id);
  auto ask = [&context, &request](auto done) {
    context.dispatcher.resume(request.named.at("subscription"), std::move(done));
  };
  const auto got = co_await awaited<Changed>(std::move(ask));
  if (!got) co_return answer_of(problem_of(got.error()), request.id);
  co_return json_answer(json_of(*got, context.dispatcher, true));
}

}  // namespace millrace::http::routes
