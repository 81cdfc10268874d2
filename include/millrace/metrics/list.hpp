#pragma once
// Every metric of the broker, once: what `GET /metrics` tells, the table of docs/metrics.md, the dashboard and the
// alerts of `millrace generate` are all made from this list. Names and units are Prometheus's own convention.
//
// Labels have few values: topics, groups and subscriptions are the only ones that strangers name, and whoever tells
// them bounds their series (docs/metrics.md). No label ever names a client or a partition. Values; the list is a
// constant.

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace millrace::metrics {

enum class Kind : std::uint8_t {
  counter,    ///< only grows, from 0 at the start of the process
  gauge,      ///< what is now
  histogram,  ///< durations in the buckets of Durations
};

/// What the number counts. Things have no unit in the name.
enum class Unit : std::uint8_t { things, bytes, seconds };

struct Metric {
  std::string_view name;
  Kind kind = Kind::gauge;
  Unit unit = Unit::things;
  std::array<std::string_view, 2> label_names{};  ///< unused ones are empty
  std::string_view help{};

  [[nodiscard]] constexpr std::span<const std::string_view> labels() const {
    std::size_t count = 0;
    while (count < label_names.size() && !label_names[count].empty()) ++count;
    return std::span(label_names).first(count);
  }
};

inline constexpr std::array list{
    // Topics
    Metric{"millrace_topic_received_bytes_total",
           Kind::counter,
           Unit::bytes,
           {"topic"},
           "Bytes of record batches that were appended, as they came, compressed or not."},
    Metric{"millrace_topic_received_records_total",
           Kind::counter,
           Unit::things,
           {"topic"},
           "Records that were appended. A duplicate that was recognised is not one."},
    Metric{"millrace_topic_sent_bytes_total",
           Kind::counter,
           Unit::bytes,
           {"topic"},
           "Bytes of record batches that fetches were answered with."},
    Metric{"millrace_topic_sent_records_total",
           Kind::counter,
           Unit::things,
           {"topic"},
           "Offsets that fetches were answered with, from the one asked for on: records, but for those that compaction "
           "took out between them."},
    Metric{"millrace_topic_log_bytes",
           Kind::gauge,
           Unit::bytes,
           {"topic"},
           "Bytes of all segments of all partitions, without indexes."},
    Metric{"millrace_topic_log_segments", Kind::gauge, Unit::things, {"topic"}, "Segments of all partitions."},
    Metric{"millrace_topic_partitions", Kind::gauge, Unit::things, {"topic"}, "Partitions."},
    Metric{"millrace_topic_offline_partitions",
           Kind::gauge,
           Unit::things,
           {"topic"},
           "Partitions that take no records, because a write or a flush of theirs failed for good."},
    Metric{"millrace_topic_quarantined_records_total",
           Kind::counter,
           Unit::things,
           {"topic"},
           "Records that were put aside as dead letters instead of being appended, because cloudevents.validation does "
           "not let them pass (cloudevents.on.invalid=quarantine)."},
    Metric{
        "millrace_topic_duplicate_events_total",
        Kind::counter,
        Unit::things,
        {"topic"},
        "Events that were not stored again, because the topic had them (cloudevents.dedupe.window.ms). Only of topics "
        "that look for them, as the next two."},
    Metric{"millrace_topic_event_ids",
           Kind::gauge,
           Unit::things,
           {"topic"},
           "Events that are remembered in order to recognise repeats, 42 bytes each."},
    Metric{"millrace_topic_event_ids_forgotten_total",
           Kind::counter,
           Unit::things,
           {"topic"},
           "Events that were forgotten before their window was over, because a partition remembers 262144 at most: "
           "repeats of them are stored again."},
    Metric{"millrace_topics", Kind::gauge, Unit::things, {}, "Topics, the broker's own included."},
    Metric{"millrace_partitions", Kind::gauge, Unit::things, {}, "Partitions of all topics."},
    Metric{"millrace_offline_partitions", Kind::gauge, Unit::things, {}, "Partitions of all topics that are offline."},

    // Groups
    Metric{"millrace_group_lag_records",
           Kind::gauge,
           Unit::things,
           {"group", "topic"},
           "How many offsets lie between what the group has committed and the high watermark, summed over the "
           "partitions for which it has committed something."},
    Metric{"millrace_group_lag_age_seconds",
           Kind::gauge,
           Unit::seconds,
           {"group", "topic"},
           "How long ago the oldest record was written that the group has not committed past, by the timestamp of its "
           "batch; 0 when there is none. Of several partitions the oldest counts."},
    Metric{"millrace_groups", Kind::gauge, Unit::things, {}, "Consumer groups."},
    Metric{"millrace_group_members", Kind::gauge, Unit::things, {}, "Members of all groups."},
    Metric{"millrace_group_rebalances_total",
           Kind::counter,
           Unit::things,
           {"protocol"},
           "Rebalances that began: of the classic protocol, and new group epochs of the consumer protocol."},

    // The Kafka door
    Metric{"millrace_kafka_request_duration_seconds",
           Kind::histogram,
           Unit::seconds,
           {"api"},
           "From a whole request to its answer: all that it waited for included, the flush of Produce, the records of "
           "Fetch, the others of JoinGroup."},
    Metric{"millrace_kafka_requests_in_flight",
           Kind::gauge,
           Unit::things,
           {},
           "Requests whose answers have not gone to the socket."},
    Metric{"millrace_kafka_refused_total",
           Kind::counter,
           Unit::things,
           {"reason"},
           "Bytes that were no request of ours, after which the connection was closed."},
    Metric{"millrace_produce_refused_total",
           Kind::counter,
           Unit::things,
           {"reason"},
           "Parts of Produce requests that were not appended, by the error that the client was told."},

    // The HTTP door
    Metric{"millrace_http_answers_total",
           Kind::counter,
           Unit::things,
           {"status"},
           "Answers by the class of their status."},
    Metric{"millrace_http_refused_total",
           Kind::counter,
           Unit::things,
           {"kind"},
           "Answers of 400 and above, by the kind of their problem."},
    Metric{"millrace_http_event_leniencies_total",
           Kind::counter,
           Unit::things,
           {"leniency"},
           "What was forgiven in header fields of events that were published."},

    // Web hooks
    Metric{"millrace_webhook_requests_total",
           Kind::counter,
           Unit::things,
           {"outcome"},
           "Requests to sinks that have ended, handshakes among them, by the class of the answer's status or by why "
           "there was none."},
    Metric{"millrace_webhook_requests_in_flight", Kind::gauge, Unit::things, {}, "Requests to sinks under way."},
    Metric{"millrace_webhook_events_total",
           Kind::counter,
           Unit::things,
           {"end"},
           "Events in hand for web hooks, by how that ended; an event that is tried again counts each time."},
    Metric{"millrace_webhook_sinks",
           Kind::gauge,
           Unit::things,
           {"state"},
           "Subscriptions with a web hook that are not suspended: pending until the sink has consented, then by the "
           "state of its breaker."},
    Metric{"millrace_notices_total",
           Kind::counter,
           Unit::things,
           {"outcome"},
           "Notices for __millrace.events, by whether they were written or are lost."},

    // Delivery one by one
    Metric{"millrace_subscriptions",
           Kind::gauge,
           Unit::things,
           {"state"},
           "Subscriptions and routing rules, as their status has it."},
    Metric{
        "millrace_subscription_deliveries_total",
        Kind::counter,
        Unit::things,
        {"subscription", "outcome"},
        "Events in somebody's hand, by how that ended; an event that is tried again counts each time. Lost ones came "
        "back with the connection of who had them."},
    Metric{"millrace_subscription_redeliveries_total",
           Kind::counter,
           Unit::things,
           {"subscription"},
           "Events that were handed out and had been before."},
    Metric{"millrace_subscription_passed_over_total",
           Kind::counter,
           Unit::things,
           {"subscription", "reason"},
           "Events that were neither acknowledged nor became a dead letter: dropped as the subscription says, or gone "
           "from their log before."},
    Metric{
        "millrace_subscription_events",
        Kind::gauge,
        Unit::things,
        {"subscription", "state"},
        "Events that were read from the log and are not settled: ready to be had, parked behind another one of their "
        "key, acquired, waiting for another try, archiving while a dead letter is written, dead and holding back "
        "others."},
    Metric{
        "millrace_subscription_held_partitions",
        Kind::gauge,
        Unit::things,
        {"subscription", "reason"},
        "Partitions that take no further events from their log, because as many of one key (key) or in total (total) "
        "are unsettled as may; or where a dead letter cannot be written and its event waits for it (dead-letter)."},
    Metric{"millrace_subscription_breaker_open",
           Kind::gauge,
           Unit::things,
           {"subscription"},
           "Of those without a sink: 1 while nothing is handed out, or one event at a time, because too many hand-outs "
           "have failed, else 0."},

    // Dead letters
    Metric{"millrace_dead_letters_written_total",
           Kind::counter,
           Unit::things,
           {"reason"},
           "Dead letters that were written for deliveries, or by hand. Records that were put aside when they were "
           "produced are millrace_topic_quarantined_records_total."},
    Metric{"millrace_dead_letters_not_written_total",
           Kind::counter,
           Unit::things,
           {},
           "Tries at writing a dead letter that failed."},
    Metric{"millrace_dead_letters",
           Kind::gauge,
           Unit::things,
           {"topic", "state"},
           "Letters in topics that hold some, by what became of them: open ones are dead and nobody has seen to them."},
    Metric{"millrace_dead_letters_oldest_age_seconds",
           Kind::gauge,
           Unit::seconds,
           {"topic"},
           "How long ago the oldest open letter died, of each partition the first one that is open; 0 when there is "
           "none."},
    Metric{"millrace_redrive_jobs",
           Kind::gauge,
           Unit::things,
           {"state"},
           "Redrive jobs that are remembered; stopped ones have paused themselves."},
    Metric{"millrace_redrive_events_total",
           Kind::counter,
           Unit::things,
           {"outcome"},
           "Letters that redrive jobs have begun, by how that ended; one that failed is open again, or has died anew."},

    // Connections of both doors
    Metric{"millrace_connections", Kind::gauge, Unit::things, {"door"}, "Connections that are open."},
    Metric{"millrace_connections_accepted_total",
           Kind::counter,
           Unit::things,
           {"door"},
           "Connections that were accepted."},
    Metric{"millrace_connections_refused_total",
           Kind::counter,
           Unit::things,
           {"door", "reason"},
           "Connections that were closed as soon as they came."},

    // The disk
    Metric{"millrace_flush_queue_duration_seconds",
           Kind::histogram,
           Unit::seconds,
           {},
           "How long a log waited for its flush to begin, from the first append that asked for it."},
    Metric{"millrace_flush_duration_seconds",
           Kind::histogram,
           Unit::seconds,
           {},
           "How long the flush of one log took: fdatasync of its files, and fsync of directories that changed."},
    Metric{"millrace_flush_failures_total",
           Kind::counter,
           Unit::things,
           {},
           "Flushes that failed; each takes a log offline."},
    Metric{"millrace_disk_free_bytes",
           Kind::gauge,
           Unit::bytes,
           {},
           "What is free for us on the file system of the data directory, a second ago at most."},
    Metric{"millrace_disk_size_bytes", Kind::gauge, Unit::bytes, {}, "The size of that file system."},
    Metric{
        "millrace_disk_free_min_bytes", Kind::gauge, Unit::bytes, {}, "min_free_bytes: below it Produce is refused."},
    Metric{"millrace_out_of_space",
           Kind::gauge,
           Unit::things,
           {},
           "1 while Produce is refused for want of space, else 0."},
    Metric{"millrace_open_log_files", Kind::gauge, Unit::things, {}, "Files of logs that are open."},
    Metric{"millrace_open_log_files_max",
           Kind::gauge,
           Unit::things,
           {},
           "Beyond it, logs that are not used close theirs."},

    // Memory
    Metric{"millrace_memory_used_bytes",
           Kind::gauge,
           Unit::bytes,
           {"budget"},
           "Memory that strangers can make the broker use, as each budget counts it."},
    Metric{"millrace_memory_limit_bytes",
           Kind::gauge,
           Unit::bytes,
           {"budget"},
           "What the budget ends at. One that is bounded for each connection has no limit here."},

    // Traces
    Metric{"millrace_tracing_spans_exported_total",
           Kind::counter,
           Unit::things,
           {},
           "Spans that the collector has taken."},
    Metric{
        "millrace_tracing_spans_dropped_total",
        Kind::counter,
        Unit::things,
        {"reason"},
        "Spans that no collector has: too many waited, their request was refused for good or in part, nobody took it "
        "for a minute, or the broker stopped."},
    Metric{
        "millrace_tracing_exports_failed_total",
        Kind::counter,
        Unit::things,
        {},
        "Requests to the collector that were not taken, each try: no connection, no answer in time, or another answer "
        "than success."},

    // The process
    Metric{"millrace_build_info", Kind::gauge, Unit::things, {"version"}, "1; the label says which version runs."},
    Metric{"millrace_uptime_seconds", Kind::gauge, Unit::seconds, {}, "Since the broker was ready."},
    Metric{"process_start_time_seconds", Kind::gauge, Unit::seconds, {}, "When the process began, in Unix time."},
    Metric{"process_cpu_seconds_total", Kind::counter, Unit::seconds, {}, "CPU time in user and kernel mode."},
    Metric{"process_resident_memory_bytes", Kind::gauge, Unit::bytes, {}, "Memory of the process that is in RAM."},
    Metric{"process_virtual_memory_bytes", Kind::gauge, Unit::bytes, {}, "Address space of the process."},
    Metric{"process_open_fds", Kind::gauge, Unit::things, {}, "Descriptors that are open."},
    Metric{"process_max_fds", Kind::gauge, Unit::things, {}, "Descriptors that the process may have."},

    // These metrics themselves
    Metric{"millrace_metrics_left_out",
           Kind::gauge,
           Unit::things,
           {"what"},
           "What was too much to be told: topics, pairs of a group and a topic, subscriptions, topics of dead letters; "
           "and "
           "partitions whose lag age, or whose oldest letter, is as of an earlier time."},
    Metric{
        "millrace_metrics_cpu_seconds_total", Kind::counter, Unit::seconds, {}, "CPU time for making these answers."},
    Metric{"millrace_metrics_collections_total",
           Kind::counter,
           Unit::things,
           {},
           "How many of these answers were made before this one."},
};

/// A metric by its name; one that is not in the list does not compile.
class Name {
 public:
  consteval Name(const char* name) : index_(0) {  // NOLINT(google-explicit-constructor): it stands where a name does
    while (list[index_].name != name) ++index_;
  }
  [[nodiscard]] constexpr std::size_t index() const { return index_; }

 private:
  std::size_t index_;
};

}  // namespace millrace::metrics
