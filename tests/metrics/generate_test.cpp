#include "millrace/metrics/generate.hpp"

#include <gmock/gmock.h>

#include <nlohmann/json.hpp>
#include <set>

#include "panels.hpp"

namespace millrace::metrics {
namespace {

using testing::HasSubstr;

const nlohmann::json& dashboard() {
  static const auto parsed = nlohmann::json::parse(dashboard_json());
  return parsed;
}

TEST(Dashboard, HasEveryPanelAndEveryQuery) {
  std::size_t drawn = 0, queries = 0;
  for (const auto& panel : dashboard()["panels"]) {
    if (panel["type"] == "row") continue;
    EXPECT_EQ(panel["targets"].size(), panels()[drawn].queries.size());
    EXPECT_EQ(panel["title"], panels()[drawn++].title);
    for (const auto& target : panel["targets"]) {
      ++queries;
      EXPECT_THAT(target["expr"].get<std::string>(), HasSubstr("instance=~\"$instance\""));
    }
  }
  EXPECT_EQ(drawn, panels().size());
  EXPECT_GT(queries, drawn);
}

TEST(Dashboard, PanelsDoNotLieOnEachOther) {
  std::set<std::pair<int, int>> taken;
  std::set<int> ids;
  for (const auto& panel : dashboard()["panels"]) {
    EXPECT_TRUE(ids.insert(panel["id"].get<int>()).second);
    const auto& place = panel["gridPos"];
    const int x = place["x"], y = place["y"], width = place["w"], height = place["h"];
    EXPECT_LE(x + width, 24);
    for (int column = x; column < x + width; ++column) {
      for (int row = y; row < y + height; ++row) EXPECT_TRUE(taken.emplace(column, row).second) << panel["title"];
    }
  }
}

TEST(PrometheusConfig, NamesEveryTarget) {
  EXPECT_THAT(prometheus_config({"a:1", "[::1]:2"}), HasSubstr("targets: [\"a:1\", \"[::1]:2\"]"));
}

TEST(AlertRules, HasEveryAlert) {
  const auto rules = alert_rules();
  for (const auto& alert : alerts()) EXPECT_THAT(rules, HasSubstr("- alert: " + std::string(alert.name) + "\n"));
}

}  // namespace
}  // namespace millrace::metrics
