// Loads that are one step: many idle connections, a topic of many partitions.

#include <sys/resource.h>
#include <unistd.h>

#include "loads.hpp"
#include "millrace/protocol/messages/api_versions.hpp"
#include "process.hpp"
#include "topics.hpp"

namespace millrace::bench {

namespace {

/// As many descriptors as this process is allowed to have.
void allow_many_descriptors() {
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

void wait_for_end_of_input() {
  char ignored[256];
  while (::read(STDIN_FILENO, ignored, sizeof ignored) > 0) {
  }
}

}  // namespace

Result<void> idle(const Target& target, std::size_t count, const Report& report) {
  allow_many_descriptors();
  Memory before;
  if (target.server) {
    const auto memory = memory_of(*target.server);
    if (!memory) return failure_of(memory);
    before = *memory;
  }
  std::vector<Connection> connections;
  connections.reserve(count);
  const auto began = Clock::now();
  while (connections.size() < count) {
    auto connection = Connection::open(target.address);
    if (!connection) return failure_of(connection);
    const protocol::ApiVersionsRequest question{.client_software_name = client_id, .client_software_version = "1"};
    const auto answer = ask<protocol::ApiVersionsRequest, protocol::ApiVersionsResponse>(*connection, question);
    if (!answer) return failure_of(answer);
    connections.push_back(std::move(*connection));
  }
  const auto took = std::chrono::duration<double>(Clock::now() - began).count();
  report.add_exact("connections", static_cast<double>(count));
  report.add("connections_per_s", static_cast<double>(count) / took);
  if (target.server) {
    const auto after = memory_of(*target.server);
    if (!after) return failure_of(after);
    report.add_exact("server_rss_bytes", after->resident_bytes);
    report.add_exact("server_pss_bytes", after->proportional_bytes);
    report.add("rss_bytes_per_connection",
               (after->resident_bytes - before.resident_bytes) / static_cast<double>(count));
    report.add("own_bytes_per_connection", (after->own_bytes - before.own_bytes) / static_cast<double>(count));
  }
  std::fflush(stdout);
  wait_for_end_of_input();
  return {};
}

Result<void> create(const Target& target, std::int32_t partitions, const Report& report) {
  auto connection = Connection::open(target.address);
  if (!connection) return failure_of(connection);
  const auto began = Clock::now();
  if (auto made = make_topic(*connection, target.topic, partitions); !made) return made;
  report.add_exact("partitions", partitions);
  report.add("milliseconds", std::chrono::duration<double, std::milli>(Clock::now() - began).count());
  return {};
}

}  // namespace millrace::bench
