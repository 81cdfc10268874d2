#pragma once
// The CloudEvent in a Kafka record, if there is one. Pure.

#include <optional>

#include "millrace/cloudevents/event.hpp"
#include "record.hpp"

namespace millrace::cli {

/// In either mode of the Kafka binding, read as leniently as brokers read it. Nothing when the record is none.
[[nodiscard]] std::optional<cloudevents::Event> cloud_event_of(const Record& record);

/// Whether the data is JSON: it says so, or it was a JSON value that says nothing.
[[nodiscard]] bool has_json_data(const cloudevents::Event& event);

}  // namespace millrace::cli
