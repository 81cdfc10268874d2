#pragma once
// Forwarder: brings the events of subscriptions with the protocol KAFKA to their sinks, which are topics of this
// broker. That is what a routing rule is.
//
// Each event is copied at least once, its record untouched, with the marks of copy.hpp; it is settled when the copy is
// durable. A record without key keeps its partition's number, one with a key goes where its key belongs. What the topic
// refuses for good is rejected, with a reason; anything else is a failed attempt. All of it runs on one thread.
//
// Owned by app: after the delivery and the broker, and stopped before them. maker() goes to
// Dispatcher::serve_protocol().

#include <memory>

#include "millrace/dispatch/runner.hpp"
#include "millrace/runtime/delivery_runtime.hpp"

namespace spdlog {
class logger;
}

namespace millrace::forward {

/// The record of a redriven event that its log has lost, or that somebody has edited since it died; nothing when there
/// is none. It may read the disk.
using FindOriginal = std::function<std::optional<record::OwnedRecord>(const delivery::Home&, Offset)>;

class Forwarder {
 public:
  Forwarder(runtime::BrokerRuntime& broker, runtime::DeliveryRuntime& delivery, FindOriginal find_original,
            std::shared_ptr<spdlog::logger> diagnostics, FindOriginal find_edited = nullptr);
  ~Forwarder();
  Forwarder(const Forwarder&) = delete;
  Forwarder& operator=(const Forwarder&) = delete;

  [[nodiscard]] dispatch::MakeRunner maker();
  /// Returns when what was begun is done. Runners that it made do nothing any more.
  void stop();

  struct Impl;

 private:
  std::shared_ptr<Impl> impl_;
};

}  // namespace millrace::forward
