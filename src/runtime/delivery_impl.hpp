#pragma once
// DeliveryRuntime::Impl: subscriptions at work and the shards that have their machines, split over the files beside it:
// delivery_runtime.cpp has what is asked of it, delivery_receive.cpp how events come from a log into a hand.
// delivery_runtime.hpp says what it promises.

#include <spdlog/logger.h>

#include <atomic>
#include <limits>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "delivery_breaker.hpp"
#include "delivery_shard.hpp"
#include "millrace/runtime/delivery_runtime.hpp"
#include "millrace/runtime/guarded.hpp"
#include "millrace/runtime/work_thread.hpp"

namespace millrace::runtime {

/// The broker's clock, as the shards want it.
class DeliveryClock final : public Clock {
 public:
  explicit DeliveryClock(const BrokerRuntime& broker) : broker_(broker) {}
  [[nodiscard]] Now now() const override { return broker_.now(); }

 private:
  const BrokerRuntime& broker_;
};

/// Answers of several partitions, put into the order of the request; the last one to come hands them on.
class LocksGathered {
 public:
  LocksGathered(std::size_t locks, std::size_t parts, LocksDone done)
      : answers_(locks), open_(parts), done_(std::move(done)) {}
  void put(const std::vector<std::size_t>& places,
           const tl::expected<delivery::PartitionDelivery::Answer, ErrorCode>& answer) {
    for (std::size_t i = 0; i < places.size(); ++i) {
      if (answer) {
        answers_[places[i]].error = answer->errors[i];
      } else {
        answers_[places[i]].unavailable = answer.error();
      }
    }
    if (open_.fetch_sub(1) == 1) done_(std::move(answers_));
  }

 private:
  std::vector<LockAnswer> answers_;
  std::atomic<std::size_t> open_;
  LocksDone done_;
};

struct DeliveryRuntime::Impl : std::enable_shared_from_this<DeliveryRuntime::Impl> {
  /// A subscription at work. All but `partitions` stays as it is.
  struct Served {
    Subscription subscription;
    Uuid topic;
    std::shared_ptr<DeliveryBreaker> breaker;  ///< null: it has none
    std::atomic<std::size_t> partitions = 0;   ///< that are served
    std::atomic<std::size_t> turn = 0;         ///< which one the next to receive begins with
    [[nodiscard]] delivery::Home home(std::size_t partition) const {
      return {subscription.id, topic, static_cast<PartitionIndex>(partition)};
    }
  };
  using ServedPtr = std::shared_ptr<Served>;

  /// One receive on its way from partition to partition.
  struct Receiving {
    ServedPtr served;
    HostedTopicPtr topic;
    std::size_t max = 0;
    delivery::ConsumerId consumer{};
    std::size_t first = 0;
    std::size_t asked = 0;
    Received received;
    ErrorCode error = ErrorCode::none;
    Callback<void(tl::expected<Received, ErrorCode>)> done;

    Receiving() = default;
    Receiving(const Receiving&) = delete;
    Receiving& operator=(const Receiving&) = delete;
    /// The work thread has ended in between.
    ~Receiving() {
      if (done) done(tl::unexpected(ErrorCode::not_coordinator));
    }
  };

  Impl(BrokerRuntime& owner, const Executor& executor, std::shared_ptr<spdlog::logger> log)
      : broker(owner), timer(executor), diagnostics(std::move(log)), clock(owner) {}

  // delivery_wait.cpp
  class Waiting;
  using Waiters = std::map<std::string, std::vector<std::shared_ptr<Waiting>>>;
  [[nodiscard]] Cancel wait(const std::string& id, Callback<void()> done);
  void wake(const std::string& id);
  void wake_all();
  /// Wakes those who wait for it, then at the latest.
  void wake_at(const std::string& id, Instant at);
  /// Those whose time has come; when the next one's does.
  [[nodiscard]] std::optional<Instant> wake_due(Instant now);

  [[nodiscard]] DeliveryShard& shard_of(const delivery::Home& home) const;
  [[nodiscard]] ServedPtr find(const std::string& id) const;
  void serve(Subscription subscription, Callback<void(ErrorCode)> done);
  void serve_now(Subscription subscription, Callback<void(ErrorCode)> done);
  /// Those that are not served yet.
  void serve_partitions(const ServedPtr& served, const HostedTopic& topic, bool from_start,
                        Callback<void(ErrorCode)> done);

