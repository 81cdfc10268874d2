#pragma once
// What is made from the list for those who look at the metrics: files for Grafana and Prometheus. Pure.

#include <string>
#include <vector>

namespace millrace::metrics {

/// A dashboard for Grafana to import: it asks which source of data, job and instance to show.
[[nodiscard]] std::string dashboard_json();
/// Alerting rules for Prometheus's `rule_files`.
[[nodiscard]] std::string alert_rules();
/// A configuration for Prometheus that scrapes `targets`, each "host:port", and reads the alerting rules.
[[nodiscard]] std::string prometheus_config(const std::vector<std::string>& targets);

}  // namespace millrace::metrics
