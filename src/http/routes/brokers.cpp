// Every broker of the cluster, which is one.

#include "awaited.hpp"
#include "json.hpp"
#include "millrace/core/rfc3339.hpp"
#include "routes.hpp"

namespace millrace::http::routes {

runtime::Task<Response> list_brokers(const Context& context, Request) {
  auto ask = [&context](auto done) { context.connections(std::move(done)); };
  const auto connections = co_await awaited<std::vector<Connection>>(std::move(ask));
  auto addresses = Json::array();
  for (const auto& address : context.kafka_addresses()) addresses.push_back(address.to_string());
  std::size_t topics = 0, partitions = 0;
  context.broker.topology()->for_each([&](const runtime::HostedTopic& hosted) {
    ++topics;
    partitions += hosted.partitions.size();
  });
  Json broker{{"broker_id", context.broker.broker_id()},
              {"kafka", std::move(addresses)},
              {"version", context.version},
              {"since", rfc3339(context.since)},
              {"topics", topics},
              {"partitions", partitions},
              {"connections", connections.size()}};
  co_return json_answer(Json{{"brokers", Json::array({std::move(broker)})}});
}

}  // namespace millrace::http::routes
