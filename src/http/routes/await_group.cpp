// GET /v1/groups/{group}/await: waits until the group has committed past an offset. Whoever has published an event
// learns that what reads it has taken it in.

#include "awaited.hpp"
#include "event_limits.hpp"
#include "group_view.hpp"
#include "json.hpp"
#include "millrace/core/escaped.hpp"
#include "millrace/runtime/group_runtime.hpp"
#include "problem.hpp"
#include "query.hpp"
#include "routes.hpp"

namespace millrace::http::routes {

namespace {

Result<groups::AwaitRequest> read(const Request& request) {
  Query query(request);
  groups::AwaitRequest wanted;
  wanted.group_id = request.named.at("group");
  const auto topic = query.text("topic");
  const auto partition = query.number("partition", 0, INT32_MAX);
  if (!partition) return failure_of(partition);
  const auto offset = query.number("offset", 0, INT64_MAX);
  if (!offset) return failure_of(offset);
  const auto patience = query.number("timeout_ms", 0, event_limits::await_ms_max);
  if (!patience) return failure_of(patience);
  if (auto known = query.all_known(); !known) return failure_of(known);
  if (!topic || !*partition || !*offset) {
    return failure(Errc::invalid, "topic, partition and offset say what to wait for: those that a publisher is told");
  }
  wanted.topic = *topic;
  wanted.partition = static_cast<PartitionIndex>(**partition);
  wanted.offset = Offset(**offset);
  wanted.patience = Milliseconds(patience->value_or(event_limits::await_ms_default));
  return wanted;
}

}  // namespace

runtime::Task<Response> await_group(const Context& context, Request request) {
  auto wanted = read(request);
  if (!wanted) co_return answer_of(problems::invalid(wanted.error().message), request.id);
  const auto topic = wanted->topic;
  const auto partition = wanted->partition;
  const auto offset = wanted->offset;
  if (!context.broker.topology()->find(topic, partition)) {
    auto missing = problems::not_found("there is no partition " + escaped(topic) + "-" + std::to_string(partition));
    co_return answer_of(missing, request.id);
  }
  auto ask = [&context, &wanted](auto done) { context.groups.await(std::move(*wanted), std::move(done)); };
  const auto reply = co_await awaited<runtime::GroupAnswer<groups::AwaitReply>>(std::move(ask));
  if (!reply) co_return no_coordinator(request);
  if (reply->error != ErrorCode::none)
    co_return answer_of(problems::of_error(reply->error, reply->message), request.id);
  co_return json_answer(Json{{"group", request.named.at("group")},
                             {"topic", topic},
                             {"partition", partition},
                             {"offset", offset.value()},
                             {"committed", reply->committed == no_offset ? Json() : Json(reply->committed.value())},
                             {"is_past", reply->is_past}});
}

}  // namespace millrace::http::routes
