#pragma once
// Events as the request that brings them to a sink: a POST in binary, structured or batch mode (CloudEvents HTTP
// binding 1.0.2, and the web hooks of handshake.hpp).
//
// Nothing is added to an event: what the hop has to say stands beside it, in header fields. An event that is stored as
// JSON leaves byte for byte as it is stored, wherever JSON is sent. Never is a payload empty (WH-1). Values; pure.
//
// Requires of all texts here what fields.hpp checks; fields of a user that are reserved are not sent.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "millrace/cloudevents/event.hpp"
#include "millrace/core/limits.hpp"
#include "millrace/push/fields.hpp"

namespace millrace::push {

enum class ContentMode : std::uint8_t { binary, structured, batch };

/// All names and values of a request together, in binary mode: servers stop reading at 8 to 16 KiB.
inline constexpr std::size_t field_bytes_max = 8 * limits::KiB;

/// An event that was acquired. Borrowed.
struct Outgoing {
  const cloudevents::Event* event = nullptr;
  std::string_view stored_json{};  ///< the event as it is stored, if that is JSON; else empty
  std::uint16_t attempt = 1;
};

/// What a request says beside its events. Borrowed.
struct Hop {
  std::string_view origin{};        ///< after its consent a sink gets it with each event (WH-11)
  std::string_view subscription{};  ///< its id
  std::string_view credentials{};   ///< "Bearer …" or "Basic …", for Authorization (WH-7); empty: there are none
  std::string_view traceparent{};   ///< of this attempt, not of the event; empty: nobody traces it
  const Fields* user_fields = nullptr;
};

/// The connection's own fields, Host and Content-Length among them, are its affair.
struct Request {
  std::string content_type;
  Fields fields;
  std::string body;
};

/// One event. Requires: mode is not batch. Structured is also what an event becomes in binary mode that has no data or
/// does not say of what type they are, or with which the header fields would be beyond field_bytes_max.
[[nodiscard]] Request message_of(ContentMode mode, const Outgoing& event, const Hop& hop);

struct BatchBounds {
  std::size_t events_max = 100;
  std::size_t bytes_max = 256 * limits::KiB;  ///< of the body
};
inline constexpr std::size_t batch_events_ceiling = 1'000;
inline constexpr std::size_t batch_bytes_ceiling = 1 * limits::MiB;
/// Errc::invalid names what is 0 or beyond its ceiling.
[[nodiscard]] Result<void> check(const BatchBounds& bounds);

struct Batch {
  Request request;
  std::size_t taken = 0;  ///< events, from the front
};
/// As many from the front as have room; the first one always has. A batch has one specversion (CORE-26), so it ends
/// where that changes. Its attempt is the highest of its events'. Requires: events is not empty.
[[nodiscard]] Batch batch_of(std::span<const Outgoing> events, const BatchBounds& bounds, const Hop& hop);

}  // namespace millrace::push
