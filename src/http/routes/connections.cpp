// Who is connected, at every door.

#include <algorithm>

#include "awaited.hpp"
#include "json.hpp"
#include "millrace/core/rfc3339.hpp"
#include "routes.hpp"

namespace millrace::http::routes {

namespace {

Json text_or_null(const std::string& text) { return text.empty() ? Json(nullptr) : Json(text); }

Json told(const Connection& connection) {
  return Json{{"door", connection.door},
              {"peer", connection.peer},
              {"client_id", text_or_null(connection.client_id)},
              {"software", text_or_null(connection.software)},
              {"since", rfc3339(connection.since)},
              {"requests", connection.requests},
              {"received_bytes", connection.received_bytes},
              {"sent_bytes", connection.sent_bytes}};
}

}  // namespace

runtime::Task<Response> list_connections(const Context& context, Request) {
  auto ask = [&context](auto done) { context.connections(std::move(done)); };
  auto all = co_await awaited<std::vector<Connection>>(std::move(ask));
  std::ranges::sort(all, {}, [](const Connection& each) { return std::tie(each.since, each.door, each.peer); });
  auto rows = Json::array();
  for (const auto& each : all) rows.push_back(told(each));
  co_return json_answer(Json{{"connections", std::move(rows)}});
}

}  // namespace millrace::http::routes
