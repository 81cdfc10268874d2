// Consumer groups of both protocols: who is in them, what each reads, and how far behind it is.

#include <algorithm>

#include "awaited.hpp"
#include "group_view.hpp"
#include "json.hpp"
#include "lookups.hpp"
#include "millrace/core/escaped.hpp"
#include "millrace/core/rfc3339.hpp"
#include "millrace/runtime/group_runtime.hpp"
#include "problem.hpp"
#include "routes.hpp"

namespace millrace::http::routes {

namespace {

using runtime::GroupAnswer;

constexpr unsigned no_content = 204;

void sort_by(std::vector<Json>& rows, const char* field) {
  std::sort(rows.begin(), rows.end(),
            [field](const Json& one, const Json& other) { return one[field] < other[field]; });
}

/// Says of each partition since when the group is behind; gives the earliest.
runtime::Task<Json> tell_since(const Context& context, GroupProgress& progress) {
  constexpr std::size_t lookups_max = 1'000;  // each reads an index and a batch's header
  auto places = std::move(progress.behind_from);
  places.resize(std::min(places.size(), lookups_max));
  if (places.empty()) co_return Json(nullptr);
  auto ask = [&context, &places](auto done) { context.lookups.times_of(std::move(places), std::move(done)); };
  const auto times = co_await awaited<Lookups::Times>(std::move(ask));
  std::optional<Timestamp> earliest;
  for (std::size_t i = 0; i < times.size(); ++i) {
    if (!times[i]) continue;
    progress.offsets[progress.behind[i]]["behind_since"] = rfc3339(*times[i]);
    earliest = std::min(earliest.value_or(*times[i]), *times[i]);
  }
  co_return earliest ? Json(rfc3339(*earliest)) : Json(nullptr);
}

}  // namespace

runtime::Task<Response> list_groups(const Context& context, Request request) {
  auto ask = [&context](auto done) { context.groups.list({}, std::move(done)); };
  auto listed = co_await awaited<GroupAnswer<groups::ListReply>>(std::move(ask));
  if (!listed) co_return no_coordinator(request);
  std::vector<Json> rows;
  for (const auto& group : listed->groups) {
    rows.push_back(Json{{"group", group.group_id},
                        {"state", groups::name_of(group.state)},
                        {"type", groups::name_of(group.type)},
                        {"protocol_type", group.protocol_type}});
  }
  sort_by(rows, "group");
  co_return json_answer(Json{{"groups", rows}});
}

runtime::Task<Response> describe_group(const Context& context, Request request) {
  const auto name = request.named.at("group");
  auto view = co_await view_group(context, name);
  if (!view) co_return no_coordinator(request);
  if (!view->is_known) {
    co_return answer_of(problems::not_found("group " + escaped(name) + " does not exist"), request.id);
  }
  auto progress = progress_of(*context.broker.topology(), view->offsets, view->assigned);
  const auto since = co_await tell_since(context, progress);
  sort_by(view->members, "id");
  Json body{{"group", name}, {"state", view->state}, {"type", view->type}};
  body["lag"] = progress.lag;
  body["behind_since"] = since;
  body["partitions_without_offset"] = progress.without_offset;
  body["members"] = view->members;
  body["offsets"] = std::move(progress.offsets);
  co_return json_answer(body);
}

runtime::Task<Response> delete_group(const Context& context, Request request) {
  const auto& name = request.named.at("group");
  if (!request.query.empty() || !request.body.empty()) {
    co_return answer_of(problems::invalid("a group is deleted without parameters and without a body"), request.id);
  }
  auto ask = [&context, &name](auto done) { context.groups.delete_group({.group_id = name}, std::move(done)); };
  auto reply = co_await awaited<GroupAnswer<groups::DeleteGroupReply>>(std::move(ask));
  if (!reply) co_return no_coordinator(request);
  if (reply->error == ErrorCode::non_empty_group) {
    co_return answer_of(problems::of_error(reply->error, "group " + escaped(name) + " has members: stop them first"),
                        request.id);
  }
  if (reply->error != ErrorCode::none) {
    co_return answer_of(problems::of_error(reply->error, "group " + escaped(name) + " does not exist"), request.id);
  }
  Response response;
  response.status = no_content;
  co_return response;
}

}  // namespace millrace::http::routes
