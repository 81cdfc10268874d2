#include "event_selection.hpp"

#include <algorithm>

#include "millrace/filter/cesql.hpp"

namespace millrace::http::routes {

namespace {
constexpr std::string_view prefix = "attribute.";
}

Result<EventSelection> EventSelection::of(Query& query, const Request& request) {
  EventSelection selection;
  for (const char* name : {"type", "source", "subject"}) {
    if (auto value = query.text(name)) selection.wanted_.emplace_back(name, std::move(*value));
  }
  for (const auto& [name, value] : request.query) {
    if (name.starts_with(prefix) && name.size() > prefix.size()) {
      selection.wanted_.emplace_back(name.substr(prefix.size()), *query.text(name));
    }
  }
  if (const auto text = query.text("filter")) {
    auto filter = filter::parse_cesql(*text, filter::UnknownFunctions::refused);
    if (!filter) return Failure(filter.error().within("filter"));
    selection.filter_ = std::move(*filter);
  }
  return selection;
}

bool EventSelection::takes(const cloudevents::Event& event, filter::Scratch& scratch) const {
  const bool is_so = std::ranges::all_of(wanted_, [&](const auto& each) {
    const auto* attribute = event.find(each.first);
    return attribute != nullptr && attribute->text == each.second;
  });
  return is_so && (!filter_ || filter_->matches(filter::EventAttributes(event), scratch));
}

}  // namespace millrace::http::routes
