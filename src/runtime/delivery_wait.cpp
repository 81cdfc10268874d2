// Who waits for something to receive: until a log grows that delivery has come to the end of, or something is ready.

#include <algorithm>
#include <mutex>
#include <utility>

#include "delivery_impl.hpp"

namespace millrace::runtime {

using delivery::PartitionDelivery;

/// One that waits. The partitions at which it waits keep it alive.
class DeliveryRuntime::Impl::Waiting final : public FetchWait, public std::enable_shared_from_this<Waiting> {
 public:
  explicit Waiting(Callback<void()> done) : done_(std::move(done)) {}

  void grew(std::uint64_t) override { end(true); }

  /// Until it has more than what lies below `seen`.
  void wait_at(const std::shared_ptr<HostedPartition>& partition, Offset seen) {
    if (!partition->wait_for_growth(shared_from_this(), broker::Isolation::read_uncommitted, seen)) return end(true);
    {
      const std::lock_guard lock(mutex_);
      if (!is_over_) return partitions_.push_back(partition);
    }
    partition->stop_waiting(this);
  }
  /// Once: whoever comes second finds nothing.
  void end(bool tell) {
    Callback<void()> done;
    std::vector<std::shared_ptr<HostedPartition>> partitions;
    {
      const std::lock_guard lock(mutex_);
      if (std::exchange(is_over_, true)) return;
      done = std::move(done_);
      partitions = std::move(partitions_);
    }
    for (const auto& partition : partitions) partition->stop_waiting(this);
    if (tell) done();
  }
  [[nodiscard]] bool is_over() const {
    const std::lock_guard lock(mutex_);
    return is_over_;
  }

 private:
  mutable std::mutex mutex_;
  Callback<void()> done_;
  std::vector<std::shared_ptr<HostedPartition>> partitions_;
  bool is_over_ = false;
};

Cancel DeliveryRuntime::Impl::wait(const std::string& id, Callback<void()> done) {
  const auto waiting = std::make_shared<Waiting>(std::move(done));
  waiters.with([&](Waiters& all) {
    auto& those = all[id];
    std::erase_if(those, [](const auto& each) { return each->is_over(); });
    those.push_back(waiting);
  });
  // Registered first: what becomes ready from here on is not missed.
  const auto served = find(id);
  const auto topic = served ? broker.topology()->find(served->topic) : nullptr;
  const bool is_served = topic && !nobody_waits.load() && topic->partitions.size() <= served->partitions.load();
  if (!is_served) waiting->end(true);
  if (is_served && served->breaker) {
    const auto room = served->breaker->room(broker.now().steady);
    if (room.events == 0) {
      if (room.wake) wake_at(id, *room.wake);
      return [waiting] { waiting->end(false); };
    }
  }
  for (std::size_t i = 0; is_served && i < topic->partitions.size() && !waiting->is_over(); ++i) {
    const auto home = served->home(i);
    const auto has_ready = shard_of(home).look(home, [](const auto& machine) { return machine.facts().ready > 0; });
    const auto wanted = shard_of(home).look(home, [](const auto& machine) { return machine.wanted(); });
    if (has_ready && *has_ready) waiting->end(true);
    if (wanted && *wanted) waiting->wait_at(topic->partitions[i], (*wanted)->from);
  }
  // Partitions that came before it was registered wake nobody.
  const auto now = is_served ? broker.topology()->find(served->topic) : nullptr;
  if (now && now->partitions.size() != topic->partitions.size()) waiting->end(true);
  return [waiting] { waiting->end(false); };
}

void DeliveryRuntime::Impl::wake(const std::string& id) {
  const auto woken = waiters.with([&](Waiters& all) {
    const auto found = all.extract(id);
    return found.empty() ? std::vector<std::shared_ptr<Waiting>>() : std::move(found.mapped());
  });
  for (const auto& each : woken) each->end(true);
}

void DeliveryRuntime::Impl::wake_at(const std::string& id, Instant at) {
  wakes.with([&](auto& all) {
    const auto [place, is_new] = all.try_emplace(id, at);
    if (!is_new) place->second = std::min(place->second, at);
  });
  rearm(at);
}

std::optional<Instant> DeliveryRuntime::Impl::wake_due(Instant now) {
  std::vector<std::string> due;
  std::optional<Instant> next;
  wakes.with([&](auto& all) {
    std::erase_if(all, [&](const auto& each) {
      const bool is_due = each.second <= now;
      if (is_due) due.push_back(each.first);
      if (!is_due && (!next || each.second < *next)) next = each.second;
      return is_due;
    });
  });
  for (const auto& id : due) wake(id);
  return next;
}

void DeliveryRuntime::Impl::wake_all() {
  const auto woken = waiters.with([](Waiters& all) { return std::exchange(all, {}); });
  for (const auto& [id, those] : woken) {
    for (const auto& each : those) each->end(true);
  }
}

}  // namespace millrace::runtime
