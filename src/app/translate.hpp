#pragma once
// From the operator's settings to what each part of the broker is told. Pure.

#include "millrace/groups/config.hpp"
#include "millrace/http/server.hpp"
#include "millrace/kafka/server.hpp"
#include "millrace/runtime/broker_runtime.hpp"
#include "millrace/sender/sender.hpp"
#include "millrace/tracing/exporter.hpp"
#include "millrace/webhook/web_hooks.hpp"
#include "settings.hpp"

namespace millrace::app {

/// The broker's values for topic keys: only those that differ from the keys' own defaults.
[[nodiscard]] broker::ConfigMap topic_defaults_of(const Settings& settings);
[[nodiscard]] broker::GroupConfigRules group_config_rules_of(const Settings& settings);
[[nodiscard]] runtime::BrokerOptions broker_options_of(const Settings& settings, std::size_t descriptors);
[[nodiscard]] groups::Config group_config_of(const Settings& settings);
[[nodiscard]] kafka::ServerOptions server_options_of(const Settings& settings, std::size_t descriptors);
[[nodiscard]] http::ServerOptions http_options_of(const Settings& settings, const std::string& data_dir);
[[nodiscard]] sender::SenderOptions sender_options_of(const Settings& settings);
[[nodiscard]] webhook::Options web_hook_options_of(const Settings& settings);
/// `broker` names this one among all there are. Requires: there is an endpoint.
[[nodiscard]] tracing::ExporterOptions exporter_options_of(const Settings& settings, std::string broker);
[[nodiscard]] std::string_view name_of(Durability durability);

}  // namespace millrace::app
