// IncrementalAlterConfigs and AlterConfigs. They differ in what becomes of configurations that are not named.

#include <algorithm>
#include <map>
#include <set>

#include "handlers.hpp"
#include "millrace/core/escaped.hpp"
#include "millrace/runtime/broker_runtime.hpp"

namespace millrace::kafka::handlers {

using protocol::AlterConfigsRequest;
using protocol::AlterConfigsResponse;
using protocol::IncrementalAlterConfigsRequest;
using protocol::IncrementalAlterConfigsResponse;

namespace {

constexpr std::int8_t topic_resource = 2, broker_resource = 4;

struct Refusal {
  ErrorCode error = ErrorCode::invalid_request;
  std::string message;
};

std::int8_t operation_of(const IncrementalAlterConfigsRequest::Config& config) { return config.config_operation; }
std::int8_t operation_of(const AlterConfigsRequest::Config&) { return 0; }

/// What is wrong with the resource before anybody looks at its topic.
template <class Resource>
std::optional<Refusal> fault_of(const Context& context, const Resource& resource) {
  if (resource.resource_type == broker_resource) {
    if (!resource.resource_name.empty() && resource.resource_name != std::to_string(context.broker.broker_id())) {
      return Refusal{.message = "resource_name: \"" + escaped(resource.resource_name) +
                                "\" is not the id of this broker, " + std::to_string(context.broker.broker_id())};
    }
    return Refusal{.message = "resource_type: a broker's configuration is read from its file, and anew at SIGHUP"};
  }
  if (resource.resource_type != topic_resource) {
    return Refusal{.message = "resource_type: " + std::to_string(resource.resource_type) + " is not 2 (topic)"};
  }
  if (resource.resource_name.empty()) return Refusal{.message = "resource_name: a topic has a name"};
  std::set<std::string_view> seen;
  for (const auto& config : resource.configs) {
    const auto named = "configs: \"" + escaped(config.name) + "\"";
    if (!seen.insert(config.name).second) return Refusal{.message = named + " occurs twice"};
    const auto operation = operation_of(config);
    if (operation < 0 || operation > 3) {
      return Refusal{.message = named + " has config_operation " + std::to_string(operation) + ", must be 0 to 3"};
    }
    if (!config.value && operation != static_cast<std::int8_t>(broker::ConfigOperation::remove)) {
      return Refusal{.message = named + " has no value"};
    }
  }
  return std::nullopt;
}

template <class Resource>
broker::AlterTopic command_of(const Resource& resource, bool from_nothing, bool validate_only) {
  broker::AlterTopic command;
  command.name = resource.resource_name;
  command.from_nothing = from_nothing;
  command.validate_only = validate_only;
  for (const auto& config : resource.configs) {
    command.changes.push_back({config.name, static_cast<broker::ConfigOperation>(operation_of(config)), config.value});
  }
  return command;
}

template <class Request, class Response>
void alter(const Context& context, const Request& request, bool from_nothing, Answer<Response> answer) {
  std::map<std::pair<std::int8_t, std::string>, int> times;
  for (const auto& resource : request.resources) ++times[{resource.resource_type, resource.resource_name}];
  Response response;
  std::vector<broker::AlterTopic> commands;
  std::vector<std::size_t> slots;
  for (const auto& resource : request.resources) {
    const bool repeated = times[{resource.resource_type, resource.resource_name}] > 1;
    auto& into = response.responses.emplace_back();
    into.resource_type = resource.resource_type;
    into.resource_name = resource.resource_name;
    auto fault = repeated ? std::optional(Refusal{.message = "resources: this one occurs more than once"})
                          : fault_of(context, resource);
    if (fault) {
      into.error_code = fault->error;
      into.error_message = std::move(fault->message);
      continue;
    }
    slots.push_back(response.responses.size() - 1);
    commands.push_back(command_of(resource, from_nothing, request.validate_only));
  }
  context.broker.alter_topics(std::move(commands),
                              [response = std::move(response), slots = std::move(slots),
                               answer = std::move(answer)](std::vector<broker::CreateAnswer> altered) mutable {
                                for (std::size_t i = 0; i < altered.size(); ++i) {
                                  auto& into = response.responses[slots[i]];
                                  into.error_code = altered[i].error;
                                  if (!altered[i].message.empty()) into.error_message = std::move(altered[i].message);
                                }
                                answer.send(response);
                              });
}

}  // namespace

void handle(const Context& context, const Call&, IncrementalAlterConfigsRequest request,
            Answer<IncrementalAlterConfigsResponse> answer) {
  alter(context, request, false, std::move(answer));
}

void handle(const Context& context, const Call&, AlterConfigsRequest request, Answer<AlterConfigsResponse> answer) {
  alter(context, request, true, std::move(answer));
}

}  // namespace millrace::kafka::handlers
