#include <algorithm>

#include "config_resources.hpp"
#include "handlers.hpp"
#include "millrace/runtime/broker_runtime.hpp"

namespace millrace::kafka::handlers {

using protocol::DescribeConfigsRequest;
using protocol::DescribeConfigsResponse;

namespace {

void refuse(DescribeConfigsResponse::Result& into, ErrorCode error, std::string message) {
  into.error_code = error;
  into.error_message = std::move(message);
}

/// No keys and an empty list both mean all, as in Kafka.
bool is_wanted(const DescribeConfigsRequest::Resource& asked, std::string_view name) {
  const auto& keys = asked.configuration_keys;
  return !keys || keys->empty() || std::find(keys->begin(), keys->end(), name) != keys->end();
}

void add(DescribeConfigsResponse::Result& into, const DescribeConfigsRequest& request, broker::ConfigFact fact) {
  auto& config = into.configs.emplace_back();
  config.name = std::move(fact.name);
  config.value = std::move(fact.value);
  config.read_only = fact.read_only;
  config.config_source = static_cast<std::int8_t>(fact.source);
  config.is_sensitive = fact.is_sensitive;
  config.config_type = static_cast<std::int8_t>(fact.type);
  if (request.include_synonyms) {
    for (auto& synonym : fact.synonyms) {
      config.synonyms.push_back({.name = std::move(synonym.name),
                                 .value = std::move(synonym.value),
                                 .source = static_cast<std::int8_t>(synonym.source)});
    }
  }
  if (request.include_documentation) config.documentation = std::string(fact.documentation);
}

void describe_topic(const Context& context, const DescribeConfigsRequest& request,
                    const DescribeConfigsRequest::Resource& asked, DescribeConfigsResponse::Result& into) {
  if (const auto fault = broker::topic_name_fault(asked.resource_name)) {
    return refuse(into, ErrorCode::invalid_topic_exception, *fault);
  }
  const auto hosted = context.broker.topology()->find(asked.resource_name);
  if (!hosted)
    return refuse(into, ErrorCode::unknown_topic_or_partition, "topic " + asked.resource_name + " is unknown");
  for (auto& fact : broker::describe(context.broker.topic_defaults(), hosted->topic->configs)) {
    fact.read_only = fact.read_only || hosted->view;  // a view has those of its topic
    if (is_wanted(asked, fact.name)) add(into, request, std::move(fact));
  }
}

/// A broker's configurations are the defaults of its topics, under the names that a broker has for them, and whatever
/// else its operator may set.
void describe_broker(const Context& context, const DescribeConfigsRequest& request,
                     const DescribeConfigsRequest::Resource& asked, DescribeConfigsResponse::Result& into) {
  if (asked.resource_name.empty()) {
    // What is set for all brokers together, and nothing else.
    broker::BrokerDefaults together;
    together.dynamic_cluster = context.broker.topic_defaults().dynamic_cluster;
    for (auto& fact : broker::describe(together, {})) {
      if (fact.source != broker::ConfigSource::dynamic_default_broker) continue;
      fact.name = broker::find_config_key(fact.name)->broker_name;
      fact.synonyms.resize(1);  // the default is not set by anybody
      if (is_wanted(asked, fact.name)) add(into, request, std::move(fact));
    }
    return;
  }
  if (asked.resource_name != std::to_string(context.broker.broker_id())) {
    return refuse(into, ErrorCode::invalid_request,
                  "resource_name: \"" + asked.resource_name + "\" is not the id of this broker, " +
                      std::to_string(context.broker.broker_id()));
  }
  for (auto& fact : broker::describe(context.broker.topic_defaults(), {})) {
    const auto* key = broker::find_config_key(fact.name);
    fact.name = key->broker_name;
    if (is_wanted(asked, fact.name)) add(into, request, std::move(fact));
  }
  for (const auto& fact : *context.broker.settings()) {
    if (is_wanted(asked, fact.name)) add(into, request, fact);
  }
}

/// A group need not exist to have configurations.
void describe_group(const Context& context, const DescribeConfigsRequest& request,
                    const DescribeConfigsRequest::Resource& asked, DescribeConfigsResponse::Result& into) {
  if (asked.resource_name.empty()) return refuse(into, ErrorCode::invalid_request, "resource_name: a group has a name");
  const auto configs = context.broker.catalog()->group_configs(asked.resource_name);
  for (auto& fact : broker::describe(context.broker.group_config_rules(), configs, *context.broker.settings())) {
    if (is_wanted(asked, fact.name)) add(into, request, std::move(fact));
  }
}

}  // namespace

void handle(const Context& context, const Call&, DescribeConfigsRequest request,
            Answer<DescribeConfigsResponse> answer) {
  DescribeConfigsResponse response;
  for (const auto& asked : request.resources) {
    auto& into = response.results.emplace_back();
    into.resource_type = asked.resource_type;
    into.resource_name = asked.resource_name;
    if (asked.resource_type == topic_resource) {
      describe_topic(context, request, asked, into);
    } else if (asked.resource_type == broker_resource) {
      describe_broker(context, request, asked, into);
    } else if (asked.resource_type == group_resource) {
      describe_group(context, request, asked, into);
    } else {
      refuse(into, ErrorCode::invalid_request,
             "resource_type: " + std::to_string(asked.resource_type) + " is not 2 (topic), 4 (broker) or 32 (group)");
    }
  }
  answer.send(response);
}

}  // namespace millrace::kafka::handlers
