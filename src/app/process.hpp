#pragma once
// What the system says of this process, as Prometheus's own client libraries tell it. Any thread.

#include "millrace/metrics/exposition.hpp"

namespace millrace::app {

void collect_process(metrics::Exposition& into);

}  // namespace millrace::app
