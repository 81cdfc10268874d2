// Whether the process lives, and whether it can serve, with the reasons why not.

#include "json.hpp"
#include "routes.hpp"

namespace millrace::http::routes {

namespace {

constexpr unsigned service_unavailable = 503;

Json reasons(const Context& context) {
  auto reasons = Json::array();
  if (context.draining) reasons.push_back("the broker is stopping");
  if (!context.broker.data_directory().space) reasons.push_back("the data directory's file system cannot be asked");
  context.broker.topology()->for_each([&](const runtime::HostedTopic& hosted) {
    for (std::size_t index = 0; index < hosted.partitions.size(); ++index) {
      hosted.partitions[index]->with([&](const broker::Partition& partition) {
        if (!partition.offline()) return;
        reasons.push_back("partition " + hosted.topic->name + "-" + std::to_string(index) +
                          " is offline: " + partition.offline()->message);
      });
    }
  });
  return reasons;
}

}  // namespace

runtime::Task<Response> live(const Context&, Request) { co_return json_answer({{"status", "live"}}); }

runtime::Task<Response> ready(const Context& context, Request) {
  const auto why_not = reasons(context);
  const bool is_ready = why_not.empty();
  Json body{{"status", is_ready ? "ready" : "not ready"}, {"reasons", why_not}};
  co_return json_answer(body, is_ready ? 200 : service_unavailable);
}

}  // namespace millrace::http::routes
