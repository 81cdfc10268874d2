#include "event_selection.hpp"

#include <algorithm>

namespace millrace::http::routes {

namespace {
constexpr std::string_view prefix = "attribute.";
}

EventSelection EventSelection::of(Query& query, const Request& request) {
  EventSelection selection;
  for (const char* name : {"type", "source", "subject"}) {
    if (auto value = query.text(name)) selection.wanted_.emplace_back(name, std::move(*value));
  }
  for (const auto& [name, value] : request.query) {
    if (name.starts_with(prefix) && name.size() > prefix.size()) {
      selection.wanted_.emplace_back(name.substr(prefix.size()), *query.text(name));
    }
  }
  return selection;
}

bool EventSelection::takes(const cloudevents::Event& event) const {
  return std::ranges::all_of(wanted_, [&](const auto& each) {
    const auto* attribute = event.find(each.first);
    return attribute != nullptr && attribute->text == each.second;
  });
}

}  // namespace millrace::http::routes
