#pragma once
// Events as a reader asks for them with Accept: one in binary or structured mode, a batch, each in JSON or protobuf, or
// a list that says where each comes from. Nothing is ever added to an event. Pure.

#include "event_scan.hpp"
#include "json.hpp"

namespace millrace::http::routes {

enum class EventForm {
  binary,          ///< one: header fields and a body
  structured,      ///< one: application/cloudevents+json
  batch,           ///< application/cloudevents-batch+json
  protobuf,        ///< one: application/cloudevents+protobuf
  protobuf_batch,  ///< application/cloudevents-batch+protobuf
  wrapped,         ///< application/vnd.millrace.events+json: {"events": [{"record": {…}, "event": {…}}], "next": …}
};

inline constexpr std::string_view wrapped_type = "application/vnd.millrace.events+json";

/// The first of the media types that is known, whatever their weights; */* and nothing mean binary. Nothing when none
/// is known.
[[nodiscard]] std::optional<EventForm> form_of(std::string_view accept);

[[nodiscard]] inline bool takes_one(EventForm form) {
  return form == EventForm::binary || form == EventForm::structured || form == EventForm::protobuf;
}

/// The event in its JSON format: byte for byte as it is stored, where it is stored so.
[[nodiscard]] std::string json_text_of(const ReadEvent& read);
/// The same in the protobuf format.
[[nodiscard]] std::string protobuf_of(const ReadEvent& read);

/// Requires: one event, where the form takes one. A binary event whose header fields would be longer than most clients
/// take is told in structured mode.
[[nodiscard]] Response view_of(EventForm form, const std::string& topic, const std::vector<ReadEvent>& events,
                               const Json& next);

}  // namespace millrace::http::routes
