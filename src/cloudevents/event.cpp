#include "millrace/cloudevents/event.hpp"

#include <algorithm>

#include "millrace/cloudevents/media_type.hpp"

namespace millrace::cloudevents {

const Attribute* Event::find(std::string_view name) const {
  const auto found =
      std::find_if(attributes.begin(), attributes.end(), [name](const Attribute& one) { return one.name == name; });
  return found == attributes.end() ? nullptr : &*found;
}

std::string_view Event::text(std::string_view name) const {
  const Attribute* const found = find(name);
  return found == nullptr ? std::string_view() : std::string_view(found->text);
}

std::optional<std::string_view> Event::content_type() const {
  if (const Attribute* const stated = find("datacontenttype")) return stated->text;
  if (json_data) return json_type;
  return std::nullopt;
}

}  // namespace millrace::cloudevents
