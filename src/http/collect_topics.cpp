#include <algorithm>
#include <vector>

#include "collect.hpp"
#include "millrace/core/limits.hpp"

namespace millrace::http {

namespace {

struct Sum {
  std::uint64_t received_bytes = 0, received_records = 0, sent_bytes = 0, sent_records = 0, quarantined_records = 0;
  std::uint64_t log_bytes = 0, segments = 0, offline = 0;
  broker::EventFigures events;

  void add(runtime::HostedPartition& partition) {
    const auto& traffic = partition.traffic();
    received_bytes += traffic.received_bytes.value();
    received_records += traffic.received_records.value();
    sent_bytes += traffic.sent_bytes.value();
    sent_records += traffic.sent_records.value();
    quarantined_records += traffic.quarantined_records.value();
    partition.with([this](const broker::Partition& open) {
      log_bytes += open.bytes();
      segments += open.log().segment_count();
      offline += open.offline() ? 1 : 0;
      const auto figures = open.event_figures();
      events.is_looking = events.is_looking || figures.is_looking;
      events.repeated += figures.repeated;
      events.remembered += figures.remembered;
      events.forgotten_early += figures.forgotten_early;
    });
  }
};

void tell(const std::string& name, std::uint64_t partitions, const Sum& sum, metrics::Exposition& into) {
  into.add("millrace_topic_received_bytes_total", sum.received_bytes, {name});
  into.add("millrace_topic_received_records_total", sum.received_records, {name});
  into.add("millrace_topic_sent_bytes_total", sum.sent_bytes, {name});
  into.add("millrace_topic_sent_records_total", sum.sent_records, {name});
  into.add("millrace_topic_log_bytes", sum.log_bytes, {name});
  into.add("millrace_topic_log_segments", sum.segments, {name});
  into.add("millrace_topic_partitions", partitions, {name});
  into.add("millrace_topic_offline_partitions", sum.offline, {name});
  into.add("millrace_topic_quarantined_records_total", sum.quarantined_records, {name});
  if (!sum.events.is_looking) return;
  into.add("millrace_topic_duplicate_events_total", sum.events.repeated, {name});
  into.add("millrace_topic_event_ids", sum.events.remembered, {name});
  into.add("millrace_topic_event_ids_forgotten_total", sum.events.forgotten_early, {name});
}

}  // namespace

void collect_topics(const runtime::Topology& topology, metrics::Exposition& into) {
  std::vector<const runtime::HostedTopic*> topics;
  topology.for_each([&](const runtime::HostedTopic& hosted) { topics.push_back(&hosted); });
  // The broker's own come first, and then always the same ones, whatever comes later in the alphabet.
  std::ranges::sort(topics, [](const auto* one, const auto* other) {
    if (one->topic->is_internal != other->topic->is_internal) return one->topic->is_internal;
    return one->topic->name < other->topic->name;
  });
  std::uint64_t partitions = 0, offline = 0;
  for (std::size_t i = 0; i < topics.size(); ++i) {
    Sum sum;
    for (const auto& partition : topics[i]->partitions) sum.add(*partition);
    partitions += topics[i]->partitions.size();
    offline += sum.offline;
    if (i < limits::metrics_topics_max) tell(topics[i]->topic->name, topics[i]->partitions.size(), sum, into);
  }
  into.add("millrace_topics", topics.size());
  into.add("millrace_partitions", partitions);
  into.add("millrace_offline_partitions", offline);
  into.add("millrace_metrics_left_out", topics.size() - std::min(topics.size(), limits::metrics_topics_max),
           {"topics"});
}

}  // namespace millrace::http
