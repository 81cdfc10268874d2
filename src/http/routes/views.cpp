// Views: topics that are part of another (docs/views.md).

#include "millrace/views/view.hpp"

#include "awaited.hpp"
#include "json.hpp"
#include "millrace/core/escaped.hpp"
#include "problem.hpp"
#include "routes.hpp"

namespace millrace::http::routes {

namespace {

/// As its owner has written it.
Json told(const broker::View& view) {
  Json body{{"name", view.name}, {"topic", view.topic}};
  const auto document = Json::parse(*view.document, nullptr, false);
  for (const auto* member : {"filter", "filters"}) {
    if (document.is_object() && document.contains(member)) body[member] = document[member];
  }
  return body;
}

Problem unknown_view(const std::string& name) {
  return problems::not_found("view \"" + escaped(name) + "\" does not exist");
}

Problem told(std::vector<views::Fault> faults) {
  const auto& first = faults.front();
  auto problem = problems::invalid((first.pointer.empty() ? "the view" : first.pointer) + ": " + first.detail);
  for (auto& fault : faults) {
    problem.errors.push_back(
        {.pointer = std::move(fault.pointer), .header = "", .rule = "", .detail = std::move(fault.detail)});
  }
  return problem;
}

Problem about_parameters() { return problems::invalid("views are asked about and changed without parameters"); }

runtime::Task<broker::ViewAnswer> change(const Context& context, broker::ChangeView wanted) {
  auto ask = [&context, &wanted](auto done) { context.broker.change_view(std::move(wanted), std::move(done)); };
  co_return co_await awaited<broker::ViewAnswer>(std::move(ask));
}

}  // namespace

runtime::Task<Response> list_views(const Context& context, Request request) {
  if (!request.query.empty()) co_return answer_of(about_parameters(), request.id);
  auto views = Json::array();
  const auto catalog = context.broker.catalog();
  for (const auto& [name, view] : catalog->views()) views.push_back(told(*view));
  co_return json_answer(Json{{"views", std::move(views)}});
}

runtime::Task<Response> describe_view(const Context& context, Request request) {
  if (!request.query.empty()) co_return answer_of(about_parameters(), request.id);
  const auto& name = request.named.at("view");
  const auto view = context.broker.catalog()->find_view(name);
  if (!view) co_return answer_of(unknown_view(name), request.id);
  co_return json_answer(told(*view));
}

runtime::Task<Response> store_view(const Context& context, Request request) {
  constexpr unsigned created = 201, replaced = 200;
  if (!request.query.empty()) co_return answer_of(about_parameters(), request.id);
  const auto& name = request.named.at("view");
  auto definition = views::read(request.body, name);
  if (!definition) co_return answer_of(told(std::move(definition.error())), request.id);
  const bool is_new = !context.broker.catalog()->find_view(name);
  broker::ChangeView wanted{
      .name = name, .topic = std::move(definition->topic), .filter = std::move(definition->filter)};
  const auto got = co_await change(context, std::move(wanted));
  if (got.error != ErrorCode::none) co_return answer_of(problems::of_error(got.error, got.message), request.id);
  const auto view = context.broker.catalog()->find_view(name);
  if (!view) co_return answer_of(unknown_view(name), request.id);  // somebody has deleted it meanwhile
  co_return json_answer(told(*view), is_new ? created : replaced);
}

runtime::Task<Response> delete_view(const Context& context, Request request) {
  constexpr unsigned no_content = 204;
  if (!request.query.empty() || !request.body.empty()) {
    co_return answer_of(problems::invalid("a view is deleted without parameters and without a body"), request.id);
  }
  broker::ChangeView wanted{.name = request.named.at("view"), .topic = {}, .filter = std::nullopt};
  const auto got = co_await change(context, std::move(wanted));
  if (got.error != ErrorCode::none) co_return answer_of(problems::of_error(got.error, got.message), request.id);
  Response response;
  response.status = no_content;
  co_return response;
}

}  // namespace millrace::http::routes
