#pragma once
// Delivery at work: for each subscription and each partition of its topic one delivery::PartitionDelivery, in the
// shards of `__millrace_delivery`, fed from the topic's log.
//
// An answer leaves only when everything that it could have seen is durable. Logs are read on a thread of its own, when
// somebody receives. What is served is not remembered here: whoever keeps subscriptions serves them again after a
// start, and delivery goes on where it was. Dead letters are written by who listens for them, in the end confirmed by
// archived() or put off by archive_failed(); where nobody listens a dead event is settled and counted.
// Shared: any thread; callbacks come on any thread. Locks: a shard's first, then its partition's.

#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "millrace/delivery/breaker.hpp"
#include "millrace/delivery/partition_delivery.hpp"
#include "millrace/delivery/records.hpp"
#include "millrace/record/record.hpp"
#include "millrace/runtime/broker_runtime.hpp"
#include "millrace/runtime/callback.hpp"
#include "millrace/runtime/io.hpp"

namespace millrace::runtime {

/// Whether a record passes a subscription's filter. Any thread. Unset: all do.
using TakesRecord = std::function<bool(PartitionIndex, Offset, Timestamp, const record::RecordView&)>;

struct Subscription {
  std::string id;  ///< 1 to limits::group_id_max bytes
  std::string topic;
  delivery::PolicyPtr policy;
  bool from_start = false;  ///< begins with what the topic has, else with what comes; new partitions from their start
  /// Where each partition begins, by index, whatever `from_start` says; those beyond begin with what they have.
  std::optional<std::vector<Offset>> begin_at{};
  TakesRecord takes;
  /// Nothing is handed out for a while when too many of its hand-outs fail. Unset: whatever happens goes on.
  std::optional<delivery::BreakerPolicy> breaker{};
};

/// An event in the hand of whoever received it.
struct Delivered {
  PartitionIndex partition = 0;
  delivery::Acquired event;
};
struct Received {
  std::vector<Delivered> events;  ///< ascending within each partition
  Milliseconds lock_time{};       ///< counted from the hand-out
};

/// What is to be settled.
struct DeliveryLock {
  PartitionIndex partition = 0;
  delivery::Token token;
};
struct LockAnswer {
  delivery::TokenError error = delivery::TokenError::none;
  ErrorCode unavailable = ErrorCode::none;  ///< nothing was decided: the log cannot be written now
  bool operator==(const LockAnswer&) const = default;
};
using LocksDone = Callback<void(tl::expected<std::vector<LockAnswer>, ErrorCode>)>;  ///< in the order of the locks

/// What delivery has to say by itself, once it is durable. On any thread, outside of all locks.
struct DeliveryListeners {
  /// Letters to be written; unset: nobody writes any, and policies that want some are served as if they did not. The
  /// same letter comes again after archive_failed(), and after a start, until it is archived().
  std::function<void(const delivery::Home&, std::vector<delivery::DeadLetter>)> letters{};
  /// Redriven events were acknowledged. After a crash in between it is not said again: is_unsettled() tells.
  std::function<void(const delivery::Home&, std::vector<delivery::Resolved>)> resolved{};
};

class DeliveryRuntime {
 public:
  /// Makes the topic if there is none and replays it. Timers run on `executor`. All references must outlive it.
  [[nodiscard]] static Result<std::unique_ptr<DeliveryRuntime>> open(BrokerRuntime& broker, const Executor& executor,
                                                                     std::int32_t partitions_if_new,
                                                                     std::shared_ptr<spdlog::logger> diagnostics,
                                                                     DeliveryListeners listeners = {});
  ~DeliveryRuntime();
  DeliveryRuntime(const DeliveryRuntime&) = delete;
  DeliveryRuntime& operator=(const DeliveryRuntime&) = delete;

  /// Who waits is called back, and who comes to wait later at once.
  void stop_waiting();
  /// Everything that comes later is answered not_coordinator. What was in hand is available after the next start.
  void stop();

  /// Delivers from now on, or by another policy and filter: what is handed out once this is done has passed them, but
  /// for events that have failed. invalid_config: a policy breaks a rule; invalid_request:
  /// the id does; unknown_topic_or_partition.
  void serve(Subscription subscription, Callback<void(ErrorCode)> done);
  /// Delivers no longer, and forgets everything, also of topics that are gone. resource_not_found: nothing is known of
  /// it.
  void forget(const std::string& id, Callback<void(ErrorCode)> done);

  /// What can be handed out now, so many at most; it does not wait for more. An open breaker hands out nothing.
  /// resource_not_found: it is not served.
  void receive(const std::string& id, std::size_t max, delivery::ConsumerId consumer,
               Callback<void(tl::expected<Received, ErrorCode>)> done);
  void acknowledge(const std::string& id, const std::vector<DeliveryLock>& locks, LocksDone done);
  void release(const std::string& id, const std::vector<DeliveryLock>& locks, Milliseconds delay, LocksDone done);
  void fail(const std::string& id, const std::vector<DeliveryLock>& locks, const delivery::FailedAttempt& failure,
            Milliseconds at_least, LocksDone done);
  void reject(const std::string& id, const std::vector<DeliveryLock>& locks, const delivery::FailedAttempt& failure,
              LocksDone done);
  void renew(const std::string& id, const std::vector<DeliveryLock>& locks, LocksDone done);
  /// What it has in hand is given back.
  void consumer_gone(const std::string& id, delivery::ConsumerId consumer);
  /// Calls back once, on any thread: when there may be something to receive, or nothing is served by that name any
  /// longer. It may be too early, and it never waits for what nobody reads: receive first, then wait. The Cancel may be
  /// called at any time, on any thread; afterwards `done` is not called, but if it was under way.
  [[nodiscard]] Cancel wait(const std::string& id, Callback<void()> done);

  /// The letter is durable, at that offset of its dead-letter partition.
  void archived(const delivery::Home& home, Offset event, Offset letter);
  /// It could not be written; what its policy says then happens.
  void archive_failed(const delivery::Home& home, Offset event);
  /// One error for each, in their order. resource_not_found: that is not served.
  void redrive(const delivery::Home& home, std::vector<delivery::Redrive> events,
               Callback<void(tl::expected<std::vector<delivery::RedriveError>, ErrorCode>)> done);
  /// Dead events that hold back others are given up; others are left alone.
  void discard(const delivery::Home& home, std::vector<Offset> events, Callback<void(ErrorCode)> done);
  /// Nothing when it is not served or its log cannot be read now.
  [[nodiscard]] std::optional<bool> is_unsettled(const delivery::Home& home, Offset event) const;
  /// Where the machine of that partition is; nothing when it is not served.
  [[nodiscard]] std::optional<delivery::Home> home_of(const std::string& id, PartitionIndex partition) const;

  /// Of each partition, by index; nothing while its log cannot be read, or when it is not served.
  [[nodiscard]] std::vector<std::optional<delivery::PartitionDelivery::Facts>> facts(const std::string& id) const;
  /// Subscriptions whose Facts::start has moved in some partition since this was asked last: all, when it was not.
  [[nodiscard]] std::set<std::string> take_moved();
  /// Of all its partitions, since the broker's start.
  [[nodiscard]] delivery::PartitionDelivery::Counts counts(const std::string& id) const;
  /// Nothing when it has none, or is not served.
  [[nodiscard]] std::optional<delivery::Breaker::Facts> breaker(const std::string& id) const;

  struct Impl;

 private:
  explicit DeliveryRuntime(std::shared_ptr<Impl> impl);
  std::shared_ptr<Impl> impl_;
};

}  // namespace millrace::runtime
