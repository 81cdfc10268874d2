#pragma once
// A view as its owner writes it: a topic, and the filter that says which of its events are shown (docs/views.md).
//
// Pure, any thread. It knows neither names of topics nor which there are: that is broker::Catalog's.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "millrace/cloudevents/kafka.hpp"
#include "millrace/core/result.hpp"
#include "millrace/record/selection.hpp"

namespace millrace::views {

struct Definition {
  std::string topic;
  std::string filter;  ///< {"filter": "<CESQL>"} or {"filters": [<filter objects>]}
};

struct Fault {
  std::string pointer{};  ///< into the document (RFC 6901); empty: the whole
  std::string detail{};   ///< what was sent, and the rule
};

/// {"topic": "orders", "filter": "region = 'eu'"}, or `filters` instead; also `name`, if it is `name`. All faults that
/// can be told at once. Takes time and memory in proportion to the text.
[[nodiscard]] tl::expected<Definition, std::vector<Fault>> read(std::string_view json, std::string_view name);

/// Which records a document lets pass whose `filter` or `filters` read() has passed; other members are not looked at.
/// Records that are no events do not pass, nor do those for which the filter fails. Errc::invalid.
[[nodiscard]] Result<record::TakesRecord> takes_of(std::string_view document, cloudevents::Unmarked unmarked);

}  // namespace millrace::views