  // delivery_receive.cpp; all of it on the work thread
  void receive(const std::string& id, std::size_t max, delivery::ConsumerId consumer,
               Callback<void(tl::expected<Received, ErrorCode>)> done);
  /// Asks the next partition.
  void go_on(const std::shared_ptr<Receiving>& at);
  static void go_on_later(const std::weak_ptr<Impl>& weak, const std::shared_ptr<Receiving>& at);
  /// Tells a machine what its log has, as far as it wants that. Only the work thread tells.
  void feed(const Served& served, HostedPartition& log, const delivery::Home& home);

  /// `decide(machine, tokens, now)` for the tokens of each partition.
  template <class Decide>
  void settle(const std::string& id, const std::vector<DeliveryLock>& locks, LocksDone done, Decide decide) {
    const auto served = find(id);
    if (!served) return done(tl::unexpected(ErrorCode::resource_not_found));
    std::map<PartitionIndex, std::vector<std::size_t>> parts;
    for (std::size_t i = 0; i < locks.size(); ++i) parts[locks[i].partition].push_back(i);
    if (parts.empty()) return done(std::vector<LockAnswer>());
    const auto gathered = std::make_shared<LocksGathered>(locks.size(), parts.size(), std::move(done));
    for (const auto& [partition, places] : parts) {
      std::vector<delivery::Token> tokens;
      for (const std::size_t place : places) tokens.push_back(locks[place].token);
      if (partition < 0 || static_cast<std::size_t>(partition) >= served->partitions.load()) {
        delivery::PartitionDelivery::Answer unknown;
        unknown.errors.assign(tokens.size(), delivery::TokenError::unknown);
        gathered->put(places, unknown);
        continue;
      }
      const delivery::Home home = served->home(static_cast<std::size_t>(partition));
      DeliveryShard& shard = shard_of(home);
      shard.ask<delivery::PartitionDelivery::Answer>(
          home, [&](delivery::PartitionDelivery& machine, Now now) { return decide(machine, tokens, now); },
          [gathered, asked = places](const tl::expected<delivery::PartitionDelivery::Answer, ErrorCode>& answer) {
            gathered->put(asked, answer);
          });
      rearm(shard.next_deadline());
    }
  }

  /// Most subscriptions have the rules of the one before.
  [[nodiscard]] delivery::PolicyPtr shared(const delivery::Policy& policy) {
    return newest_policy.with([&](delivery::PolicyPtr& newest) {
      if (!newest || *newest != policy) newest = std::make_shared<const delivery::Policy>(policy);
      return newest;
    });
  }

  /// `decide(machine, now)` gives effects; nobody waits for them.
  template <class Decide>
  void tell(const delivery::Home& home, Decide decide) {
    DeliveryShard& shard = shard_of(home);
    shard.tell(home, decide);
    rearm(shard.next_deadline());
  }

  /// Arms the timer anew if `due` is earlier than what it is set to.
  void rearm(std::optional<Instant> due);
  void arm(Instant due);
  void fire();

  static constexpr auto never = std::numeric_limits<Milliseconds::rep>::max();

  BrokerRuntime& broker;
  Timer timer;  ///< used on its executor's thread
  std::shared_ptr<spdlog::logger> diagnostics;
  DeliveryClock clock;
  std::vector<std::unique_ptr<DeliveryShard>> shards;
  Guarded<std::map<std::string, ServedPtr>> subscriptions;
  Guarded<Waiters> waiters;
  Guarded<std::map<std::string, Instant>> wakes;  ///< of those who wait for a breaker
  Guarded<delivery::PolicyPtr> newest_policy;
  bool writes_letters = false;
  WorkThread work{"delivery",
                  [this](std::string_view what) { diagnostics->error("delivery work failed why=\"{}\"", what); }};
  std::atomic<Milliseconds::rep> armed_for = never;
  std::atomic<bool> nobody_waits = false;
  std::atomic<bool> stopped = false;
};

}  // namespace millrace::runtime
