#pragma once
// What several routes say of a topic.

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

}  // namespace millrace::http::routes
