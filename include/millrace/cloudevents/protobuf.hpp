#pragma once
// The protobuf event format and its batches, read and written (CloudEvents Protobuf Format 1.0.2; rows PB-1 to PB-6).
// The messages are io.cloudevents.v1.CloudEvent and CloudEventBatch; docs/cloudevents.md says what becomes of each
// field.
//
// Reading checks every rule of rules.hpp, and that each value has the type that its attribute has. Fields that are not
// known are passed over, and of a field that comes twice the last counts, as protobuf has it; an attribute that comes
// twice is refused. Functions are pure; memory grows with the bytes only, and with no length that they state.

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "millrace/cloudevents/event.hpp"
#include "millrace/cloudevents/fault.hpp"
#include "millrace/cloudevents/rules.hpp"

namespace millrace::cloudevents {

/// An event of JSON has three times as many bytes: so a batch of protobuf costs no more memory than one of JSON that
/// has limits::http_body_bytes_max.
inline constexpr std::size_t protobuf_batch_events_max = 20'000;

/// One event. Faults have pointers as into its JSON: "/time". Lenient: a dataschema that is relative, or no ce_uri.
[[nodiscard]] Judged<Event> parse_protobuf(std::string_view bytes, Strictness strictness = Strictness::lenient);

/// All events or none, with pointers such as "/1/time". All have one specversion (CORE-26); no event at all is fine.
[[nodiscard]] Judged<std::vector<Event>> parse_protobuf_batch(std::string_view bytes);

/// The bytes of each event, borrowed from `bytes`. Requires: parse_protobuf_batch() has accepted them.
[[nodiscard]] std::vector<std::string_view> split_protobuf_batch(std::string_view bytes);

/// Whether the bytes can be taken apart as an event, good or not.
[[nodiscard]] bool is_protobuf_event(std::string_view bytes);

/// The required attributes, then the others in their order, each in its type, then the data: as a message where it is
/// one, as text where its type is text, else as bytes. Equal events have equal bytes.
/// Requires: validate(event) has no faults; otherwise it is protobuf still, but perhaps no event.
[[nodiscard]] std::string to_protobuf(const Event& event);
[[nodiscard]] std::string to_protobuf_batch(std::span<const Event> events);

/// One event more for a batch, which begins empty. `event` are the bytes of one.
void append_to_protobuf_batch(std::string_view event, std::string& batch);

}  // namespace millrace::cloudevents
