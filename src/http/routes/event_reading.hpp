#pragma once
// Reads events of one partition or several, and waits for some: what the routes for readers have in common.

#include "api.hpp"
#include "event_wish.hpp"

namespace millrace::http::routes {

/// Where a partition is read, and was read to.
struct ReadPlace {
  PartitionIndex partition = 0;
  Offset next;
};

struct EventReading {
  std::vector<ReadEvent> events;
  Offset high_watermark;           ///< of the first place
  std::optional<Problem> problem;  ///< then there are no events
  std::size_t failed = 0;          ///< the place with the problem
  Offset begin;                    ///< where its log begins, if that is the problem
};

/// Moves `places` on to where they were read to: past events that nobody wants, too. Ends when there are events, when
/// `wish.wait` is over, or when much was looked at in vain. Places that stand first are read first.
[[nodiscard]] runtime::Task<EventReading> read_events_at(const Context& context, std::string topic,
                                                         std::vector<ReadPlace>& places, const ReadWish& wish);

}  // namespace millrace::http::routes
