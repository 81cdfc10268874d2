// How events come from a log into a hand: read, told, acquired, partition after partition.

#include "delivery_impl.hpp"
#include "delivery_scan.hpp"

namespace millrace::runtime {

using delivery::Home;
using delivery::PartitionDelivery;

namespace {

constexpr std::size_t read_bytes = limits::MiB;  ///< of a log at once
constexpr int reads_max = 16;  ///< of one partition for one receive: of a narrow filter, the next goes on

}  // namespace

void DeliveryRuntime::Impl::receive(const std::string& id, std::size_t max, delivery::ConsumerId consumer,
                                    Callback<void(tl::expected<Received, ErrorCode>)> done) {
  const auto at = std::make_shared<Receiving>();
  at->served = find(id);
  if (!at->served) return done(tl::unexpected(ErrorCode::resource_not_found));
  at->topic = broker.topology()->find(at->served->topic);
  if (!at->topic) return done(tl::unexpected(ErrorCode::unknown_topic_id));
  at->max = max;
  at->consumer = consumer;
  at->first = at->served->turn.fetch_add(1);
  at->received.lock_time = at->served->subscription.policy->lock_time;
  at->done = std::move(done);
  if (at->served->partitions.load() >= at->topic->partitions.size()) return go_on(at);
  serve_partitions(at->served, *at->topic, true, [weak = weak_from_this(), at](ErrorCode) { go_on_later(weak, at); });
}

void DeliveryRuntime::Impl::go_on_later(const std::weak_ptr<Impl>& weak, const std::shared_ptr<Receiving>& at) {
  if (const auto self = weak.lock()) self->work.post([impl = self.get(), at] { impl->go_on(at); });
}

void DeliveryRuntime::Impl::go_on(const std::shared_ptr<Receiving>& at) {
  const std::size_t count = at->topic->partitions.size();
  // It may be served by another filter since.
  if (auto now = find(at->served->subscription.id); now && now->topic == at->served->topic) at->served = std::move(now);
  auto* const breaker = at->served->breaker.get();
  while (at->asked < count && at->received.events.size() < at->max) {
    const auto room = breaker != nullptr ? breaker->room(broker.now().steady) : DeliveryBreaker::Room{};
    if (room.events == 0) break;
    const std::size_t partition = (at->first + at->asked++) % count;
    const Home home = at->served->home(partition);
    DeliveryShard& shard = shard_of(home);
    feed(*at->served, *at->topic->partitions[partition], home);
    rearm(shard.next_deadline());
    const auto ready = shard.look(home, [](const PartitionDelivery& machine) { return machine.facts().ready; });
    if (!ready) at->error = ErrorCode::not_coordinator;
    if (!ready || *ready == 0) continue;
    const std::size_t max = std::min(room.events, at->max - at->received.events.size());
    shard.ask<PartitionDelivery::HandOut>(
        home,
        [&](PartitionDelivery& machine, Now now) {
          auto handed_out = machine.acquire(max, at->consumer, now, room.is_probe);
          if (room.is_probe && !handed_out.events.empty()) breaker->begun(handed_out.locked_until);
          return handed_out;
        },
        [weak = weak_from_this(), at, partition](tl::expected<PartitionDelivery::HandOut, ErrorCode> handed_out) {
          if (!handed_out) at->error = handed_out.error();
          if (handed_out)
            for (const auto& event : handed_out->events)
              at->received.events.push_back({static_cast<PartitionIndex>(partition), event});
          go_on_later(weak, at);
        });
    rearm(shard.next_deadline());
    return;
  }
  // What was handed out is given, also when another partition could not be asked.
  if (at->received.events.empty() && at->error != ErrorCode::none) return at->done(tl::unexpected(at->error));
  at->done(std::move(at->received));
}

void DeliveryRuntime::Impl::feed(const Served& served, HostedPartition& log, const Home& home) {
  DeliveryShard& shard = shard_of(home);
  for (int reads = 0; reads < reads_max; ++reads) {
    const auto wanted = shard.look(home, [](const PartitionDelivery& machine) { return machine.wanted(); });
    if (!wanted || !*wanted) return;
    const Offset from = (*wanted)->from;
    const Offset begins = log.with([](broker::Partition& partition) { return partition.start(); });
    if (from < begins) {
      shard.tell(home, [&](PartitionDelivery& machine, Now now) { return machine.log_begins(begins, now); });
      continue;
    }
    const auto slice = broker.peek(log, from, read_bytes);
    if (slice.length == 0) {
      // What lies behind damage is good.
      const auto damaged = log.damaged_until(from);
      if (!damaged) return;
      diagnostics->error("damaged records are passed over log={} subscription={} offset={} next_offset={}",
                         log.directory(), home.subscription, from.value(), damaged->value());
      shard.tell(home, [&](PartitionDelivery& machine, Now now) {
        return std::move(machine.tell(from, *damaged, {}, now).effects);
      });
      continue;
    }
    const auto scan =
        scan_for_delivery(slice, home.partition, from, (*wanted)->to, (*wanted)->events_max, served.subscription.takes);
    if (!scan) {
      diagnostics->error("events not delivered log={} subscription={} offset={} why=\"{}\"", log.directory(),
                         home.subscription, from.value(), scan.error().message);
      return;
    }
    Offset until = from;
    shard.tell(home, [&](PartitionDelivery& machine, Now now) {
      auto told = machine.tell(from, scan->until, scan->events, now);
      until = told.until;
      return std::move(told.effects);
    });
    if (until <= from) return;
  }
}

}  // namespace millrace::runtime
