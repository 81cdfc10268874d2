#include "keys.hpp"

#include <limits>
#include <utility>

#include "key_forms.hpp"

namespace millrace::app {
namespace {

/// Adds keys to the table under one heading.
struct Section {
  std::vector<Key>& out;
  std::string name;

  void operator()(Key key) const {
    key.section = name;
    out.push_back(std::move(key));
  }
};

void add_data(std::vector<Key>& out) {
  const Section add{out, "Data"};
  add(path({"data_dir",
            "The directory that holds everything the broker remembers; made if absent. Empty means: the state "
            "directory that systemd gives, else $XDG_DATA_HOME/millrace, else ~/.local/share/millrace.",
            "log.dirs"},
           &Settings::data_dir, Reload::no));
  add(number({"broker_id", "This broker's number, which clients see. Choose it before the first start.", "node.id"},
             &Settings::broker_id, {0, std::numeric_limits<std::int32_t>::max()}, Reload::no));
  add(choice({"durability",
              "When a record counts as stored, and is answered and shown to readers. \"fsync\": when it is on stable "
              "storage; nothing acknowledged is lost, even on power loss. \"interval\": at once, flushed every "
              "flush_interval_ms; a power loss or kernel crash takes up to that much. \"os\": at once, flushed when "
              "the kernel likes. A crash of the process alone loses nothing in any of the three."},
             &Settings::durability,
             {{"fsync", Durability::fsync}, {"interval", Durability::interval}, {"os", Durability::os}}, Reload::yes));
  add(number({"flush_interval_ms", "How often data is flushed when durability is \"interval\".",
              "log.flush.scheduler.interval.ms"},
             &Settings::flush_interval_ms, {1, 3'600'000}, Reload::yes));
  add(number({"checkpoint_interval_ms",
              "How often the broker notes how far its logs are known to be whole. After a crash only what lies past "
              "the last note is read again.",
              "log.flush.offset.checkpoint.interval.ms"},
             &Settings::checkpoint_interval_ms, {100, 3'600'000}, Reload::yes));
  add(number({"min_free_bytes",
              "With less space than this left on the data directory's file system, producing is refused with an error "
              "that clients retry, while reading and deleting go on."},
             &Settings::min_free_bytes, {0, no_upper_bound}, Reload::yes));
}

void add_listeners(std::vector<Key>& out) {
  const Section add{out, "Listeners and connections"};
  add(endpoints(
      {"listeners", "The addresses on which Kafka clients are served. Port 0 takes any free port.", "listeners"},
      &Settings::listeners, false, Reload::no));
  add(endpoints({"advertised_listeners",
                 "The addresses that clients are told to connect to: one for each of listeners, in the same order. "
                 "Empty means the listeners themselves.",
                 "advertised.listeners"},
                &Settings::advertised_listeners, true, Reload::yes));
  add(endpoints(
      {"http_listeners",
       "The addresses on which operators and their programs are served over HTTP. Empty means on none but the "
       "socket admin.sock in data_dir."},
      &Settings::http_listeners, true, Reload::no));
  add(host_names({"http_allowed_hosts",
                  "Names under which requests may reach http_listeners, beside localhost, 127.0.0.1, ::1 and the "
                  "listeners' own: any other Host is refused, so that no web page reaches the broker by a name of its "
                  "own."},
                 &Settings::http_allowed_hosts, Reload::no));
  add(choice<bool>({"insecure_listeners",
                    "Every client of a listener may do everything: there is no login and no encryption yet. So a "
                    "listener that other machines can reach is refused unless this says \"I accept\"."},
                   &Settings::insecure_listeners, {{"", false}, {"I accept", true}}, Reload::no));
  add(number({"max_connections", "Connections at a time, all listeners together.", "max.connections"},
             &Settings::max_connections, {1, 1'000'000}, Reload::yes));
  add(number({"max_connections_per_address", "Connections at a time from one IP address.", "max.connections.per.ip"},
             &Settings::max_connections_per_address, {1, 1'000'000}, Reload::yes));
  add(number({"request_bytes_max",
              "The largest request. A larger one closes its connection before anything is allocated for it.",
              "socket.request.max.bytes"},
             &Settings::request_bytes_max, {1024, static_cast<std::int64_t>(limits::GiB)}, Reload::yes));
  add(number({"idle_timeout_ms", "A connection that asks nothing for this long is closed.", "connections.max.idle.ms"},
             &Settings::idle_timeout_ms, {1'000, 30 * day_ms}, Reload::yes));
  add(number({"fetch_session_cache_slots",
              "Consumers whose partitions are remembered, so that they ask only for what changed and are answered only "
              "what is new. The others name all of their partitions each time, and work as well.",
              "max.incremental.fetch.session.cache.slots"},
             &Settings::fetch_session_cache_slots, {0, 1'000'000}, Reload::no));
  add(number({"shutdown_timeout_ms",
              "After SIGTERM: how long requests in flight may take to be answered before their connections are "
              "closed."},
             &Settings::shutdown_timeout_ms, {0, 600'000}, Reload::yes));
  add(number({"threads", "Threads that serve connections; 0 means one for each usable CPU.", "num.network.threads"},
             &Settings::threads, {0, 1024}, Reload::no));
}

void add_topics(std::vector<Key>& out) {
  const Section add{out, "Topics"};
  add(boolean({"auto_create_topics",
               "Whether a topic that a client names and that does not exist is created, with the defaults below.",
               "auto.create.topics.enable"},
              &Settings::auto_create_topics, Reload::yes));
  add(number({"num_partitions", "Partitions of a topic created without saying how many.", "num.partitions"},
             &Settings::num_partitions, {1, limits::partitions_per_topic_max}, Reload::yes));
  add(number({"max_message_bytes", "The largest record batch, as it was sent, compressed or not.", "message.max.bytes"},
             &Settings::max_message_bytes, {1024, static_cast<std::int64_t>(limits::GiB)}, Reload::yes));
  add(choice({"message_timestamp_type",
              "Which time a record carries: the producer's (\"CreateTime\") or the broker's (\"LogAppendTime\").",
              "log.message.timestamp.type"},
             &Settings::message_timestamp_type,
             {{"CreateTime", TimestampType::create_time}, {"LogAppendTime", TimestampType::log_append_time}},
             Reload::yes));
  add(number({"message_timestamp_before_max_ms", "A producer's timestamp older than this is refused (CreateTime only).",
              "log.message.timestamp.before.max.ms"},
             &Settings::message_timestamp_before_max_ms, {0, no_upper_bound}, Reload::yes));
  add(number({"message_timestamp_after_max_ms",
              "A producer's timestamp further in the future than this is refused (CreateTime only).",
              "log.message.timestamp.after.max.ms"},
             &Settings::message_timestamp_after_max_ms, {0, no_upper_bound}, Reload::yes));
  add(number({"retention_ms", "Records older than this are deleted, a whole segment at a time.", "log.retention.ms"},
             &Settings::retention_ms, {0, no_upper_bound, true}, Reload::yes));
  add(number({"retention_bytes", "A partition larger than this loses its oldest segments.", "log.retention.bytes"},
             &Settings::retention_bytes, {0, no_upper_bound, true}, Reload::yes));
  add(number({"retention_check_interval_ms", "How often retention is applied.", "log.retention.check.interval.ms"},
             &Settings::retention_check_interval_ms, {100, day_ms}, Reload::yes));
  add(number(
      {"compaction_check_interval_ms", "How often topics that are compacted are looked at.", "log.cleaner.backoff.ms"},
      &Settings::compaction_check_interval_ms, {100, day_ms}, Reload::yes));
  add(number({"compaction_memory_bytes",
              "Memory for the keys of one pass of compaction, 32 bytes a key. Keys that do not fit wait for the next "
              "pass.",
              "log.cleaner.dedupe.buffer.size"},
             &Settings::compaction_memory_bytes, {1024, static_cast<std::int64_t>(16 * limits::GiB)}, Reload::yes));
  add(number({"segment_bytes", "A segment file is closed and a new one begun when it would grow beyond this.",
              "log.segment.bytes"},
             &Settings::segment_bytes, {1024, std::numeric_limits<std::int32_t>::max()}, Reload::yes));
  add(number({"segment_ms", "And when its first record is this old.", "log.roll.ms"}, &Settings::segment_ms,
             {1, no_upper_bound}, Reload::yes));
  add(number(
      {"index_interval_bytes", "A segment's index has an entry about every so many bytes.", "log.index.interval.bytes"},
      &Settings::index_interval_bytes, {0, static_cast<std::int64_t>(limits::GiB)}, Reload::yes));
  add(number({"producer_id_expiration_ms",
              "An idempotent producer that is silent for this long is forgotten, and with it which of its batches "
              "were seen.",
              "producer.id.expiration.ms"},
             &Settings::producer_id_expiration_ms, {1, no_upper_bound}, Reload::no));
}

void add_groups(std::vector<Key>& out) {
  const Section add{out, "Consumer groups"};
  add(number({"group_min_session_timeout_ms", "The shortest session timeout that a member may ask for.",
              "group.min.session.timeout.ms"},
             &Settings::group_min_session_timeout_ms, {1, day_ms}, Reload::no));
  add(number({"group_max_session_timeout_ms", "The longest session timeout that a member may ask for.",
              "group.max.session.timeout.ms"},
             &Settings::group_max_session_timeout_ms, {1, day_ms}, Reload::no));
  add(number({"group_initial_rebalance_delay_ms",
              "How long the first rebalance of an empty group waits for more members to come.",
              "group.initial.rebalance.delay.ms"},
             &Settings::group_initial_rebalance_delay_ms, {0, 600'000}, Reload::no));
  add(number({"group_consumer_session_timeout_ms",
              "A member of the consumer protocol (KIP-848) that is silent for this long is gone.",
              "group.consumer.session.timeout.ms"},
             &Settings::group_consumer_session_timeout_ms, {1'000, day_ms}, Reload::no));
  add(number({"group_consumer_heartbeat_interval_ms",
              "How often such a member is asked to speak: a part of its session timeout.",
              "group.consumer.heartbeat.interval.ms"},
             &Settings::group_consumer_heartbeat_interval_ms, {100, day_ms}, Reload::no));
  add(number({"group_consumer_min_session_timeout_ms",
              "The shortest session timeout that a client may set for a single group of that protocol.",
              "group.consumer.min.session.timeout.ms"},
             &Settings::group_consumer_min_session_timeout_ms, {1'000, day_ms}, Reload::no));
  add(number({"group_consumer_max_session_timeout_ms", "And the longest.", "group.consumer.max.session.timeout.ms"},
             &Settings::group_consumer_max_session_timeout_ms, {1'000, day_ms}, Reload::no));
  add(number({"group_consumer_min_heartbeat_interval_ms",
              "The shortest heartbeat interval that a client may set for a single group of that protocol.",
              "group.consumer.min.heartbeat.interval.ms"},
             &Settings::group_consumer_min_heartbeat_interval_ms, {100, day_ms}, Reload::no));
  add(number(
      {"group_consumer_max_heartbeat_interval_ms", "And the longest.", "group.consumer.max.heartbeat.interval.ms"},
      &Settings::group_consumer_max_heartbeat_interval_ms, {100, day_ms}, Reload::no));
  add(number({"group_max_size", "Members of one group.", "group.max.size"}, &Settings::group_max_size, {1, 1'000'000},
             Reload::no));
  add(number({"offset_metadata_max_bytes", "The longest note that a client may commit with an offset.",
              "offset.metadata.max.bytes"},
             &Settings::offset_metadata_max_bytes, {0, static_cast<std::int64_t>(limits::MiB)}, Reload::no));
  add(number({"offsets_topic_num_partitions",
              "Partitions of __consumer_offsets. It is set when the topic is made and never changes after that.",
              "offsets.topic.num.partitions"},
             &Settings::offsets_topic_num_partitions, {1, 1'000}, Reload::no));
  add(number({"offsets_retention_minutes", "Offsets of a group that has been empty for this long are forgotten.",
              "offsets.retention.minutes"},
             &Settings::offsets_retention_minutes, {1, 52'560'000}, Reload::no));
  add(number({"offsets_retention_check_interval_ms", "How often such offsets are looked for.",
              "offsets.retention.check.interval.ms"},
             &Settings::offsets_retention_check_interval_ms, {100, day_ms}, Reload::no));
}

void add_web_hooks(std::vector<Key>& out) {
  const Section add{out, "Web hooks"};
  add(origin({"webhook_origin",
              "In whose name sinks of web hooks are asked whether they want events (WebHook-Request-Origin): one DNS "
              "name for all brokers of a system, by which a sink may tell its senders apart."},
             &Settings::webhook_origin, Reload::no));
  add(number({"webhook_timeout_ms",
              "How long a request to a sink may take, from the lookup of its name to the whole header of its answer. "
              "Less where a subscription's locktime is over before."},
             &Settings::webhook_timeout_ms, {1, 3'600'000}, Reload::no));
  add(path({"webhook_ca_file",
            "A file of certificates in PEM: the authorities that sinks' certificates have to come from. Empty means: "
            "those that the system trusts."},
           &Settings::webhook_ca_file, Reload::no));
  add(boolean({"webhook_allow_http",
               "Whether sinks may be of http. Without TLS everybody on the way can read events and credentials; it is "
               "meant for development, and for sinks on this machine."},
              &Settings::webhook_allow_http, Reload::no));
  add(boolean({"webhook_allow_loopback",
               "Whether sinks may be on this machine: whoever makes a subscription then reaches what listens there."},
              &Settings::webhook_allow_loopback, Reload::no));
  add(boolean({"webhook_allow_private_networks",
               "Whether sinks may have addresses of private networks (10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16, "
               "100.64.0.0/10, fc00::/7)."},
              &Settings::webhook_allow_private_networks, Reload::no));
  add(boolean({"webhook_allow_link_local",
               "Whether sinks may have link-local addresses (169.254.0.0/16, fe80::/10). Clouds answer there with a "
               "machine's secrets."},
              &Settings::webhook_allow_link_local, Reload::no));
}

void add_tracing(std::vector<Key>& out) {
  const Section add{out, "Tracing"};
  add(collector({"tracing_endpoint",
                 "Where spans of requests, of what they append and of what is read or pushed are sent, in OTLP over "
                 "HTTP: the URL of "
                 "an OpenTelemetry collector. Empty means nowhere, and nothing is traced."},
                &Settings::tracing_endpoint, Reload::no));
  add(fraction({"tracing_sample_ratio",
                "Which share of the traces that begin here is kept. Whoever comes with a traceparent has decided for "
                "itself, and is followed."},
               &Settings::tracing_sample_ratio, Reload::yes));
}

void add_diagnostics(std::vector<Key>& out) {
  const Section add{out, "Diagnostics"};
  add(choice(
      {"log_level",
       "What is written to standard error. \"error\": a person must act; \"warn\": we coped, someone should "
       "know; \"info\": the life cycle; \"debug\": each request."},
      &Settings::log_level,
      {{"error", LogLevel::error}, {"warn", LogLevel::warn}, {"info", LogLevel::info}, {"debug", LogLevel::debug}},
      Reload::yes));
  add(choice({"log_format", "Lines for people, or one JSON object a line for machines."}, &Settings::log_format,
             {{"text", LogFormat::text}, {"json", LogFormat::json}}, Reload::no));
}

std::vector<Key> build() {
  std::vector<Key> out;
  add_data(out);
  add_listeners(out);
  add_topics(out);
  add_groups(out);
  add_web_hooks(out);
  add_tracing(out);
  add_diagnostics(out);
  return out;
}

}  // namespace

std::span<const Key> keys() {
  static const std::vector<Key> table = build();
  return table;
}
}  // namespace millrace::app
