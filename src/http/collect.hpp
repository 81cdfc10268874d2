#pragma once
// Numbers of the engine, of deliveries and of this door, as metrics. All of it runs on the scraper's thread; it takes
// the lock of each partition, of each coordinator and of each delivery for a moment, one after the other.

#include <chrono>
#include <string>

#include "counts.hpp"
#include "lag_ages.hpp"
#include "millrace/dispatch/dispatcher.hpp"
#include "millrace/metrics/exposition.hpp"
#include "millrace/redrive/jobs.hpp"
#include "millrace/redrive/letters.hpp"
#include "millrace/runtime/broker_runtime.hpp"
#include "millrace/runtime/delivery_runtime.hpp"
#include "millrace/runtime/group_runtime.hpp"

namespace millrace::http {

/// Build, uptime, disk, flushes, refused records, memory.
void collect_broker(const runtime::BrokerRuntime& broker, metrics::Exposition& into);
/// Every topic, up to a bound.
void collect_topics(const runtime::Topology& topology, metrics::Exposition& into);
/// Groups and their lag, up to a bound.
void collect_groups(runtime::BrokerRuntime& broker, const runtime::GroupRuntime& groups, LagAges& ages,
                    metrics::Exposition& into);
void collect_door(const Counts& counts, metrics::Exposition& into);
/// Subscriptions and their deliveries, up to a bound.
void collect_deliveries(const dispatch::Dispatcher& dispatcher, const runtime::DeliveryRuntime& delivery,
                        metrics::Exposition& into);
/// Dead letters, of topics up to a bound, and redrive jobs. It reads letters from the disk.
void collect_letters(redrive::Letters& letters, const redrive::Jobs& jobs, Timestamp now, metrics::Exposition& into);

}  // namespace millrace::http
