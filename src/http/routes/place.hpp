#pragma once
// A place in a partition as an operator names it: its beginning or end, an offset, a time, or so far from where a group
// is.

#include "api.hpp"
#include "body.hpp"

namespace millrace::http::routes {

struct Place {
  enum class Kind { earliest, latest, offset, shift, time };
  Kind kind = Kind::earliest;
  std::int64_t number = 0;  ///< the offset, how far to shift, or the time
};

/// One of the fields to, offset, shift and time. Errc::invalid.
[[nodiscard]] Result<Place> read_place(Body& body);

/// Which offset that is in a partition of the topic that exists, between its start and its high watermark; a time is
/// where the first record of that time or later is. `from` is what a shift counts from. Errc::invalid: there is none.
[[nodiscard]] Result<Offset> offset_of(runtime::BrokerRuntime& broker, const Place& place,
                                       const runtime::HostedTopic& topic, PartitionIndex partition,
                                       std::optional<Offset> from);

}  // namespace millrace::http::routes
