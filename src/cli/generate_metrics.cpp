// Files for those who watch a broker: they are made from the list of metrics, without asking anybody.

#include <iostream>

#include "commands.hpp"
#include "millrace/metrics/generate.hpp"

namespace millrace::cli {

namespace {

constexpr const char* usual_target = "127.0.0.1:8080";

/// "host:port", as Prometheus names what it scrapes; what is wrong, or nothing.
std::string is_target(const std::string& text) {
  const auto server = parse_server(text);
  const bool is_plain = server && server->socket.empty() && text.find('/') == std::string::npos;
  return is_plain ? "" : "\"" + text + "\" is not host:port";
}

CLI::App* verb(CLI::App& generate, const char* name, const char* about) {
  return generate.add_subcommand(name, about)->fallthrough();
}

}  // namespace

void add_generate_metrics(CLI::App& generate) {
  verb(generate, "dashboard", "A dashboard for Grafana to import")->callback([] {
    std::cout << metrics::dashboard_json();
  });
  verb(generate, "alerts", "Alerting rules for Prometheus")->callback([] { std::cout << metrics::alert_rules(); });
  auto* prometheus = verb(generate, "prometheus", "A configuration for Prometheus");
  const auto targets = std::make_shared<std::vector<std::string>>();
  prometheus->add_option("--target", *targets, "host:port of a broker's HTTP listener, as often as wanted")
      ->check(is_target);
  prometheus->callback([targets] {
    if (targets->empty()) targets->emplace_back(usual_target);
    std::cout << metrics::prometheus_config(*targets);
  });
}

}  // namespace millrace::cli
