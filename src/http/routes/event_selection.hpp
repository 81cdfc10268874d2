#pragma once
// Which events a reader wants: those whose attributes are exactly so, and that pass its filter. Pure.

#include <optional>

#include "millrace/cloudevents/event.hpp"
#include "millrace/core/result.hpp"
#include "millrace/filter/expression.hpp"
#include "query.hpp"

namespace millrace::http::routes {

class EventSelection {
 public:
  /// The parameters type, source and subject, attribute.<name> for any other, and filter, an expression of CESQL. A
  /// failure says that it is none, or calls a function that there is not.
  [[nodiscard]] static Result<EventSelection> of(Query& query, const Request& request);

  /// Values are compared as canonical strings, letter by letter; an attribute that is not there is equal to nothing.
  [[nodiscard]] bool takes(const cloudevents::Event& event, filter::Scratch& scratch) const;
  [[nodiscard]] bool takes_all() const { return wanted_.empty() && !filter_; }

 private:
  std::vector<std::pair<std::string, std::string>> wanted_;
  std::optional<filter::Expression> filter_;
};

}  // namespace millrace::http::routes
