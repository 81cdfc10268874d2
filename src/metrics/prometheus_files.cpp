// The files of Prometheus. Texts are written as JSON writes them, which YAML reads.

#include <nlohmann/json.hpp>

#include "millrace/metrics/generate.hpp"
#include "panels.hpp"

namespace millrace::metrics {

namespace {

std::string text_of(std::string_view text) { return nlohmann::json(text).dump(); }

}  // namespace

std::string alert_rules() {
  std::string out =
      "# Alerting rules for Prometheus, made by `millrace generate alerts`. They expect the job to be called "
      "millrace,\n"
      "# as `millrace generate prometheus` calls it.\n"
      "groups:\n"
      "  - name: millrace\n"
      "    rules:\n";
  for (const auto& alert : alerts()) {
    out += "      - alert: " + std::string(alert.name) + "\n        expr: " + text_of(alert.expression) +
           "\n        for: " + std::string(alert.lasts) +
           "\n        labels:\n          severity: " + std::string(alert.severity) +
           "\n        annotations:\n          summary: " + text_of(alert.summary) +
           "\n          description: " + text_of(alert.description) + "\n";
  }
  return out;
}

std::string prometheus_config(const std::vector<std::string>& targets) {
  std::string names;
  for (const auto& target : targets) names += (names.empty() ? "" : ", ") + text_of(target);
  return "# A configuration for Prometheus, made by `millrace generate prometheus`. The broker answers only for hosts "
         "that\n"
         "# it knows: one that is scraped over a network needs its name in http_allowed_hosts.\n"
         "global:\n"
         "  scrape_interval: 15s\n"
         "rule_files:\n"
         "  - millrace-alerts.yml # of `millrace generate alerts`\n"
         "scrape_configs:\n"
         "  - job_name: millrace\n"
         "    static_configs:\n"
         "      - targets: [" +
         names + "]\n";
}

}  // namespace millrace::metrics
