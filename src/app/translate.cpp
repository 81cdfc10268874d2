#include "translate.hpp"

#include <algorithm>
#include <filesystem>

#include "broker_facts.hpp"
#include "millrace/views/view.hpp"
#include "quarantine_letters.hpp"

namespace millrace::app {

namespace {

/// Strangers who connect must not take the descriptors without which no record can be stored.
std::size_t log_files_of(std::size_t descriptors) { return std::min(limits::open_log_files_max, descriptors / 4); }

Result<record::TakesRecord> compile_view(const std::string& document, bool knows_unmarked) {
  using cloudevents::Unmarked;
  return views::takes_of(document, knows_unmarked ? Unmarked::recognised : Unmarked::refused);
}

subscriptions::Allowed allowed_sinks(const Settings& settings) {
  return {.loopback = settings.webhook_allow_loopback,
          .private_networks = settings.webhook_allow_private_networks,
          .link_local = settings.webhook_allow_link_local};
}

}  // namespace

std::string_view name_of(Durability durability) {
  switch (durability) {
    case Durability::fsync: return "fsync";
    case Durability::interval: return "interval";
    case Durability::os: return "os";
  }
  return "";
}

broker::ConfigMap topic_defaults_of(const Settings& settings) {
  const broker::ConfigMap given = {
      {"millrace.durability", std::string(name_of(settings.durability))},
      {"max.message.bytes", std::to_string(settings.max_message_bytes)},
      {"message.timestamp.type",
       settings.message_timestamp_type == TimestampType::log_append_time ? "LogAppendTime" : "CreateTime"},
      {"message.timestamp.before.max.ms", std::to_string(settings.message_timestamp_before_max_ms.count())},
      {"message.timestamp.after.max.ms", std::to_string(settings.message_timestamp_after_max_ms.count())},
      {"retention.ms", std::to_string(settings.retention_ms.count())},
      {"retention.bytes", std::to_string(settings.retention_bytes)},
      {"segment.bytes", std::to_string(settings.segment_bytes)},
      {"segment.ms", std::to_string(settings.segment_ms.count())},
      {"index.interval.bytes", std::to_string(settings.index_interval_bytes)},
  };
  broker::ConfigMap differing;
  for (const auto& [name, value] : given) {
    const auto* key = broker::find_config_key(name);
    if (key != nullptr && key->default_value != value) differing.emplace(name, value);
  }
  return differing;
}

broker::GroupConfigRules group_config_rules_of(const Settings& settings) {
  return {.session_timeout = settings.group_consumer_session_timeout_ms,
          .session_timeout_min = settings.group_consumer_min_session_timeout_ms,
          .session_timeout_max = settings.group_consumer_max_session_timeout_ms,
          .heartbeat_interval = settings.group_consumer_heartbeat_interval_ms,
          .heartbeat_interval_min = settings.group_consumer_min_heartbeat_interval_ms,
          .heartbeat_interval_max = settings.group_consumer_max_heartbeat_interval_ms};
}

runtime::BrokerOptions broker_options_of(const Settings& settings, std::size_t descriptors) {
  std::error_code unknown;  // of a directory that was removed under us: then the path is told as it was given
  const auto data_dir = std::filesystem::absolute(settings.data_dir, unknown).lexically_normal();
  auto told = settings;
  if (!unknown) told.data_dir = data_dir.string();
  return {.broker_id = settings.broker_id,
          .data_dir = told.data_dir,
          .default_partitions = settings.num_partitions,
          .topic_defaults = topic_defaults_of(settings),
          .settings = std::make_shared<const std::vector<broker::ConfigFact>>(broker_facts_of(told)),
          .file_keys = file_keys(),
          .auto_create_topics = settings.auto_create_topics,
          .group_configs = group_config_rules_of(settings),
          .flush_interval = settings.flush_interval_ms,
          .checkpoint_interval = settings.checkpoint_interval_ms,
          .retention_check_interval = settings.retention_check_interval_ms,
          .compaction_check_interval = settings.compaction_check_interval_ms,
          .compaction_memory_bytes = static_cast<std::size_t>(settings.compaction_memory_bytes),
          .producer_id_expiration = settings.producer_id_expiration_ms,
          .free_bytes_min = static_cast<std::uint64_t>(settings.min_free_bytes),
          .open_files_max = log_files_of(descriptors),
          .compile_view = compile_view,
          .keeps_records = true,  // redrive::Letters says what may go
          .quarantine = quarantine_letters()};
}

groups::Config group_config_of(const Settings& settings) {
  groups::Config config;
  config.group_min_session_timeout = settings.group_min_session_timeout_ms;
  config.group_max_session_timeout = settings.group_max_session_timeout_ms;
  config.initial_rebalance_delay = settings.group_initial_rebalance_delay_ms;
  config.consumer_session_timeout = settings.group_consumer_session_timeout_ms;
  config.consumer_heartbeat_interval = settings.group_consumer_heartbeat_interval_ms;
  config.group_max_size = static_cast<std::size_t>(settings.group_max_size);
  config.offset_metadata_bytes_max = static_cast<std::size_t>(settings.offset_metadata_max_bytes);
  config.offsets_retention = std::chrono::minutes(settings.offsets_retention_minutes);
  config.offsets_retention_check_interval = settings.offsets_retention_check_interval_ms;
  return config;
}

kafka::ServerOptions server_options_of(const Settings& settings, std::size_t descriptors) {
  kafka::ServerOptions options;
  options.listeners = settings.listeners;
  options.advertised = settings.advertised_listeners;
  const auto kept = log_files_of(descriptors) + limits::other_descriptors;
  const auto left = std::max(descriptors, kept + 1) - kept;
  options.connections_max =
      static_cast<std::int32_t>(std::min(static_cast<std::size_t>(settings.max_connections), left));
  options.connections_per_address_max = settings.max_connections_per_address;
  options.request_bytes_max = settings.request_bytes_max;
  options.idle_timeout = settings.idle_timeout_ms;
  options.fetch_sessions_max = settings.fetch_session_cache_slots;
  return options;
}

tracing::ExporterOptions exporter_options_of(const Settings& settings, std::string broker) {
  tracing::ExporterOptions options;
  options.collector = tracing::parse_collector(settings.tracing_endpoint).value();
  options.sample_ratio = settings.tracing_sample_ratio;
  options.version = MILLRACE_VERSION;
  options.instance_id = std::move(broker);
  return options;
}

sender::SenderOptions sender_options_of(const Settings& settings) {
  sender::SenderOptions options;
  options.version = MILLRACE_VERSION;
  options.allowed = allowed_sinks(settings);
  options.ca_file = settings.webhook_ca_file;
  return options;
}

webhook::Options web_hook_options_of(const Settings& settings) {
  webhook::Options options;
  options.origin = settings.webhook_origin;
  options.allows_http = settings.webhook_allow_http;
  options.allowed = allowed_sinks(settings);
  options.request_timeout = settings.webhook_timeout_ms;
  return options;
}

http::ServerOptions http_options_of(const Settings& settings, const std::string& data_dir) {
  http::ServerOptions options;
  options.listeners = settings.http_listeners;
  options.allowed_hosts = settings.http_allowed_hosts;
  options.unix_socket = data_dir + "/admin.sock";
  options.version = MILLRACE_VERSION;
  return options;
}

}  // namespace millrace::app
