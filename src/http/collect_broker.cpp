#include <array>
#include <cctype>

#include "collect.hpp"

namespace millrace::http {

namespace {

/// "corrupt_message" of "CORRUPT_MESSAGE".
std::string label_of(ErrorCode error) {
  std::string name(name_of(error));
  for (auto& c : name) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return name;
}

void budget(metrics::Exposition& into, const char* name, std::uint64_t used, std::uint64_t limit) {
  into.add("millrace_memory_used_bytes", used, {name});
  into.add("millrace_memory_limit_bytes", limit, {name});
}

}  // namespace

void collect_broker(const runtime::BrokerRuntime& broker, metrics::Exposition& into) {
  const auto figures = broker.figures();
  into.add("millrace_flush_queue_duration_seconds", figures.flush_queued);
  into.add("millrace_flush_duration_seconds", figures.flush_took);
  into.add("millrace_flush_failures_total", figures.flush_failed);
  for (const auto& [error, count] : figures.produce_refused) {
    into.add("millrace_produce_refused_total", count, {label_of(error)});
  }
  if (const auto space = broker.data_directory().space) {
    into.add("millrace_disk_free_bytes", space->free_bytes);
    into.add("millrace_disk_size_bytes", space->total_bytes);
  }
  into.add("millrace_disk_free_min_bytes", figures.free_bytes_min);
  into.add("millrace_out_of_space", figures.out_of_space ? 1.0 : 0.0);
  into.add("millrace_open_log_files", figures.open_files);
  into.add("millrace_open_log_files_max", figures.open_files_max);
  budget(into, "compaction", figures.compaction_bytes, figures.compaction_bytes_max);
}

void collect_door(const Counts& counts, metrics::Exposition& into) {
  constexpr std::array classes{"1xx", "2xx", "3xx", "4xx", "5xx"};
  for (std::size_t i = 0; i < classes.size(); ++i) {
    into.add("millrace_http_answers_total", counts.answers[i].value(), {classes[i]});
  }
  for (std::size_t i = 0; i < problem_kinds.size(); ++i) {
    into.add("millrace_http_refused_total", counts.problems[i].value(), {problem_kinds[i]});
  }
  for (std::size_t i = 0; i < leniency_kinds.size(); ++i) {
    into.add("millrace_http_event_leniencies_total", counts.forgiven[i].value(), {leniency_kinds[i].name});
  }
  into.add("millrace_connections", counts.open.value(), {"http"});
  into.add("millrace_connections_accepted_total", counts.accepted.value(), {"http"});
  into.add("millrace_connections_refused_total", counts.refused_full.value(), {"http", "max_connections"});
  into.add("millrace_connections_refused_total", counts.refused_peer.value(), {"http", "peer_not_allowed"});
}

}  // namespace millrace::http
