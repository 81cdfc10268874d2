#include "json.hpp"
#include "routes.hpp"

namespace millrace::http::routes {

runtime::Task<Response> cluster(const Context& context, Request) {
  const auto directory = context.broker.data_directory();
  std::size_t topics = 0, partitions = 0;
  context.broker.topology()->for_each([&](const runtime::HostedTopic& hosted) {
    if (hosted.topic->is_internal) return;
    ++topics;
    partitions += hosted.partitions.size();
  });
  Json disk{{"path", directory.path}, {"total_bytes", nullptr}, {"free_bytes", nullptr}};
  if (directory.space) {
    disk["total_bytes"] = directory.space->total_bytes;
    disk["free_bytes"] = directory.space->free_bytes;
  }
  auto kafka = Json::array();
  for (const auto& address : context.kafka_addresses()) kafka.push_back(address.to_string());
  Json body{{"cluster_id", context.broker.cluster_id()},
            {"broker_id", context.broker.broker_id()},
            {"version", context.version},
            {"kafka", std::move(kafka)},
            {"topics", topics},
            {"partitions", partitions},
            {"data_directory", std::move(disk)}};
  co_return json_answer(body);
}

}  // namespace millrace::http::routes
