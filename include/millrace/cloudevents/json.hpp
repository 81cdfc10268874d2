#pragma once
// The JSON event format and its batches, read and written (CloudEvents JSON Format 1.0.2; rows JSON-1 to JSON-13).
//
// Reading checks everything: that the text is JSON and UTF-8 to its last byte, at most limits::json_depth_max deep, and
// each rule of rules.hpp. `data` is never built anew: a JSON value is the slice of the text that holds it. Members that
// are null are absent; a member that comes twice is refused. Functions are pure; memory grows with the text only.

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "millrace/cloudevents/event.hpp"
#include "millrace/cloudevents/fault.hpp"

namespace millrace::cloudevents {

/// One event. Faults have pointers such as "/time".
[[nodiscard]] Judged<Event> parse_json(std::string_view text);

/// All events or none: every element is judged before the answer, with pointers such as "/1/time". All have one
/// specversion (CORE-26); an empty array is fine.
[[nodiscard]] Judged<std::vector<Event>> parse_json_batch(std::string_view text);

/// The text of each element, borrowed from `text`. Requires: parse_json_batch() has accepted it.
[[nodiscard]] std::vector<std::string_view> split_json_batch(std::string_view text);

/// Attributes in their order, then the data: as a JSON value when its type is JSON, or unknown, and it is one; as a
/// string when it is text; else in Base64. Never a null member, never a line feed of ours.
/// Requires: validate(event) has no faults; otherwise it is JSON still, but perhaps no event.
void append_json(const Event& event, std::string& out);
[[nodiscard]] std::string to_json(const Event& event);
[[nodiscard]] std::string to_json_batch(std::span<const Event> events);

/// One JSON text in UTF-8, at most limits::json_depth_max deep, with nothing but white space around it.
[[nodiscard]] bool is_json_text(std::string_view bytes);

}  // namespace millrace::cloudevents
