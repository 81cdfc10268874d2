#pragma once
// The tables of docs/metrics.md. Pure.

#include <string>

namespace millrace::metrics {

/// Every metric: name, type, labels, meaning, and where it is looked at.
[[nodiscard]] std::string metrics_table();
/// Every alert: when it is told, and what it says.
[[nodiscard]] std::string alerts_table();

}  // namespace millrace::metrics
