#pragma once
// What the metrics are for: the panels of the dashboard and the alerts, each a few PromQL expressions over names of the
// list. Which panels and alerts a metric feeds is found out from the expressions, so that it is said once.
// Values; constants of the program.

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "millrace/metrics/list.hpp"

namespace millrace::metrics {

struct Query {
  std::string_view expression;
  std::string_view legend{};  ///< Grafana's, as in "{{topic}}"
};

struct Panel {
  std::string_view row;
  std::string_view title;
  std::string_view unit;  ///< Grafana's: "Bps", "s", "short"
  std::vector<Query> queries;
};

struct Alert {
  std::string_view name;
  std::string_view expression;
  std::string_view lasts;  ///< so long before it is told
  std::string_view severity;
  std::string_view summary;
  std::string_view description;
};

/// By row.
[[nodiscard]] std::span<const Panel> panels();
[[nodiscard]] std::span<const Alert> alerts();

/// The names that begin as ours do, in the order in which they stand; a part of a histogram under the histogram's name.
/// Whether they are in the list is not asked.
[[nodiscard]] std::vector<std::string> names_in(std::string_view expression);
/// The expression with `labels`, as in `job="millrace"`, asked of every metric of ours in it.
[[nodiscard]] std::string with_labels(std::string_view expression, std::string_view labels);

}  // namespace millrace::metrics
