#include "place.hpp"

#include <algorithm>

#include "millrace/core/escaped.hpp"
#include "millrace/core/rfc3339.hpp"

namespace millrace::http::routes {

Result<Place> read_place(Body& body) {
  using Kind = Place::Kind;
  const auto to = body.text("to");
  if (!to) return failure_of(to);
  const auto offset = body.integer("offset");
  if (!offset) return failure_of(offset);
  const auto shift = body.integer("shift");
  if (!shift) return failure_of(shift);
  const auto time = body.text("time");
  if (!time) return failure_of(time);
  const int places = int{to->has_value()} + int{offset->has_value()} + int{shift->has_value()} + int{time->has_value()};
  if (places != 1) return failure(Errc::invalid, "one of to, offset, shift and time says where, and only one");
  if (*to) {
    if (**to != "earliest" && **to != "latest")
      return failure(Errc::invalid, "to: \"" + escaped(**to) + "\" is neither earliest nor latest");
    return Place{.kind = **to == "earliest" ? Kind::earliest : Kind::latest};
  }
  if (*time) {
    const auto parsed = parse_rfc3339(**time);
    if (!parsed)
      return failure(Errc::invalid, "time: \"" + escaped(**time) + "\" is not as \"2026-05-01T12:00:00Z\" (RFC 3339)");
    // Negative numbers mean other things where offsets are looked up.
    return Place{.kind = Kind::time, .number = std::max<Timestamp>(*parsed, 0)};
  }
  if (*offset) return Place{.kind = Kind::offset, .number = **offset};
  return Place{.kind = Kind::shift, .number = **shift};
}

Result<Offset> offset_of(runtime::BrokerRuntime& broker, const Place& place, const runtime::HostedTopic& topic,
                         PartitionIndex partition, std::optional<Offset> from) {
  using Kind = Place::Kind;
  const auto hosted = topic.find(partition);
  const auto [start, end] =
      hosted->with([](const broker::Partition& open) { return std::pair(open.start(), open.high_watermark()); });
  const auto name = escaped(topic.topic->name) + "-" + std::to_string(partition);
  switch (place.kind) {
    case Kind::earliest: return start;
    case Kind::latest: return end;
    case Kind::offset:
      if (place.number < start.value() || place.number > end.value())
        return failure(Errc::invalid, "offset: " + std::to_string(place.number) + " is not within " + name +
                                          ", which has " + std::to_string(start.value()) + " to " +
                                          std::to_string(end.value()));
      return Offset(place.number);
    case Kind::shift: {
      if (!from) return failure(Errc::invalid, "shift: nothing is committed for " + name + ", from which to count");
      // Clients commit any number: no sum that could overflow.
      const auto at = std::clamp(from->value(), start.value(), end.value());
      return Offset(place.number < 0 ? at - std::min(at - start.value(), -std::max(place.number, -end.value()))
                                     : at + std::min(end.value() - at, place.number));
    }
    case Kind::time: {
      const auto found = broker.list_offset(topic.topic->name, partition, {.timestamp = place.number});
      if (found.error != ErrorCode::none) return failure(Errc::io, name + ": " + found.message);
      return found.offset == no_offset ? end : found.offset;
    }
  }
  return start;
}

}  // namespace millrace::http::routes
