#pragma once
// The door's part of the metrics. Any thread.

#include <memory>
#include <vector>

#include "connections.hpp"
#include "counts.hpp"
#include "fetch_session_cache.hpp"
#include "millrace/metrics/exposition.hpp"

namespace millrace::kafka {

void collect(const std::vector<std::unique_ptr<Counts>>& lanes, const Connections& connections,
             const runtime::Guarded<FetchSessionCache>& fetch_sessions, metrics::Exposition& into);

}  // namespace millrace::kafka
