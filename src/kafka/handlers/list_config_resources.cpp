#include <algorithm>

#include "config_resources.hpp"
#include "handlers.hpp"
#include "millrace/runtime/broker_runtime.hpp"

namespace millrace::kafka::handlers {

using protocol::ListConfigResourcesRequest;
using protocol::ListConfigResourcesResponse;

namespace {

bool is_known(std::int8_t type) {
  return type == topic_resource || type == broker_resource || type == logger_resource ||
         type == client_metrics_resource || type == group_resource;
}

}  // namespace

void handle(const Context& context, const Call& call, ListConfigResourcesRequest request,
            Answer<ListConfigResourcesResponse> answer) {
  ListConfigResourcesResponse response;
  const auto& types = request.resource_types;
  if (!std::ranges::all_of(types, is_known)) {
    response.error_code = ErrorCode::unsupported_version;
    return answer.send(response);
  }
  // Version 0 asks for client metrics, which have no configurations here.
  const auto wants = [&](std::int8_t type) {
    return call.version > 0 && (types.empty() || std::ranges::find(types, type) != types.end());
  };
  const auto list = [&](const std::string& name, std::int8_t type) {
    if (wants(type)) response.config_resources.push_back({.resource_name = name, .resource_type = type});
  };
  const auto topology = context.broker.topology();
  const auto list_topic = [&](const runtime::HostedTopic& hosted) { list(hosted.topic->name, topic_resource); };
  topology->for_each(list_topic);
  topology->for_each_view(list_topic);
  for (const auto& group : context.broker.catalog()->configured_groups()) list(group, group_resource);
  list(std::to_string(context.broker.broker_id()), logger_resource);
  list(std::to_string(context.broker.broker_id()), broker_resource);
  answer.send(response);
}

}  // namespace millrace::kafka::handlers
