#pragma once
// From the operator's settings to what each part of the broker is told. Pure.

#include "millrace/groups/config.hpp"
#include "millrace/kafka/server.hpp"
#include "millrace/runtime/broker_runtime.hpp"
#include "settings.hpp"

namespace millrace::app {

/// The broker's values for topic keys: only those that differ from the keys' own defaults.
[[nodiscard]] broker::ConfigMap topic_defaults_of(const Settings& settings);
[[nodiscard]] runtime::BrokerOptions broker_options_of(const Settings& settings);
[[nodiscard]] groups::Config group_config_of(const Settings& settings);
[[nodiscard]] kafka::ServerOptions server_options_of(const Settings& settings);
[[nodiscard]] std::string_view name_of(Durability durability);

}  // namespace millrace::app
