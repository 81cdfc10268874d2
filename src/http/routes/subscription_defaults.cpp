// What subscriptions do where their owners say nothing: GET and PUT /v1/subscription-defaults, of the cluster, and
// /v1/topics/{topic}/subscription-defaults.

#include "awaited.hpp"
#include "body.hpp"
#include "event_answers.hpp"
#include "json.hpp"
#include "problem.hpp"
#include "routes.hpp"
#include "subscription_view.hpp"

namespace millrace::http::routes {

namespace {

using subscriptions::Defaults;

Json json_of(const Defaults& defaults) { return Json::parse(subscriptions::to_json(defaults)); }

std::optional<Problem> not_bare(const Request& request) {
  if (request.query.empty() && is_bare(request)) return std::nullopt;
  return problems::invalid("defaults are told without parameters and without a body");
}

runtime::Task<Response> put_defaults(const Context& context, Request& request, std::string topic) {
  const auto dry_run = is_dry_run(request);
  if (!dry_run) co_return answer_of(problems::invalid(dry_run.error().message), request.id);
  auto ask = [&context, &request, &topic, is_dry = *dry_run](auto done) {
    context.dispatcher.set_defaults(std::move(topic), std::move(request.body), is_dry, std::move(done));
  };
  const auto set = co_await awaited<dispatch::Answered<Defaults>>(std::move(ask));
  if (!set) co_return answer_of(problem_of(set.error()), request.id);
  co_return json_answer(json_of(*set));
}

}  // namespace

runtime::Task<Response> list_defaults(const Context& context, Request request) {
  if (auto problem = not_bare(request)) co_return answer_of(*problem, request.id);
  const auto inheritance = context.dispatcher.inheritance();
  auto topics = Json::object();
  for (const auto& [topic, defaults] : inheritance->topics) topics[topic] = json_of(defaults);
  co_return json_answer(Json{{"cluster", json_of(inheritance->cluster)}, {"topics", std::move(topics)}});
}

runtime::Task<Response> put_cluster_defaults(const Context& context, Request request) {
  std::string cluster;
  co_return co_await put_defaults(context, request, std::move(cluster));
}

runtime::Task<Response> describe_topic_defaults(const Context& context, Request request) {
  if (auto problem = not_bare(request)) co_return answer_of(*problem, request.id);
  const auto& name = request.named.at("topic");
  const auto topic = context.broker.topology()->find(name);
  if (!topic || topic->topic->is_internal || topic->view) co_return answer_of(unknown_topic(name), request.id);
  const auto inheritance = context.dispatcher.inheritance();
  const auto found = inheritance->topics.find(name);
  co_return json_answer(found == inheritance->topics.end() ? Json::object() : json_of(found->second));
}

runtime::Task<Response> put_topic_defaults(const Context& context, Request request) {
  auto topic = request.named.at("topic");
  co_return co_await put_defaults(context, request, std::move(topic));
}

}  // namespace millrace::http::routes
