#pragma once
// What all web hooks of a broker have in common. Any thread.

#include <atomic>
#include <memory>
#include <vector>

#include "alarms.hpp"
#include "counts.hpp"
#include "millrace/core/bytes.hpp"
#include "millrace/runtime/broker_runtime.hpp"
#include "millrace/runtime/delivery_runtime.hpp"
#include "millrace/runtime/work_thread.hpp"
#include "millrace/webhook/web_hooks.hpp"

namespace millrace::webhook {

struct WebHooks::Shared {
  Shared(Works works, Options given);

  runtime::BrokerRuntime& broker;
  runtime::DeliveryRuntime& delivery;
  const Send send;
  const std::vector<runtime::Executor> lanes;
  tracing::Tracer* const tracer;
  const OriginalOf original_of;
  const OriginalOf edited_of;
  const std::shared_ptr<spdlog::logger> diagnostics;
  const Options options;
  Counts counts;
  const std::shared_ptr<Alarms> alarms;
  std::vector<std::unique_ptr<runtime::WorkThread>> readers;
  std::atomic<std::uint64_t> pushers = 0;  ///< that were made
  std::atomic<std::size_t> questions = 0;  ///< that are under way

  [[nodiscard]] Instant now() const { return broker.now().steady; }
  [[nodiscard]] std::uint64_t chance() const { return load_be<std::uint64_t>(broker.fresh_uuid().bytes.data()); }
};

}  // namespace millrace::webhook
