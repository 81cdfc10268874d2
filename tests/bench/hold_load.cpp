// Unsettled events, many of them: all that may be received is, and nothing is settled. With keys one event of each is
// in hand, and those behind it are parked.

#include "fill.hpp"
#include "loads.hpp"
#include "meter.hpp"
#include "subscription.hpp"

namespace millrace::bench {

namespace {

constexpr unsigned ok = 200, no_content = 204;
constexpr std::size_t in_hand_max = 100'000;
constexpr std::chrono::seconds patience{30};

struct Unsettled {
  std::uint64_t all = 0;
  std::uint64_t in_hand = 0;
};

Result<Unsettled> unsettled_of(HttpConnection& connection, const std::string& path) {
  const auto body = connection.ask(ok, "GET", path);
  if (!body) return failure_of(body);
  return Unsettled{.all = number_at(*body, behind(*body, "\"unsettled\":", 0)),
                   .in_hand = number_at(*body, behind(*body, "\"acquired\":", 0))};
}

/// Until nothing more is handed out, though all events have been looked at.
Result<Unsettled> take_all(HttpConnection& connection, const std::string& path, const HoldOptions& options) {
  const auto receive = path + ":receive?max_events=" + std::to_string(options.batch);
  auto moved_at = Clock::now();
  std::uint64_t before = 0;
  for (;;) {
    if (auto sent = connection.send("POST", receive, {}); !sent) return failure_of(sent);
    auto answer = connection.answer();
    while (answer && !*answer) {
      if (auto received = connection.receive(); !received) return failure_of(received);
      answer = connection.answer();
    }
    if (!answer) return failure_of(answer);
    if ((*answer)->status == ok) continue;
    if ((*answer)->status != no_content) return unexpected(receive, **answer);
    const auto unsettled = unsettled_of(connection, path);
    if (!unsettled || unsettled->all >= options.events) return unsettled;
    if (unsettled->all > before) moved_at = Clock::now();
    before = unsettled->all;
    if (Clock::now() - moved_at > patience)
      return failure(Errc::io, "only " + std::to_string(before) + " events are unsettled, and it has stopped there");
  }
}

}  // namespace

Result<void> hold(const Target& target, const HoldOptions& options, const Report& report) {
  if (!target.server) return failure(Errc::invalid, "--server-pid: whose memory it is, is not said");
  auto kafka = Connection::open(target.address);
  if (!kafka) return failure_of(kafka);
  const Filling filling{.partitions = options.partitions,
                        .events = options.events,
                        .data_bytes = options.data_bytes,
                        .keys = options.keys};
  if (auto filled = fill_with_events(*kafka, target.topic, filling); !filled) return filled;
  auto http = HttpConnection::open(options.http);
  if (!http) return failure_of(http);
  const auto before = memory_of(*target.server);
  if (!before) return failure_of(before);
  const auto path = subscribe(*http, target.topic, in_hand_max);
  if (!path) return failure_of(path);
  const auto unsettled = take_all(*http, *path, options);
  if (!unsettled) return failure_of(unsettled);
  const auto after = memory_of(*target.server);
  if (!after) return failure_of(after);
  report.add_exact("unsettled", static_cast<double>(unsettled->all));
  report.add_exact("in_hand", static_cast<double>(unsettled->in_hand));
  report.add("server_rss_before_mb", before->resident_bytes / 1e6);
  report.add("server_rss_after_mb", after->resident_bytes / 1e6);
  report.add("rss_bytes_per_event",
             (after->resident_bytes - before->resident_bytes) / static_cast<double>(unsettled->all));
  return {};
}

}  // namespace millrace::bench
