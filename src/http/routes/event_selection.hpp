#pragma once
// Which events a reader wants: those whose attributes are exactly so. Pure.

#include "millrace/cloudevents/event.hpp"
#include "query.hpp"

namespace millrace::http::routes {

class EventSelection {
 public:
  /// The parameters type, source and subject, and attribute.<name> for any other.
  [[nodiscard]] static EventSelection of(Query& query, const Request& request);

  /// Values are compared as canonical strings, letter by letter; an attribute that is not there is equal to nothing.
  [[nodiscard]] bool takes(const cloudevents::Event& event) const;
  [[nodiscard]] bool takes_all() const { return wanted_.empty(); }

 private:
  std::vector<std::pair<std::string, std::string>> wanted_;
};

}  // namespace millrace::http::routes
