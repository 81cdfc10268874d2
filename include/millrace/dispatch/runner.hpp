#pragma once
// Runner: what brings the events of one subscription to its sink. Who asks for events over HTTP needs none; each other
// protocol brings its own, and the dispatcher says when it runs.
//
// A runner receives and settles through runtime::DeliveryRuntime under the subscription's id, which is served before
// start() and until after stop(). It keeps nothing that has to outlive the process: what is durable is delivery's and
// the dispatcher's.

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "millrace/core/time.hpp"
#include "millrace/subscriptions/subscription.hpp"

namespace millrace::dispatch {

/// With its secrets. Never null, never changed.
using SubscriptionPtr = std::shared_ptr<const subscriptions::Subscription>;

/// How it went last. A value.
struct Attempt {
  Timestamp time = 0;
  std::int32_t status = 0;  ///< of the answer; 0: there was none
  std::string message{};    ///< for people; no secret
  bool operator==(const Attempt&) const = default;
};

struct RunnerStatus {
  bool is_pending = false;  ///< nothing is sent yet, for the sink has not said that it wants it
  std::optional<Attempt> last_attempt{};
};

/// start() and stop() come one after the other, on the dispatcher's thread or on that of who stops it, and must not
/// wait for a sink. status() comes on any thread, at any time.
class Runner {
 public:
  Runner() = default;
  Runner(const Runner&) = delete;
  Runner& operator=(const Runner&) = delete;
  virtual ~Runner() = default;

  /// Delivers from now on. Called again, without a stop(), when the subscription has been replaced.
  virtual void start(SubscriptionPtr subscription) = 0;
  /// Begins nothing any more; what is under way may end by itself. Afterwards it is let go: a runner that is resumed is
  /// another one.
  virtual void stop() = 0;
  [[nodiscard]] virtual RunnerStatus status() const = 0;
};

/// For the runner to say that it cannot go on, with a reason as in "sink-retired": the subscription is suspended,
/// durably, and the runner stopped. Any thread; also later than stop(), when it does nothing.
using Suspend = std::function<void(std::string reason)>;

/// Whether the operator lets the subscription's events be sent to its sink. Errc::invalid names the rule. On the
/// dispatcher's thread.
using JudgeSink = std::function<Result<void>(const subscriptions::Subscription& subscription)>;

/// Makes the runner of the subscription with this id; not null.
using MakeRunner = std::function<std::shared_ptr<Runner>(const std::string& id, Suspend suspend)>;

}  // namespace millrace::dispatch
