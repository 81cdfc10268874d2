// IncrementalAlterConfigs and AlterConfigs. They differ in what becomes of configurations that are not named.

#include <algorithm>
#include <map>
#include <memory>
#include <set>

#include "config_resources.hpp"
#include "handlers.hpp"
#include "millrace/core/escaped.hpp"
#include "millrace/runtime/broker_runtime.hpp"

namespace millrace::kafka::handlers {

using protocol::AlterConfigsRequest;
using protocol::AlterConfigsResponse;
using protocol::IncrementalAlterConfigsRequest;
using protocol::IncrementalAlterConfigsResponse;

namespace {

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
  } else if (resource.resource_type == topic_resource) {
    if (resource.resource_name.empty()) return Refusal{.message = "resource_name: a topic has a name"};
  } else if (resource.resource_type != group_resource) {
    return Refusal{.message = "resource_type: " + std::to_string(resource.resource_type) +
                              " is not 2 (topic), 4 (broker) or 32 (group)"};
  }
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

template <class Command, class Resource>
Command command_of(const Resource& resource, bool from_nothing, bool validate_only) {
  Command command;
  command.from_nothing = from_nothing;
  command.validate_only = validate_only;
  for (const auto& config : resource.configs) {
    command.changes.push_back({config.name, static_cast<broker::ConfigOperation>(operation_of(config)), config.value});
  }
  return command;
}

/// What is to be done, and where in the response each answer goes.
template <class Command>
struct Commands {
  std::vector<Command> all;
  std::vector<std::size_t> slots;

  template <class Resource>
  Command& add(const Resource& resource, std::size_t slot, bool from_nothing, bool validate_only) {
    slots.push_back(slot);
    return all.emplace_back(command_of<Command>(resource, from_nothing, validate_only));
  }
};

/// The answer while it is made: by one after the other, on the administrator's thread.
template <class Response>
struct Draft {
  Response response;
  Answer<Response> answer;
};

/// Puts answers into their places.
template <class Response>
auto filler(std::shared_ptr<Draft<Response>> draft, std::vector<std::size_t> slots, bool last) {
  return [draft = std::move(draft), slots = std::move(slots), last](const auto& altered) {
    for (std::size_t i = 0; i < altered.size(); ++i) {
      auto& into = draft->response.responses[slots[i]];
      into.error_code = altered[i].error;
      if (!altered[i].message.empty()) into.error_message = altered[i].message;
    }
    if (last) draft->answer.send(draft->response);
  };
}

template <class Request, class Response>
void alter(const Context& context, const Request& request, bool from_nothing, Answer<Response> answer) {
  std::map<std::pair<std::int8_t, std::string>, int> times;
  for (const auto& resource : request.resources) ++times[{resource.resource_type, resource.resource_name}];
  const auto draft = std::make_shared<Draft<Response>>(Draft<Response>{{}, std::move(answer)});
  Commands<broker::AlterTopic> topics;
  Commands<broker::AlterBroker> brokers;
  Commands<broker::AlterGroup> groups;
  for (const auto& resource : request.resources) {
    const bool repeated = times[{resource.resource_type, resource.resource_name}] > 1;
    const auto slot = draft->response.responses.size();
    auto& into = draft->response.responses.emplace_back();
    into.resource_type = resource.resource_type;
    into.resource_name = resource.resource_name;
    auto fault = repeated ? std::optional(Refusal{.message = "resources: this one occurs more than once"})
                          : fault_of(context, resource);
    if (fault) {
      into.error_code = fault->error;
      into.error_message = std::move(fault->message);
      continue;
    }
    if (resource.resource_type == topic_resource) {
      topics.add(resource, slot, from_nothing, request.validate_only).name = resource.resource_name;
    } else if (resource.resource_type == group_resource) {
      groups.add(resource, slot, from_nothing, request.validate_only).group_id = resource.resource_name;
    } else {
      auto& command = brokers.add(resource, slot, from_nothing, request.validate_only);
      if (!resource.resource_name.empty()) command.broker_id = context.broker.broker_id();
    }
  }
  // They come back in this order.
  context.broker.alter_topics(std::move(topics.all), filler(draft, std::move(topics.slots), false));
  context.broker.alter_brokers(std::move(brokers.all), filler(draft, std::move(brokers.slots), false));
  context.broker.alter_groups(std::move(groups.all), filler(draft, std::move(groups.slots), true));
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
