#include "panels.hpp"

namespace millrace::metrics {

std::span<const Alert> alerts() {
  static const std::vector<Alert> all{
      {"MillraceDown", "up{job=\"millrace\"} == 0", "1m", "critical", "{{ $labels.instance }} does not answer",
       "Prometheus has had no metrics from the broker for a minute. Is the process running, and does its HTTP listener "
       "serve Prometheus's host?"},
      {"MillraceOutOfSpace", "millrace_out_of_space == 1", "0m", "critical",
       "{{ $labels.instance }} refuses Produce for want of space",
       "Less than min_free_bytes is free in the file system of the data directory. Give it room, or shorten the "
       "retention of large topics."},
      {"MillraceDiskNearlyFull", "millrace_disk_free_bytes / millrace_disk_size_bytes < 0.1", "5m", "warning",
       "The disk of {{ $labels.instance }} is nearly full", "{{ $value | humanizePercentage }} of it is free."},
      {"MillraceDiskFillsUp", "predict_linear(millrace_disk_free_bytes[1h], 6 * 3600) < millrace_disk_free_min_bytes",
       "30m", "warning", "The disk of {{ $labels.instance }} will be full within six hours",
       "If it goes on as in the last hour. Below min_free_bytes the broker refuses Produce."},
      {"MillracePartitionOffline", "millrace_offline_partitions > 0", "0m", "critical",
       "{{ $value }} partitions of {{ $labels.instance }} are offline",
       "A write or a flush failed for good: they take no records until the broker starts again. "
       "millrace_topic_offline_partitions says of which topics, the log of the broker says why."},
      {"MillraceFlushFailed", "increase(millrace_flush_failures_total[10m]) > 0", "0m", "critical",
       "A flush failed on {{ $labels.instance }}",
       "The disk did not take what was written. Look at it before anything else."},
      {"MillraceSlowFlush",
       "histogram_quantile(0.99, sum by (job, instance, le) (rate(millrace_flush_duration_seconds_bucket[5m]))) > 0.5",
       "10m", "warning", "Flushes are slow on {{ $labels.instance }}",
       "One of a hundred takes {{ $value | humanizeDuration }}. Whoever produces with acks waits for them."},
      {"MillraceLagAgeGrowing",
       "millrace_group_lag_age_seconds > 300 and deriv(millrace_group_lag_age_seconds[10m]) > 0.1", "10m", "warning",
       "Group {{ $labels.group }} falls behind on {{ $labels.topic }}",
       "The oldest record that it has not committed past is {{ $value | humanizeDuration }} old, and that grows."},
      {"MillraceRequestsRefused", "sum by (job, instance, reason) (increase(millrace_kafka_refused_total[10m])) > 10",
       "0m", "warning", "{{ $labels.instance }} refuses what comes to its Kafka listener",
       "Reason: {{ $labels.reason }}, {{ $value | humanize }} times in ten minutes. A client of another protocol, a "
       "broken one, or somebody who tries."},
      {"MillraceProduceRefused", "sum by (job, instance, reason) (increase(millrace_produce_refused_total[10m])) > 10",
       "0m", "warning", "{{ $labels.instance }} refuses records",
       "Reason: {{ $labels.reason }}, {{ $value | humanize }} times in ten minutes."},
      {"MillraceHttpRefused",
       "sum by (job, instance, kind) (increase(millrace_http_refused_total{kind!=\"not-found\"}[10m])) > 10", "0m",
       "warning", "{{ $labels.instance }} refuses HTTP requests",
       "Kind: {{ $labels.kind }}, {{ $value | humanize }} times in ten minutes. docs/http.md tells what it means."},
      {"MillraceConnectionsRefused",
       "sum by (job, instance, door, reason) (increase(millrace_connections_refused_total[10m])) > 0", "0m", "warning",
       "{{ $labels.instance }} refuses connections",
       "Door: {{ $labels.door }}, reason: {{ $labels.reason }}, {{ $value | humanize }} times in ten minutes."},
      {"MillraceSinksFail", "sum by (job, instance) (millrace_webhook_sinks{state=\"open\"}) > 0", "10m", "warning",
       "{{ $labels.instance }} has sinks that fail",
       "{{ $value }} web hooks have answered so few of their requests with success that they are left alone for a "
       "while. "
       "last_attempt of their subscriptions says why."},
      {"MillraceSubscriptionSuspended", "sum by (job, instance) (millrace_subscriptions{state=\"suspended\"}) > 0",
       "0m", "warning", "{{ $labels.instance }} has suspended subscriptions",
       "{{ $value }} of them deliver nothing until they are resumed. Their status says why."},
      {"MillraceBreakerOpen", "millrace_subscription_breaker_open == 1", "0m", "warning",
       "Subscription {{ $labels.subscription }} is paused by its breaker",
       "Too many of its hand-outs have failed, so nothing is handed out for a while. Whoever takes its events is not "
       "well."},
      {"MillraceDeliveryHeld",
       "sum by (job, instance, subscription, reason) (millrace_subscription_held_partitions) > 0", "5m", "warning",
       "Subscription {{ $labels.subscription }} is held",
       "{{ $value }} of its partitions take no further events. Reason: {{ $labels.reason }}. key, total: too many are "
       "unsettled; bring back or give up what is dead. dead-letter: the topic for it cannot be written; the log of the "
       "broker says why."},
      {"MillraceDeadLetters", "sum by (job, instance, reason) (increase(millrace_dead_letters_written_total[10m])) > 0",
       "0m", "warning", "{{ $labels.instance }} writes dead letters",
       "Reason: {{ $labels.reason }}, {{ $value | humanize }} in ten minutes. millrace dlq ls says whose."},
      {"MillraceDeadLettersGrow",
       "sum by (job, instance, topic) (millrace_dead_letters{state=\"open\"}) > 100 and sum by (job, instance, topic) "
       "(delta(millrace_dead_letters{state=\"open\"}[1h])) > 0",
       "1h", "warning", "Dead letters pile up in {{ $labels.topic }}",
       "{{ $value }} are open, more than an hour ago. Nobody brings them back."},
      {"MillraceDeadLettersNotWritten",
       "sum by (job, instance) (increase(millrace_dead_letters_not_written_total[10m])) > 0", "0m", "critical",
       "{{ $labels.instance }} cannot write dead letters",
       "{{ $value | humanize }} tries failed in ten minutes. The events wait, unless their subscription says drop. The "
       "log of the broker says why."},
      {"MillraceRecordsQuarantined",
       "sum by (job, instance, topic) (increase(millrace_topic_quarantined_records_total[10m])) > 0", "0m", "warning",
       "Records of {{ $labels.topic }} are put aside", "{{ $value | humanize }} in ten minutes were no valid events."},
      {"MillraceRedriveStopped", "sum by (job, instance, state) (millrace_redrive_jobs{state=~\"failed|stopped\"}) > 0",
       "0m", "warning", "A redrive of {{ $labels.instance }} has {{ $labels.state }}",
       "millrace dlq jobs ls says which and why. One that is stopped goes on when it is resumed."},
      {"MillraceDescriptorsNearlyUsed", "process_open_fds{job=\"millrace\"} / process_max_fds{job=\"millrace\"} > 0.9",
       "5m", "warning", "{{ $labels.instance }} has few descriptors left",
       "{{ $value | humanizePercentage }} are used. Beyond the limit no connection is accepted."},
  };
  return all;
}

}  // namespace millrace::metrics
