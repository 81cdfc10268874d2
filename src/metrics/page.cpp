#include "page.hpp"

#include <algorithm>
#include <vector>

#include "panels.hpp"

namespace millrace::metrics {

namespace {

std::string_view name_of(Kind kind) {
  switch (kind) {
    case Kind::counter: return "counter";
    case Kind::gauge: return "gauge";
    case Kind::histogram: return "histogram";
  }
  return "";
}

bool asks(std::string_view expression, std::string_view metric) {
  const auto names = names_in(expression);
  return std::ranges::find(names, metric) != names.end();
}

/// The panels and alerts that ask for it.
std::string seen_in(std::string_view metric) {
  std::string out;
  const auto add = [&](std::string text) { out += (out.empty() ? "" : ", ") + std::move(text); };
  for (const auto& panel : panels()) {
    const auto asking = [&](const Query& query) { return asks(query.expression, metric); };
    if (std::ranges::any_of(panel.queries, asking)) add("*" + std::string(panel.title) + "*");
  }
  for (const auto& alert : alerts()) {
    if (asks(alert.expression, metric)) add("`" + std::string(alert.name) + "`");
  }
  return out;
}

/// A bar would end the cell.
std::string cell(std::string_view text) {
  std::string out;
  for (const char c : text) out += c == '|' ? std::string("\\|") : std::string(1, c);
  return out;
}

}  // namespace

std::string metrics_table() {
  std::string out = "| Name | Type | Labels | Meaning | Panels and alerts |\n|---|---|---|---|---|\n";
  for (const auto& metric : list) {
    std::string labels;
    for (const auto label : metric.labels()) labels += (labels.empty() ? "`" : ", `") + std::string(label) + "`";
    out += "| `" + std::string(metric.name) + "` | " + std::string(name_of(metric.kind)) + " | " + labels + " | " +
           cell(metric.help) + " | " + cell(seen_in(metric.name)) + " |\n";
  }
  return out;
}

std::string alerts_table() {
  std::string out = "| Alert | Severity | When | For |\n|---|---|---|---|\n";
  for (const auto& alert : alerts()) {
    out += "| `" + std::string(alert.name) + "` | " + std::string(alert.severity) + " | `" + cell(alert.expression) +
           "` | " + std::string(alert.lasts) + " |\n";
  }
  return out;
}

}  // namespace millrace::metrics
