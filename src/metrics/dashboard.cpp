#include <nlohmann/json.hpp>

#include "millrace/metrics/generate.hpp"
#include "panels.hpp"

namespace millrace::metrics {

namespace {

using Json = nlohmann::ordered_json;

// Grafana lays panels out on a grid that is 24 wide.
constexpr int grid_width = 24, panel_width = 12, panel_height = 8, row_height = 1;
constexpr const char* of_choice = R"(job=~"$job",instance=~"$instance")";

Json source() { return Json{{"type", "prometheus"}, {"uid", "${datasource}"}}; }

Json place(int x, int y, int width, int height) { return Json{{"h", height}, {"w", width}, {"x", x}, {"y", y}}; }

Json targets_of(const Panel& panel) {
  auto targets = Json::array();
  for (const auto& query : panel.queries) {
    targets.push_back(Json{{"refId", std::string(1, static_cast<char>('A' + targets.size()))},
                           {"datasource", source()},
                           {"expr", with_labels(query.expression, of_choice)},
                           {"legendFormat", query.legend}});
  }
  return targets;
}

/// A variable whose values Grafana asks Prometheus for.
Json variable(const char* name, const char* label, const std::string& query, bool several) {
  return Json{{"name", name},           {"label", label},   {"type", "query"},
              {"datasource", source()}, {"query", query},   {"refresh", 2},
              {"includeAll", several},  {"multi", several}, {"sort", 1}};
}

Json variables() {
  auto all = Json::array();
  all.push_back(Json{{"name", "datasource"}, {"label", "Source"}, {"type", "datasource"}, {"query", "prometheus"}});
  all.push_back(variable("job", "Job", "label_values(millrace_build_info, job)", true));
  all.push_back(variable("instance", "Broker", "label_values(millrace_build_info{job=~\"$job\"}, instance)", true));
  return all;
}

}  // namespace

std::string dashboard_json() {
  auto drawn = Json::array();
  int id = 0, x = 0, y = 0;
  std::string_view row;
  for (const auto& panel : panels()) {
    if (panel.row != row) {
      if (x > 0) y += panel_height;
      x = 0;
      row = panel.row;
      drawn.push_back(Json{{"id", ++id},
                           {"type", "row"},
                           {"title", row},
                           {"collapsed", false},
                           {"gridPos", place(0, y, grid_width, row_height)},
                           {"panels", Json::array()}});
      y += row_height;
    }
    drawn.push_back(
        Json{{"id", ++id},
             {"type", "timeseries"},
             {"title", panel.title},
             {"datasource", source()},
             {"gridPos", place(x, y, panel_width, panel_height)},
             {"fieldConfig", {{"defaults", {{"unit", panel.unit}, {"min", 0}}}, {"overrides", Json::array()}}},
             {"options", {{"tooltip", {{"mode", "multi"}, {"sort", "desc"}}}}},
             {"targets", targets_of(panel)}});
    x += panel_width;
    if (x < grid_width) continue;
    x = 0;
    y += panel_height;
  }
  const Json dashboard{{"uid", "millrace"},
                       {"title", "millrace"},
                       {"description", "Made by `millrace generate dashboard`."},
                       {"tags", {"millrace"}},
                       {"schemaVersion", 38},
                       {"editable", true},
                       {"refresh", "30s"},
                       {"time", {{"from", "now-3h"}, {"to", "now"}}},
                       {"templating", {{"list", variables()}}},
                       {"panels", drawn}};
  return dashboard.dump(2) + "\n";
}

}  // namespace millrace::metrics
