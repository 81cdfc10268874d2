#pragma once
// Events in files, as people keep them: one JSON object, an array of them, a line each, a message of HTTP in binary
// mode, or one of protobuf; and written as any of these. Pure.

#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <vector>

#include "millrace/cloudevents/event.hpp"

namespace millrace::cli {

enum class EventForm {
  json,            ///< one event: its JSON object
  batch,           ///< a JSON array
  lines,           ///< one JSON object a line
  http,            ///< one event: header lines, an empty line, the data
  protobuf,        ///< one event: a CloudEvent message
  protobuf_batch,  ///< a CloudEventBatch
};

struct ReadEvents {
  EventForm form = EventForm::json;
  std::vector<cloudevents::Event> events;
};

/// The form is told by the content itself. What is wrong: one message for each fault, with the line where there are
/// lines, the place in the JSON and the rule.
[[nodiscard]] tl::expected<ReadEvents, std::vector<std::string>> read_events(std::string_view text);

/// Nothing when the form holds one event and there are more, or none.
[[nodiscard]] std::optional<std::string> write_events(const std::vector<cloudevents::Event>& events, EventForm form);

}  // namespace millrace::cli
