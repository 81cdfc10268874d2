#include <map>

#include "handlers.hpp"
#include "millrace/runtime/broker_runtime.hpp"

namespace millrace::kafka::handlers {

using protocol::CreatePartitionsRequest;
using protocol::CreatePartitionsResponse;

namespace {

broker::CreatePartitions command_of(CreatePartitionsRequest::Topic& topic, bool validate_only) {
  broker::CreatePartitions command;
  command.name = std::move(topic.name);
  command.count = topic.count;
  command.validate_only = validate_only;
  if (topic.assignments) {
    auto& assignments = command.assignments.emplace();
    for (auto& each : *topic.assignments) assignments.push_back(std::move(each.broker_ids));
  }
  return command;
}

}  // namespace

void handle(const Context& context, const Call&, CreatePartitionsRequest request,
            Answer<CreatePartitionsResponse> answer) {
  std::map<std::string, int> times;
  for (const auto& topic : request.topics) ++times[topic.name];
  CreatePartitionsResponse response;
  std::vector<broker::CreatePartitions> commands;
  std::vector<std::size_t> slots;
  for (auto& topic : request.topics) {
    auto& named = times[topic.name];
    if (named == 0) continue;  // a duplicate that was answered already
    auto& into = response.results.emplace_back();
    into.name = topic.name;
    if (named > 1) {
      named = 0;
      into.error_code = ErrorCode::invalid_request;
      into.error_message = "name: \"" + topic.name + "\" occurs twice in the request";
      continue;
    }
    slots.push_back(response.results.size() - 1);
    commands.push_back(command_of(topic, request.validate_only));
  }
  context.broker.create_partitions(std::move(commands),
                                   [response = std::move(response), slots = std::move(slots),
                                    answer = std::move(answer)](std::vector<broker::CreateAnswer> created) mutable {
                                     for (std::size_t i = 0; i < created.size(); ++i) {
                                       auto& into = response.results[slots[i]];
                                       into.error_code = created[i].error;
                                       if (!created[i].message.empty())
                                         into.error_message = std::move(created[i].message);
                                     }
                                     answer.send(response);
                                   });
}

}  // namespace millrace::kafka::handlers
