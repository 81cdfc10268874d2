#include <map>

#include "handlers.hpp"
#include "millrace/runtime/broker_runtime.hpp"

namespace millrace::kafka::handlers {

using protocol::CreateTopicsRequest;
using protocol::CreateTopicsResponse;

namespace {

broker::CreateTopic command_of(const CreateTopicsRequest::Topic& topic, bool validate_only) {
  broker::CreateTopic command{.name = topic.name,
                              .partitions = topic.num_partitions,
                              .replication_factor = topic.replication_factor,
                              .assignments = {},
                              .configs = {},
                              .validate_only = validate_only};
  for (const auto& each : topic.assignments) command.assignments.push_back({each.partition_index, each.broker_ids});
  for (const auto& each : topic.configs) command.configs.emplace_back(each.name, each.value);
  return command;
}

void fill(CreateTopicsResponse::Topic& into, const broker::CreateAnswer& from, const broker::BrokerDefaults& defaults) {
  into.error_code = from.error;
  if (!from.message.empty()) into.error_message = from.message;
  if (!from.topic) return;
  into.topic_id = from.events.empty() ? Uuid() : from.topic->id;
  into.num_partitions = from.topic->partitions;
  into.replication_factor = 1;
  auto& configs = into.configs.emplace();
  for (auto& fact : broker::describe(defaults, from.topic->configs)) {
    configs.push_back({.name = std::move(fact.name),
                       .value = std::move(fact.value),
                       .read_only = fact.read_only,
                       .config_source = static_cast<std::int8_t>(fact.source),
                       .is_sensitive = fact.is_sensitive});
  }
}

}  // namespace

void handle(const Context& context, const Call&, CreateTopicsRequest request, Answer<CreateTopicsResponse> answer) {
  std::map<std::string, int> times;
  for (const auto& topic : request.topics) ++times[topic.name];
  CreateTopicsResponse response;
  std::vector<broker::CreateTopic> commands;
  std::vector<std::size_t> slots;  // of the commands in the response
  for (const auto& topic : request.topics) {
    if (times[topic.name] == 0) continue;  // a duplicate that was answered already
    auto& into = response.topics.emplace_back();
    into.name = topic.name;
    if (times[topic.name] > 1) {
      into.error_code = ErrorCode::invalid_request;
      into.error_message = "name: \"" + topic.name + "\" occurs twice in the request";
      times[topic.name] = 0;
      continue;
    }
    slots.push_back(response.topics.size() - 1);
    commands.push_back(command_of(topic, request.validate_only));
  }
  context.broker.create_topics(std::move(commands),
                               [&broker = context.broker, response = std::move(response), slots = std::move(slots),
                                answer = std::move(answer)](std::vector<broker::CreateAnswer> created) mutable {
                                 for (std::size_t i = 0; i < created.size(); ++i) {
                                   fill(response.topics[slots[i]], created[i], broker.topic_defaults());
                                 }
                                 answer.send(response);
                               });
}

}  // namespace millrace::kafka::handlers
