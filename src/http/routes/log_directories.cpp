// Where the logs are, how much room is left there, and what takes it.

#include <algorithm>

#include "json.hpp"
#include "routes.hpp"

namespace millrace::http::routes {

namespace {

struct Use {
  std::uint64_t bytes = 0;
  std::size_t partitions = 0;
  std::size_t offline = 0;
};

Use use_of(const runtime::HostedTopic& topic) {
  Use use{.partitions = topic.partitions.size()};
  for (const auto& partition : topic.partitions) {
    partition->with([&](const broker::Partition& open) {
      use.bytes += open.bytes();
      if (open.offline()) ++use.offline;
    });
  }
  return use;
}

}  // namespace

runtime::Task<Response> list_log_directories(const Context& context, Request) {
  const auto directory = context.broker.data_directory();
  std::vector<Json> topics;
  Use all;
  context.broker.topology()->for_each([&](const runtime::HostedTopic& topic) {
    const auto use = use_of(topic);
    all.bytes += use.bytes;
    all.partitions += use.partitions;
    all.offline += use.offline;
    topics.push_back(Json{{"name", topic.topic->name},
                          {"bytes", use.bytes},
                          {"partitions", use.partitions},
                          {"offline_partitions", use.offline}});
  });
  std::sort(topics.begin(), topics.end(), [](const Json& one, const Json& other) {
    return std::pair(other["bytes"], one["name"]) < std::pair(one["bytes"], other["name"]);
  });
  Json row{{"path", directory.path}, {"total_bytes", nullptr}, {"free_bytes", nullptr}};
  if (directory.space) {
    row["total_bytes"] = directory.space->total_bytes;
    row["free_bytes"] = directory.space->free_bytes;
  }
  row["log_bytes"] = all.bytes;
  row["partitions"] = all.partitions;
  row["offline_partitions"] = all.offline;
  row["topics"] = std::move(topics);
  co_return json_answer(Json{{"log_directories", Json::array({std::move(row)})}});
}

}  // namespace millrace::http::routes
