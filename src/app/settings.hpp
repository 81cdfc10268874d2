#pragma once
// Everything an operator may choose about the broker, typed. Settings{} is the default configuration.
//
// What each member means, which values it takes and how it is spelled in file, environment and flag stands once, in
// keys.cpp; each member has its key's name. load() in command_line.hpp fills one from all three. A value.

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "millrace/core/endpoint.hpp"
#include "millrace/core/limits.hpp"
#include "millrace/core/result.hpp"
#include "millrace/core/time.hpp"

namespace millrace::app {

/// 127.0.0.0/8, ::1 and "localhost". Every other name may lead anywhere.
[[nodiscard]] bool is_loopback(const Endpoint& endpoint);
/// 0.0.0.0 and ::, which accept on every address and can be given to nobody as one.
[[nodiscard]] bool is_wildcard(const Endpoint& endpoint);

enum class Durability { fsync, interval, os };
enum class TimestampType { create_time, log_append_time };
enum class LogLevel { error, warn, info, debug };
enum class LogFormat { text, json };

struct Settings {
  // Data
  std::string data_dir;
  std::int32_t broker_id = 1;
  Durability durability = Durability::fsync;
  Milliseconds flush_interval_ms{1'000};
  Milliseconds checkpoint_interval_ms{60'000};
  std::int64_t min_free_bytes = 256 * limits::MiB;

  // Listeners and connections
  std::vector<Endpoint> listeners{{"127.0.0.1", 9092}, {"::1", 9092}};
  std::vector<Endpoint> advertised_listeners;
  std::vector<Endpoint> http_listeners{{"127.0.0.1", 8080}};
  std::vector<std::string> http_allowed_hosts;
  bool insecure_listeners = false;  ///< "I accept" in words
  std::int32_t max_connections = limits::connections_max;
  std::int32_t max_connections_per_address = limits::connections_per_address_max;
  std::int32_t request_bytes_max = limits::request_bytes_max;
  Milliseconds idle_timeout_ms{limits::idle_timeout_ms};
  std::int32_t fetch_session_cache_slots = limits::fetch_sessions_max;
  Milliseconds shutdown_timeout_ms{30'000};
  std::int32_t threads = 0;

  // Topics
  bool auto_create_topics = true;
  std::int32_t num_partitions = 1;
  std::int32_t max_message_bytes = limits::batch_bytes_max;
  TimestampType message_timestamp_type = TimestampType::create_time;
  Milliseconds message_timestamp_before_max_ms{INT64_MAX};
  Milliseconds message_timestamp_after_max_ms{3'600'000};
  Milliseconds retention_ms{604'800'000};  ///< -1: without limit
  std::int64_t retention_bytes = -1;
  Milliseconds retention_check_interval_ms{300'000};
  Milliseconds compaction_check_interval_ms{15'000};
  std::int64_t compaction_memory_bytes = 33'554'432;
  std::int64_t segment_bytes = limits::GiB;
  Milliseconds segment_ms{604'800'000};
  std::int32_t index_interval_bytes = 4096;
  Milliseconds producer_id_expiration_ms{86'400'000};

  // Consumer groups
  Milliseconds group_min_session_timeout_ms{6'000};
  Milliseconds group_max_session_timeout_ms{1'800'000};
  Milliseconds group_initial_rebalance_delay_ms{3'000};
  Milliseconds group_consumer_session_timeout_ms{45'000};
  Milliseconds group_consumer_heartbeat_interval_ms{5'000};
  Milliseconds group_consumer_min_session_timeout_ms{45'000};
  Milliseconds group_consumer_max_session_timeout_ms{60'000};
  Milliseconds group_consumer_min_heartbeat_interval_ms{5'000};
  Milliseconds group_consumer_max_heartbeat_interval_ms{15'000};
  std::int32_t group_max_size = limits::members_per_group_max;
  std::int32_t offset_metadata_max_bytes = limits::offset_metadata_bytes_max;
  std::int32_t offsets_topic_num_partitions = 16;
  std::int64_t offsets_retention_minutes = 10'080;
  Milliseconds offsets_retention_check_interval_ms{600'000};

  // Web hooks
  std::string webhook_origin = "localhost";
  Milliseconds webhook_timeout_ms{30'000};
  std::string webhook_ca_file;  ///< empty: whom the system trusts
  bool webhook_allow_http = false;
  bool webhook_allow_loopback = false;
  bool webhook_allow_private_networks = false;
  bool webhook_allow_link_local = false;

  // Tracing
  std::string tracing_endpoint;  ///< empty: off
  double tracing_sample_ratio = 1.0;

  // Diagnostics
  LogLevel log_level = LogLevel::info;
  LogFormat log_format = LogFormat::text;

  bool operator==(const Settings&) const = default;
};

/// What a reload found: names of keys, each in the order of keys().
struct Changes {
  std::vector<std::string> applied;        ///< reloadable and different: in force from now on
  std::vector<std::string> needs_restart;  ///< different, and only a restart would apply it
};
[[nodiscard]] Changes changed_reloadable(const Settings& running, const Settings& fresh);
/// `running` with every reloadable key taken from `fresh`.
[[nodiscard]] Settings reloaded(const Settings& running, const Settings& fresh);

/// Reads flags, environment and file once more, as at the start; the daemon calls it on SIGHUP.
using ReloadFn = std::function<Result<Settings>()>;

}  // namespace millrace::app
