#include "millrace/runtime/delivery_runtime.hpp"

#include <boost/asio/post.hpp>

#include "delivery_impl.hpp"
#include "millrace/groups/coordinator.hpp"

namespace millrace::runtime {

using delivery::Home;
using delivery::PartitionDelivery;
using delivery::Token;

namespace {

constexpr std::string_view delivery_topic = "__millrace_delivery";

/// The first error of several, once all have answered.
class AllDone {
 public:
  AllDone(std::size_t count, Callback<void(ErrorCode)> done) : open_(count), done_(std::move(done)) {}
  void put(ErrorCode error) {
    if (error != ErrorCode::none) error_.store(error);
    if (open_.fetch_sub(1) == 1) done_(error_.load());
  }

 private:
  std::atomic<std::size_t> open_;
  std::atomic<ErrorCode> error_ = ErrorCode::none;
  Callback<void(ErrorCode)> done_;
};

}  // namespace

DeliveryShard& DeliveryRuntime::Impl::shard_of(const Home& home) const {
  const auto count = static_cast<std::int32_t>(shards.size());
  const auto first = static_cast<std::int64_t>(groups::partition_for(home.subscription, count));
  return *shards[static_cast<std::size_t>((first + home.partition) % count)];
}

DeliveryRuntime::Impl::ServedPtr DeliveryRuntime::Impl::find(const std::string& id) const {
  return subscriptions.with([&](const auto& all) -> ServedPtr {
    const auto found = all.find(id);
    return found == all.end() ? nullptr : found->second;
  });
}

void DeliveryRuntime::Impl::serve(Subscription subscription, Callback<void(ErrorCode)> done) {
  if (!find(subscription.id)) return serve_now(std::move(subscription), std::move(done));
  if (stopped.load()) return done(ErrorCode::not_coordinator);
  // In turn with what reads logs: nothing is told by the old filter afterwards.
  work.post([this, subscription = std::move(subscription), done = std::move(done)]() mutable {
    serve_now(std::move(subscription), std::move(done));
  });
}

void DeliveryRuntime::Impl::serve_now(Subscription subscription, Callback<void(ErrorCode)> done) {
  const auto topic = broker.topology()->find(subscription.topic);
  // A view is no topic to it: whoever has a filter needs no other one.
  if (!topic || topic->topic->is_internal || topic->view) return done(ErrorCode::unknown_topic_or_partition);
  auto served = std::make_shared<Served>();
  served->subscription = std::move(subscription);
  served->topic = topic->topic->id;
  if (const auto& rules = served->subscription.breaker) {
    const auto before = find(served->subscription.id);
    served->breaker = before ? before->breaker : nullptr;
    if (served->breaker) {
      served->breaker->set_policy(*rules);
    } else {
      served->breaker =
          std::make_shared<DeliveryBreaker>(served->subscription.id, *rules, broker.now().steady, diagnostics);
    }
  }
  subscriptions.with([&](auto& all) { all[served->subscription.id] = served; });
  serve_partitions(served, *topic, served->subscription.from_start, std::move(done));
  wake(served->subscription.id);
}

void DeliveryRuntime::Impl::serve_partitions(const ServedPtr& served, const HostedTopic& topic, bool from_start,
                                             Callback<void(ErrorCode)> done) {
  const std::size_t from = served->partitions.exchange(topic.partitions.size()), to = topic.partitions.size();
  if (from >= to) return done(ErrorCode::none);
  const auto all = std::make_shared<AllDone>(to - from, std::move(done));
  for (std::size_t i = from; i < to; ++i) {
    const auto& begin_at = served->subscription.begin_at;
    const bool at_start = begin_at ? i >= begin_at->size() : from_start;
    const Offset begin =
        begin_at && !at_start ? (*begin_at)[i] : topic.partitions[i]->with([&](broker::Partition& partition) {
          return at_start ? partition.start() : partition.end();
        });
    DeliveryShard& shard = shard_of(served->home(i));
    shard.serve(
        served->home(i), served->subscription.policy, begin, [all](ErrorCode error) { all->put(error); },
        served->breaker);
    rearm(shard.next_deadline());
  }
}

void DeliveryRuntime::Impl::rearm(std::optional<Instant> due) {
  if (!due || due->time_since_epoch().count() >= armed_for.load()) return;
  asio::post(timer.get_executor(), [weak = weak_from_this(), at = *due] {
    if (const auto self = weak.lock()) self->arm(at);
  });
}

void DeliveryRuntime::Impl::arm(Instant due) {
  if (stopped.load() || due.time_since_epoch().count() >= armed_for.load()) return;
  armed_for.store(due.time_since_epoch().count());
  timer.expires_after(std::max(due - broker.now().steady, Milliseconds::zero()));
  // Weakly: a timer that its own handler keeps alive would be destroyed by its own io_context.
  timer.async_wait([weak = weak_from_this()](const boost::system::error_code& error) {
    const auto self = weak.lock();
    if (!error && self) self->fire();
  });
}

void DeliveryRuntime::Impl::fire() {
  armed_for.store(never);
  for (const auto& shard : shards) shard->run_timers();
  for (const auto& shard : shards) rearm(shard->next_deadline());
  rearm(wake_due(broker.now().steady));
}

DeliveryRuntime::DeliveryRuntime(std::shared_ptr<Impl> impl) : impl_(std::move(impl)) {}
DeliveryRuntime::~DeliveryRuntime() { stop(); }

Result<std::unique_ptr<DeliveryRuntime>> DeliveryRuntime::open(BrokerRuntime& broker, const Executor& executor,
                                                               std::int32_t partitions_if_new,
                                                               std::shared_ptr<spdlog::logger> diagnostics,
                                                               DeliveryListeners listeners) {
  const auto topic = broker.ensure_internal_topic(std::string(delivery_topic), partitions_if_new);
  if (!topic) return failure_of(topic);
  auto impl = std::make_shared<Impl>(broker, executor, std::move(diagnostics));
  const auto seed = [&broker] {
    const Uuid chance = broker.fresh_uuid();
    return load_be<std::uint64_t>(chance.bytes.data());
  };
  impl->writes_letters = static_cast<bool>(listeners.letters);
  const DeliveryShard::Listeners told{.letters = std::move(listeners.letters),
                                      .resolved = std::move(listeners.resolved),
                                      .ready = [weak = std::weak_ptr(impl)](const Home& home) {
                                        if (const auto self = weak.lock()) self->wake(home.subscription);
                                      }};
  for (const auto& partition : (*topic)->partitions) {
    auto shard = std::make_unique<DeliveryShard>(partition, impl->clock, seed, told, *impl->diagnostics);
    if (auto loaded = shard->load(); !loaded) return failure_of(loaded);
    impl->shards.push_back(std::move(shard));
  }
  return std::unique_ptr<DeliveryRuntime>(new DeliveryRuntime(std::move(impl)));
}

void DeliveryRuntime::stop_waiting() {
  impl_->nobody_waits.store(true);
  impl_->wake_all();
}

void DeliveryRuntime::stop() {
  if (impl_->stopped.exchange(true)) return;
  for (const auto& shard : impl_->shards) shard->stop();
  stop_waiting();
  impl_->work.finish();
  asio::post(impl_->timer.get_executor(), [impl = impl_] { impl->timer.cancel(); });
}

void DeliveryRuntime::serve(Subscription subscription, Callback<void(ErrorCode)> done) {
  if (subscription.id.empty() || subscription.id.size() > limits::group_id_max) return done(ErrorCode::invalid_request);
  auto policy = *subscription.policy;
  const bool has_rules = !subscription.breaker || delivery::check(*subscription.breaker);
  if (!delivery::check(policy) || !has_rules) return done(ErrorCode::invalid_config);
  policy.dead_letters = policy.dead_letters && impl_->writes_letters;
  subscription.policy = impl_->shared(policy);
  impl_->serve(std::move(subscription), std::move(done));
}

void DeliveryRuntime::forget(const std::string& id, Callback<void(ErrorCode)> done) {
  const auto served = impl_->subscriptions.with([&](auto& all) {
    const auto found = all.extract(id);
    return found.empty() ? nullptr : found.mapped();
  });
  impl_->wake(id);
  std::vector<Home> known;
  for (const auto& shard : impl_->shards) {
    const auto homes = shard->homes_of(id);
    if (!homes) return done(ErrorCode::not_coordinator);
    known.insert(known.end(), homes->begin(), homes->end());
  }
  if (known.empty()) return done(served ? ErrorCode::none : ErrorCode::resource_not_found);
  const auto all = std::make_shared<AllDone>(known.size(), std::move(done));
  for (const Home& home : known) impl_->shard_of(home).forget(home, [all](ErrorCode error) { all->put(error); });
}

void DeliveryRuntime::receive(const std::string& id, std::size_t max, delivery::ConsumerId consumer,
                              Callback<void(tl::expected<Received, ErrorCode>)> done) {
  if (impl_->stopped.load()) return done(tl::unexpected(ErrorCode::not_coordinator));
  // The work thread ends before what it uses does.
  impl_->work.post([impl = impl_.get(), id, max, consumer, done = std::move(done)]() mutable {
    impl->receive(id, max, consumer, std::move(done));
  });
}

void DeliveryRuntime::acknowledge(const std::string& id, const std::vector<DeliveryLock>& locks, LocksDone done) {
  impl_->settle(id, locks, std::move(done), [](PartitionDelivery& machine, const std::vector<Token>& tokens, Now now) {
    return machine.acknowledge(tokens, now);
  });
}
void DeliveryRuntime::release(const std::string& id, const std::vector<DeliveryLock>& locks, Milliseconds delay,
                              LocksDone done) {
  impl_->settle(id, locks, std::move(done), [&](PartitionDelivery& machine, const std::vector<Token>& tokens, Now now) {
    return machine.release(tokens, delay, now);
  });
}
void DeliveryRuntime::fail(const std::string& id, const std::vector<DeliveryLock>& locks,
                           const delivery::FailedAttempt& failure, Milliseconds at_least, LocksDone done) {
  impl_->settle(id, locks, std::move(done), [&](PartitionDelivery& machine, const std::vector<Token>& tokens, Now now) {
    return machine.fail(tokens, failure, at_least, now);
  });
}
void DeliveryRuntime::reject(const std::string& id, const std::vector<DeliveryLock>& locks,
                             const delivery::FailedAttempt& failure, LocksDone done) {
  impl_->settle(id, locks, std::move(done), [&](PartitionDelivery& machine, const std::vector<Token>& tokens, Now now) {
    return machine.reject(tokens, failure, now);
  });
}
void DeliveryRuntime::renew(const std::string& id, const std::vector<DeliveryLock>& locks, LocksDone done) {
  impl_->settle(id, locks, std::move(done), [](PartitionDelivery& machine, const std::vector<Token>& tokens, Now now) {
    return machine.renew(tokens, now);
  });
}

void DeliveryRuntime::consumer_gone(const std::string& id, delivery::ConsumerId consumer) {
  const auto served = impl_->find(id);
  if (!served) return;
  for (std::size_t i = 0; i < served->partitions.load(); ++i) {
    impl_->shard_of(served->home(i)).tell(served->home(i), [&](PartitionDelivery& machine, Now now) {
      return machine.consumer_gone(consumer, now);
    });
  }
}

Cancel DeliveryRuntime::wait(const std::string& id, Callback<void()> done) { return impl_->wait(id, std::move(done)); }

void DeliveryRuntime::archived(const Home& home, Offset event, Offset letter) {
  impl_->tell(home, [&](PartitionDelivery& machine, Now now) { return machine.archived(event, letter, now); });
}
void DeliveryRuntime::archive_failed(const Home& home, Offset event) {
  impl_->tell(home, [&](PartitionDelivery& machine, Now now) { return machine.archive_failed(event, now); });
}

void DeliveryRuntime::redrive(const Home& home, std::vector<delivery::Redrive> events,
                              Callback<void(tl::expected<std::vector<delivery::RedriveError>, ErrorCode>)> done) {
  DeliveryShard& shard = impl_->shard_of(home);
  shard.ask<PartitionDelivery::Redriven>(
      home, [&](PartitionDelivery& machine, Now now) { return machine.redrive(events, now); },
      [done = std::move(done)](tl::expected<PartitionDelivery::Redriven, ErrorCode> redriven) mutable {
        if (!redriven) return done(tl::unexpected(redriven.error()));
        done(std::move(redriven->errors));
      });
  impl_->rearm(shard.next_deadline());
}

void DeliveryRuntime::discard(const Home& home, std::vector<Offset> events, Callback<void(ErrorCode)> done) {
  DeliveryShard& shard = impl_->shard_of(home);
  shard.ask<delivery::Effects>(
      home, [&](PartitionDelivery& machine, Now now) { return machine.discard(events, now); },
      [done = std::move(done)](const tl::expected<delivery::Effects, ErrorCode>& discarded) mutable {
        done(discarded ? ErrorCode::none : discarded.error());
      });
  impl_->rearm(shard.next_deadline());
}

std::optional<bool> DeliveryRuntime::is_unsettled(const Home& home, Offset event) const {
  return impl_->shard_of(home).look(home,
                                    [&](const PartitionDelivery& machine) { return machine.is_unsettled(event); });
}

std::optional<Home> DeliveryRuntime::home_of(const std::string& id, PartitionIndex partition) const {
  const auto served = impl_->find(id);
  if (!served || partition < 0 || static_cast<std::size_t>(partition) >= served->partitions.load()) return std::nullopt;
  return served->home(static_cast<std::size_t>(partition));
}

PartitionDelivery::Counts DeliveryRuntime::counts(const std::string& id) const {
  PartitionDelivery::Counts sum;
  const auto served = impl_->find(id);
  for (std::size_t i = 0; served && i < served->partitions.load(); ++i) {
    if (const auto counts = impl_->shard_of(served->home(i)).counts(served->home(i))) sum += *counts;
  }
  return sum;
}

std::optional<delivery::Breaker::Facts> DeliveryRuntime::breaker(const std::string& id) const {
  const auto served = impl_->find(id);
  if (!served || !served->breaker) return std::nullopt;
  return served->breaker->facts(impl_->broker.now().steady);
}

std::vector<std::optional<PartitionDelivery::Facts>> DeliveryRuntime::facts(const std::string& id) const {
  std::vector<std::optional<PartitionDelivery::Facts>> out;
  const auto served = impl_->find(id);
  for (std::size_t i = 0; served && i < served->partitions.load(); ++i)
    out.push_back(impl_->shard_of(served->home(i)).look(served->home(i), [](const PartitionDelivery& machine) {
      return machine.facts();
    }));
  return out;
}

std::set<std::string> DeliveryRuntime::take_moved() {
  std::set<std::string> moved;
  for (const auto& shard : impl_->shards) moved.merge(shard->take_moved());
  return moved;
}

}  // namespace millrace::runtime
