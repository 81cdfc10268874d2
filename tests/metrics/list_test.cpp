// That the list keeps Prometheus's conventions, and that nothing in it is for nobody.

#include "millrace/metrics/list.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <regex>
#include <set>
#include <string>

#include "panels.hpp"

namespace millrace::metrics {
namespace {

using testing::IsSubsetOf;
using testing::UnorderedElementsAreArray;

std::set<std::string> names() {
  std::set<std::string> all;
  for (const auto& metric : list) all.emplace(metric.name);
  return all;
}

std::set<std::string> names_asked_for() {
  std::set<std::string> all;
  const auto add = [&](std::string_view expression) {
    for (auto& name : names_in(expression)) all.insert(std::move(name));
  };
  for (const auto& panel : panels()) {
    for (const auto& query : panel.queries) add(query.expression);
  }
  for (const auto& alert : alerts()) add(alert.expression);
  return all;
}

TEST(List, NamesAreUnique) { EXPECT_EQ(names().size(), list.size()); }

TEST(List, NamesBeginWithOurPrefixOrAreThoseOfEveryProcess) {
  const std::regex form("(millrace|process)(_[a-z]+)+");
  for (const auto& name : names()) EXPECT_TRUE(std::regex_match(name, form)) << name;
}

TEST(List, ACounterEndsInTotalAndNothingElseDoes) {
  for (const auto& metric : list) {
    EXPECT_EQ(metric.name.ends_with("_total"), metric.kind == Kind::counter) << metric.name;
  }
}

TEST(List, TheUnitStandsLastInTheName) {
  for (const auto& metric : list) {
    auto name = metric.name;
    if (name.ends_with("_total")) name.remove_suffix(6);
    EXPECT_EQ(name.ends_with("_bytes"), metric.unit == Unit::bytes) << metric.name;
    EXPECT_EQ(name.ends_with("_seconds"), metric.unit == Unit::seconds) << metric.name;
    for (const std::string_view part : {"_ms", "_millis", "_kb", "_mb", "_percent", "_us"}) {
      EXPECT_FALSE(name.ends_with(part)) << metric.name << ": base units only";
    }
  }
}

TEST(List, AHistogramIsOfDurations) {
  for (const auto& metric : list) {
    EXPECT_TRUE(metric.kind != Kind::histogram || metric.unit == Unit::seconds) << metric.name;
  }
}

TEST(List, NoLabelNamesAClientOrAPartition) {
  const std::set<std::string_view> few_values{"topic",   "group", "api",    "reason",      "door",     "kind",
                                              "version", "what",  "status", "budget",      "protocol", "leniency",
                                              "outcome", "end",   "state",  "subscription"};
  for (const auto& metric : list) {
    for (const auto label : metric.labels()) EXPECT_TRUE(few_values.contains(label)) << metric.name << " " << label;
  }
}

TEST(List, EveryMetricSaysWhatItIs) {
  for (const auto& metric : list) {
    EXPECT_TRUE(metric.help.ends_with('.')) << metric.name;
    EXPECT_EQ(metric.help.find_first_of("\n\\"), std::string_view::npos) << metric.name;
  }
}

TEST(List, PanelsAndAlertsAskForNothingElse) { EXPECT_THAT(names_asked_for(), IsSubsetOf(names())); }

TEST(List, EveryMetricIsAskedForByAPanelOrAnAlert) {
  EXPECT_THAT(names_asked_for(), UnorderedElementsAreArray(names()));
}

TEST(List, AnExpressionAsksOnlyForLabelsThatItsMetricsHave) {
  const std::regex label(R"(\b(\w+)(?:!?=~?)\")");
  const auto check = [&](std::string_view expression) {
    std::set<std::string_view> known{"job", "instance"};
    for (const auto& name : names_in(expression)) {
      const auto found = std::ranges::find(list, std::string_view(name), &Metric::name);
      ASSERT_NE(found, list.end()) << name;
      known.insert(found->labels().begin(), found->labels().end());
    }
    const std::string text(expression);
    for (std::sregex_iterator at(text.begin(), text.end(), label), end; at != end; ++at) {
      EXPECT_TRUE(known.contains((*at)[1].str())) << text;
    }
  };
  for (const auto& panel : panels()) {
    for (const auto& query : panel.queries) check(query.expression);
  }
  for (const auto& alert : alerts()) check(alert.expression);
}

TEST(Alerts, HaveNamesOfTheirOwn) {
  std::set<std::string_view> seen;
  for (const auto& alert : alerts()) {
    EXPECT_TRUE(alert.name.starts_with("Millrace")) << alert.name;
    EXPECT_TRUE(seen.insert(alert.name).second) << alert.name;
    EXPECT_TRUE(alert.severity == "critical" || alert.severity == "warning") << alert.name;
  }
}

}  // namespace
}  // namespace millrace::metrics
