#include "cloud_event.hpp"

#include "millrace/cloudevents/kafka.hpp"
#include "millrace/cloudevents/media_type.hpp"

namespace millrace::cli {

std::optional<cloudevents::Event> cloud_event_of(const Record& record) {
  std::vector<record::HeaderView> headers;
  headers.reserve(record.headers.size());
  for (const auto& [name, value] : record.headers) {
    headers.push_back({.key = name, .value = value ? std::optional(as_bytes(*value)) : std::nullopt});
  }
  const auto value = record.value ? std::optional(as_bytes(*record.value)) : std::nullopt;
  auto event = cloudevents::from_record(headers, value);
  return event ? std::optional(std::move(*event)) : std::nullopt;
}

bool has_json_data(const cloudevents::Event& event) {
  return event.json_data || cloudevents::is_json(event.text("datacontenttype"));
}

}  // namespace millrace::cli
