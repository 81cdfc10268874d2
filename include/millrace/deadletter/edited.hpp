#pragma once
// A record whose event somebody has changed, out of a dead letter. A value, callable from anywhere.

#include <string_view>

#include "millrace/cloudevents/event.hpp"
#include "millrace/deadletter/letter.hpp"

namespace millrace::deadletter {

/// `event` in place of what the record held: in the form in which that was an event, in JSON if it was none, and in
/// protobuf if nothing else can hold it. `json` is the event as JSON, kept byte for byte where the form is that; empty:
/// it is written anew. Key, timestamp and the headers that are no event's stay.
[[nodiscard]] Record with_event(const Record& record, const cloudevents::Event& event, std::string_view json);

}  // namespace millrace::deadletter
