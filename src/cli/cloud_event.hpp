#pragma once
// CloudEvents 1.0 in Kafka records, in both modes of their protocol binding: attributes as ce_ headers beside the data
// (binary), or one JSON object as the value (structured). Pure.

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "client.hpp"
#include "record.hpp"

namespace millrace::cli {

inline constexpr std::string_view structured_type = "application/cloudevents+json";

struct CloudEvent {
  std::vector<std::pair<std::string, std::string>> attributes;  ///< without specversion
  std::optional<std::string> data;
  bool data_is_json = false;

  [[nodiscard]] std::string attribute(std::string_view name) const;  ///< empty when there is none
};

/// Nothing when the record is none.
[[nodiscard]] std::optional<CloudEvent> cloud_event_of(const Record& record);

/// Which rule of CloudEvents 1.0 the object breaks: specversion, id, source and type are texts that are not empty.
[[nodiscard]] std::optional<std::string> fault_of_event(const Json& event);

}  // namespace millrace::cli
