#include <algorithm>

#include "json.hpp"
#include "lookups.hpp"
#include "millrace/core/escaped.hpp"
#include "problem.hpp"
#include "routes.hpp"
#include "topic_json.hpp"

namespace millrace::http::routes {

namespace {

Json summary(const runtime::HostedTopic& hosted) {
  return Json{{"name", hosted.topic->name},
              {"id", hosted.topic->id.to_string()},
              {"partitions", hosted.partitions.size()},
              {"internal", hosted.topic->is_internal}};
}

Json partition_of(std::size_t index, runtime::HostedPartition& hosted) {
  Json body{{"partition", index}};
  hosted.with([&](const broker::Partition& partition) {
    body["leader_epoch"] = partition.leader_epoch();
    body["log_start_offset"] = partition.start().value();
    body["high_watermark"] = partition.high_watermark().value();
    body["log_end_offset"] = partition.end().value();
    body["bytes"] = partition.bytes();
    body["offline"] = partition.offline().has_value();
    if (const auto kept = partition.kept()) body["kept_from"] = kept->value();
  });
  return body;
}

Json rates_of(const Context& context, const std::string& topic) {
  const auto rates = context.lookups.rates_of(topic);
  if (!rates) return nullptr;
  return Json{{"received_bytes", rates->received_bytes},
              {"received_records", rates->received_records},
              {"sent_bytes", rates->sent_bytes},
              {"sent_records", rates->sent_records}};
}

}  // namespace

runtime::Task<Response> list_topics(const Context& context, Request) {
  std::vector<Json> topics;
  context.broker.topology()->for_each([&](const runtime::HostedTopic& hosted) { topics.push_back(summary(hosted)); });
  std::sort(topics.begin(), topics.end(),
            [](const Json& one, const Json& other) { return one["name"] < other["name"]; });
  co_return json_answer(Json{{"topics", topics}});
}

runtime::Task<Response> describe_topic(const Context& context, Request request) {
  const auto& name = request.named.at("topic");
  const auto hosted = context.broker.topology()->find(name);
  if (!hosted) co_return answer_of(problems::not_found("topic " + escaped(name) + " does not exist"), request.id);
  auto body = summary(*hosted);
  if (hosted->view) body["view_of"] = hosted->view->view->topic;
  body["rates"] = rates_of(context, name);
  body["configs"] = configs_of(context, *hosted->topic);
  auto partitions = Json::array();
  for (std::size_t index = 0; index < hosted->partitions.size(); ++index) {
    partitions.push_back(partition_of(index, *hosted->partitions[index]));
  }
  body["partitions"] = std::move(partitions);
  co_return json_answer(body);
}

}  // namespace millrace::http::routes
