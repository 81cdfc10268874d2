#include "translate.hpp"

#include <filesystem>

namespace millrace::app {

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

runtime::BrokerOptions broker_options_of(const Settings& settings) {
  std::error_code unknown;  // of a directory that was removed under us: then the path is told as it was given
  const auto data_dir = std::filesystem::absolute(settings.data_dir, unknown).lexically_normal();
  return {.broker_id = settings.broker_id,
          .data_dir = unknown ? settings.data_dir : data_dir.string(),
          .default_partitions = settings.num_partitions,
          .topic_defaults = topic_defaults_of(settings),
          .auto_create_topics = settings.auto_create_topics,
          .flush_interval = settings.flush_interval_ms,
          .checkpoint_interval = settings.checkpoint_interval_ms,
          .retention_check_interval = settings.retention_check_interval_ms,
          .producer_id_expiration = settings.producer_id_expiration_ms,
          .free_bytes_min = static_cast<std::uint64_t>(settings.min_free_bytes)};
}

groups::Config group_config_of(const Settings& settings) {
  groups::Config config;
  config.group_min_session_timeout = settings.group_min_session_timeout_ms;
  config.group_max_session_timeout = settings.group_max_session_timeout_ms;
  config.initial_rebalance_delay = settings.group_initial_rebalance_delay_ms;
  config.group_max_size = static_cast<std::size_t>(settings.group_max_size);
  config.offset_metadata_bytes_max = static_cast<std::size_t>(settings.offset_metadata_max_bytes);
  config.offsets_retention = std::chrono::minutes(settings.offsets_retention_minutes);
  config.offsets_retention_check_interval = settings.offsets_retention_check_interval_ms;
  return config;
}

kafka::ServerOptions server_options_of(const Settings& settings) {
  kafka::ServerOptions options;
  for (const auto& each : settings.listeners) options.listeners.push_back({each.host, each.port});
  for (const auto& each : settings.advertised_listeners) options.advertised.push_back({each.host, each.port});
  options.connections_max = settings.max_connections;
  options.connections_per_address_max = settings.max_connections_per_address;
  options.request_bytes_max = settings.request_bytes_max;
  options.idle_timeout = settings.idle_timeout_ms;
  return options;
}

}  // namespace millrace::app
