#pragma once
// What several routes say of a topic, and do to its configurations.

#include "api.hpp"
#include "json.hpp"

namespace millrace::http::routes {

/// Every configuration with its value in force; null where there is none.
[[nodiscard]] inline Json configs_of(const Context& context, const broker::Topic& topic) {
  auto configs = Json::object();
  for (const auto& fact : broker::describe(context.broker.topic_defaults(), topic.configs)) {
    configs[fact.name] = fact.value ? Json(*fact.value) : Json();
  }
  return configs;
}

/// One that is to be set, or, without a value, let go.
[[nodiscard]] inline broker::ConfigChange change_of(std::string key, std::optional<std::string> value) {
  const auto operation = value ? broker::ConfigOperation::set : broker::ConfigOperation::remove;
  return {.key = std::move(key), .operation = operation, .value = std::move(value)};
}

}  // namespace millrace::http::routes
