// Rules, by which events that are published without a topic find theirs: GET /v1/rules, and GET, PUT and DELETE
// /v1/rules/{rule}.

#include "awaited.hpp"
#include "body.hpp"
#include "event_answers.hpp"
#include "event_rules.hpp"
#include "json.hpp"
#include "millrace/core/escaped.hpp"
#include "problem.hpp"
#include "routes.hpp"

namespace millrace::http::routes {

namespace {

Json told(const std::string& name, const std::string& document) {
  Json told{{"name", name}};
  const auto rule = Json::parse(document, nullptr, false);
  for (const auto& [member, value] : rule.items()) told[member] = value;
  return told;
}

Problem no_rule(const std::string& name) { return problems::not_found("rule " + escaped(name) + " does not exist"); }

runtime::Task<broker::AlterAnswer> change(const Context& context, broker::ChangeDocument document) {
  std::vector<broker::ChangeDocument> all;
  all.push_back(std::move(document));
  auto start = [&broker = context.broker, all = std::move(all)](auto done) mutable {
    broker.change_documents(std::move(all), std::move(done));
  };
  co_return co_await awaited<broker::AlterAnswer>(std::move(start));
}

}  // namespace

runtime::Task<Response> list_rules(const Context& context, Request) {
  auto rules = Json::array();
  const auto catalog = context.broker.catalog();
  for (const auto& rule : *context.rules.rules(*catalog)) {
    const auto& documents = catalog->documents(broker::DocumentKind::rule);
    rules.push_back(told(rule.name, *documents.find(rule.name)->second));
  }
  co_return json_answer(Json{{"rules", std::move(rules)}});
}

runtime::Task<Response> describe_rule(const Context& context, Request request) {
  const auto& name = request.named.at("rule");
  const auto catalog = context.broker.catalog();
  const auto& rules = catalog->documents(broker::DocumentKind::rule);
  const auto found = rules.find(name);
  if (found == rules.end()) co_return answer_of(no_rule(name), request.id);
  co_return json_answer(told(name, *found->second));
}

runtime::Task<Response> put_rule(const Context& context, Request request) {
  const auto name = request.named.at("rule");
  const auto dry_run = is_dry_run(request);
  if (!dry_run) co_return answer_of(problems::invalid(dry_run.error().message), request.id);
  const auto rule = read_rule(name, request.body);
  if (!rule) co_return answer_of(problems::invalid(rule.error().message), request.id);
  const auto topic = context.broker.topology()->find(rule->topic);
  if (!topic || topic->topic->is_internal) co_return answer_of(unknown_topic(rule->topic), request.id);
  const auto catalog = context.broker.catalog();
  const auto& rules = catalog->documents(broker::DocumentKind::rule);
  const bool is_new = !rules.contains(name);
  if (is_new && rules.size() >= rules_max) {
    co_return answer_of(problems::invalid("there are " + std::to_string(rules_max) + " rules, which is as many as may"),
                        request.id);
  }
  if (!*dry_run) {
    broker::ChangeDocument document{broker::DocumentKind::rule, name, request.body};
    const auto changed = co_await change(context, std::move(document));
    if (changed.error != ErrorCode::none)
      co_return answer_of(problems::of_error(changed.error, changed.message), request.id);
  }
  auto response = json_answer(told(name, request.body), is_new ? 201 : 200);
  if (is_new && !*dry_run) response.fields.emplace_back("Location", "/v1/rules/" + name);
  co_return response;
}

runtime::Task<Response> delete_rule(const Context& context, Request request) {
  const auto name = request.named.at("rule");
  if (!context.broker.catalog()->documents(broker::DocumentKind::rule).contains(name))
    co_return answer_of(no_rule(name), request.id);
  broker::ChangeDocument document{broker::DocumentKind::rule, name, std::nullopt};
  const auto changed = co_await change(context, std::move(document));
  if (changed.error == ErrorCode::resource_not_found) co_return answer_of(no_rule(name), request.id);
  if (changed.error != ErrorCode::none)
    co_return answer_of(problems::of_error(changed.error, changed.message), request.id);
  Response response{.status = 204, .content_type = "", .body = "", .fields = {}};
  co_return response;
}

}  // namespace millrace::http::routes
