#pragma once
// Events handed out one by one, at work: who delivers them, who keeps subscriptions and sends for those with a sink,
// and who writes their dead letters. Owned by the daemon, between the broker and the doors.
//
// start() while the broker is opening. Then, as the daemon stops: stop_waiting(), stop() when the doors are closed, and
// destroyed when the broker is.

#include <memory>

#include "millrace/disk/disk.hpp"
#include "millrace/dispatch/dispatcher.hpp"
#include "millrace/forward/forwarder.hpp"
#include "millrace/http/server.hpp"
#include "millrace/redrive/jobs.hpp"
#include "millrace/redrive/letters.hpp"
#include "millrace/runtime/delivery_runtime.hpp"
#include "millrace/runtime/group_runtime.hpp"
#include "millrace/sender/sender.hpp"
#include "millrace/webhook/hook_tests.hpp"
#include "millrace/webhook/web_hooks.hpp"
#include "settings.hpp"

namespace millrace::app {

class Delivering {
 public:
  struct Under {
    runtime::BrokerRuntime& broker;
    runtime::GroupRuntime& groups;
    disk::Disk& disk;
    runtime::IoThreads& threads;
    tracing::Tracer* tracer = nullptr;  ///< null: nobody wants traces
  };
  [[nodiscard]] static Result<std::unique_ptr<Delivering>> start(const Under& under, const Settings& settings);

  [[nodiscard]] http::Backends backends() const;
  void collect(metrics::Exposition& into) const;
  /// Whoever waits for an event or for a test is answered, and nothing further is sent.
  void stop_waiting();
  /// Everything is given back, and what is left of letters is written.
  void stop();

 private:
  Delivering() = default;
  [[nodiscard]] Result<void> open_letters(const Under& under);
  [[nodiscard]] Result<void> open_web_hooks(const Under& under, const Settings& settings);

  std::unique_ptr<redrive::Letters> letters_;
  std::unique_ptr<redrive::Jobs> jobs_;
  std::unique_ptr<runtime::DeliveryRuntime> delivery_;
  std::unique_ptr<forward::Forwarder> forwarder_;
  std::unique_ptr<sender::Sender> sender_;
  std::unique_ptr<webhook::WebHooks> web_hooks_;
  std::unique_ptr<webhook::HookTests> hook_tests_;
  std::unique_ptr<dispatch::Dispatcher> dispatcher_;
};

}  // namespace millrace::app
