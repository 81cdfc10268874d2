#pragma once
// By what a reader acknowledges an event: the extension attribute `ackid` of an event that goes out, and nowhere else;
// for readers one word. Pure.
//
//   partition "." offset "." stay       to the base of 36

#include <optional>
#include <string>
#include <string_view>

#include "event_scan.hpp"
#include "member_places.hpp"

namespace millrace::http::routes {

inline constexpr std::string_view ack_id_attribute = "ackid";

[[nodiscard]] std::string ack_id_of(const EventPlace& place);
/// Nothing when it is none.
[[nodiscard]] std::optional<EventPlace> parse_ack_id(std::string_view text);

/// The event in this format, with the attribute; all else as it is stored, where it is JSON. One of that name which the
/// event brought itself is not told.
[[nodiscard]] std::string text_with_ack_id(const ReadEvent& read, cloudevents::Format format,
                                           const std::string& ack_id);

}  // namespace millrace::http::routes
