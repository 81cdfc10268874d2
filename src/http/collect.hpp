#pragma once
// Numbers of the engine and of this door, as metrics. All of it runs on the scraper's thread; it takes the lock of each
// partition and of each coordinator for a moment, one after the other.

#include <chrono>
#include <string>

#include "counts.hpp"
#include "lag_ages.hpp"
#include "millrace/metrics/exposition.hpp"
#include "millrace/runtime/broker_runtime.hpp"
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

}  // namespace millrace::http
