#pragma once
// WebHooks: brings the events of subscriptions to their sinks over HTTP; the dispatcher's runner for Protocol::http.
//
// A sink is asked first whether it wants events (push/handshake.hpp); then events are received, read from their log,
// sent and settled as its answers say (docs/push.md). Nothing is received that could not be sent at once. Each sink has
// a state of its own, so one that is dead holds up no other. Everything of one subscription happens on one network
// thread, and none of them ever waits; logs are read on threads of their own. An idle subscription holds one
// DeliveryRuntime::wait() and no timer.
//
// Owned by app: runners come from make(), for Dispatcher::serve_protocol(). stop() after the dispatcher and the sender
// have been stopped, before delivery is destroyed; the network threads outlive it. All else: any thread.

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "millrace/core/ids.hpp"
#include "millrace/core/result.hpp"
#include "millrace/core/time.hpp"
#include "millrace/deadletter/letter.hpp"
#include "millrace/delivery/records.hpp"
#include "millrace/dispatch/runner.hpp"
#include "millrace/push/sink_state.hpp"
#include "millrace/runtime/callback.hpp"
#include "millrace/runtime/io.hpp"
#include "millrace/sender/sender.hpp"
#include "millrace/subscriptions/sink.hpp"

namespace spdlog {
class logger;
}

namespace millrace::metrics {
class Exposition;
}

namespace millrace::runtime {
class BrokerRuntime;
class DeliveryRuntime;
}  // namespace millrace::runtime

namespace millrace::tracing {
class Tracer;
}

namespace millrace::webhook {

/// As sender::Sender::send().
using Send = std::function<void(const subscriptions::SinkUrl& sink, sender::Outgoing request, Milliseconds timeout,
                                runtime::Callback<void(sender::Outcome)> done)>;

/// The record of an event that was redriven after its log had lost it. May read the disk.
using OriginalOf = std::function<std::optional<deadletter::Record>(const delivery::Home& home, Offset event)>;

struct Options {
  std::string origin = "localhost";      ///< WebHook-Request-Origin: push::check_origin()
  bool allows_http = false;              ///< sinks without TLS
  subscriptions::Allowed allowed{};      ///< of sinks that are addresses; who sends judges what names lead to
  Milliseconds request_timeout{30'000};  ///< at least 1 ms; less where a lock would run out before
  std::size_t places = 10;               ///< requests to one sink at once
  push::BreakerPolicy breaker{};
};

/// Why a subscription is suspended, beside push::name_of(push::Suspension).
inline constexpr std::string_view sink_refused = "sink-refused";          ///< it was asked, and wants no events
inline constexpr std::string_view sink_not_allowed = "sink-not-allowed";  ///< the operator allows no such URL

/// What web hooks work with; all of it must outlive them. `lanes` are the network threads', at least one.
struct Works {
  runtime::BrokerRuntime& broker;
  runtime::DeliveryRuntime& delivery;
  Send send;
  std::vector<runtime::Executor> lanes;
  tracing::Tracer* tracer = nullptr;  ///< null: nothing is traced
  OriginalOf original_of{};           ///< unset: what its log has lost is lost
  OriginalOf edited_of{};             ///< what is sent in place of what its log has; unset: nothing is
  std::shared_ptr<spdlog::logger> diagnostics;
};

class WebHooks {
 public:
  /// Errc::invalid names the option that breaks a rule.
  [[nodiscard]] static Result<std::unique_ptr<WebHooks>> open(Works works, Options options);
  ~WebHooks();
  WebHooks(const WebHooks&) = delete;
  WebHooks& operator=(const WebHooks&) = delete;

  /// Whether the sink may be sent to, as far as its URL tells. Errc::invalid names the rule and the setting.
  [[nodiscard]] Result<void> judge(const subscriptions::Subscription& subscription) const;
  [[nodiscard]] std::shared_ptr<dispatch::Runner> make(const std::string& id, dispatch::Suspend suspend);

  /// Goes on with those whose pause, breaker, rate or back-off is over. A timer does it by itself.
  void ring();
  /// Reads no more; what is in hand is given back, or left to delivery's own end.
  void stop();
  void collect(metrics::Exposition& into) const;

  struct Shared;

 private:
  explicit WebHooks(std::shared_ptr<Shared> shared);
  std::shared_ptr<Shared> shared_;
};

}  // namespace millrace::webhook
