#pragma once
// Rules: which events go to which topic when they are published without one. A rule is a document of the metadata log:
// {"topic": "orders", "filter": "type LIKE 'com.example.order.%'", "position": 10}.
//
// The first rule that an event passes decides, by position and then by name. read_rule() is pure; a RuleBook is shared
// by all threads.

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "millrace/broker/catalog.hpp"
#include "millrace/cloudevents/event.hpp"
#include "millrace/core/result.hpp"
#include "millrace/filter/expression.hpp"
#include "millrace/runtime/guarded.hpp"

namespace millrace::http {

inline constexpr std::size_t rules_max = 1'000;  ///< an event may have to be asked of all of them
inline constexpr std::int32_t position_max = 1'000'000;

struct EventRule {
  std::string name;
  std::string topic;
  std::int32_t position = 0;
  filter::Expression filter;
};

/// The name is a topic's by its letters and its length. The object has `topic`; `filter`, a text of CESQL, or
/// `filters`, an array of filter objects, or neither, which all events pass; perhaps `position`, from 0 to
/// position_max, 0 if it is not said; and nothing else. Errc::invalid names the member, the value and the rule.
[[nodiscard]] Result<EventRule> read_rule(std::string_view name, std::string_view json);

using EventRules = std::vector<EventRule>;
using EventRulesPtr = std::shared_ptr<const EventRules>;

/// Null: it passes none.
[[nodiscard]] const EventRule* rule_for(const EventRules& rules, const cloudevents::Event& event,
                                        filter::Scratch& scratch);

/// The rules of the catalog, parsed once for each change of it. One that this version cannot read is passed over.
class RuleBook {
 public:
  [[nodiscard]] EventRulesPtr rules(const broker::Catalog& catalog);

 private:
  struct Page {
    std::int64_t version = -1;
    EventRulesPtr rules;
  };
  runtime::Guarded<Page> page_;
};

}  // namespace millrace::http
