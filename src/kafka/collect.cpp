#include "collect.hpp"

namespace millrace::kafka {

namespace {

using Lanes = std::vector<std::unique_ptr<Counts>>;

template <class Of>
std::uint64_t sum(const Lanes& lanes, const Of& of) {
  std::uint64_t all = 0;
  for (const auto& lane : lanes) all += of(*lane).value();
  return all;
}

void collect_durations(const Lanes& lanes, metrics::Exposition& into) {
  std::size_t index = 0;
  protocol::for_each_api([&](auto api) {
    Durations::Seen all;
    for (const auto& lane : lanes) all += lane->answered[index].seen();
    ++index;
    into.add("millrace_kafka_request_duration_seconds", all, {decltype(api)::shape.name});
  });
}

}  // namespace

void collect(const Lanes& lanes, const Connections& connections,
             const runtime::Guarded<FetchSessionCache>& fetch_sessions, metrics::Exposition& into) {
  collect_durations(lanes, into);
  for (std::size_t i = 0; i < refusal_names.size(); ++i) {
    into.add("millrace_kafka_refused_total", sum(lanes, [i](const Counts& lane) -> auto& { return lane.refused[i]; }),
             {refusal_names[i]});
  }
  into.add("millrace_kafka_requests_in_flight", sum(lanes, [](const Counts& lane) -> auto& { return lane.requests; }));
  into.add("millrace_connections", connections.size(), {"kafka"});
  into.add("millrace_connections_accepted_total", sum(lanes, [](const Counts& lane) -> auto& { return lane.accepted; }),
           {"kafka"});
  const auto refused = connections.refused();
  into.add("millrace_connections_refused_total", refused.by_total, {"kafka", "max_connections"});
  into.add("millrace_connections_refused_total", refused.by_address, {"kafka", "max_connections_per_address"});
  into.add("millrace_memory_used_bytes", sum(lanes, [](const Counts& lane) -> auto& { return lane.request_bytes; }),
           {"requests"});
  into.add("millrace_memory_used_bytes", sum(lanes, [](const Counts& lane) -> auto& { return lane.answer_bytes; }),
           {"answers"});
  const auto sessions = fetch_sessions.with([](const FetchSessionCache& cache) { return cache.bytes(); });
  into.add("millrace_memory_used_bytes", sessions, {"fetch_sessions"});
  into.add("millrace_memory_limit_bytes", limits::fetch_sessions_bytes_max, {"fetch_sessions"});
}

}  // namespace millrace::kafka
