#pragma once
// Where a reader of a whole topic is, in the order in which its partitions take turns. Value.

#include "event_cursor.hpp"
#include "event_reading.hpp"

namespace millrace::http::routes {

class EventPlaces {
 public:
  /// From a cursor, or from the place that is wished for. Errc::invalid: both, an offset, or a cursor that is none.
  [[nodiscard]] static Result<EventPlaces> of(const Context& context, const runtime::HostedTopic& topic,
                                              const ReadWish& wish, const std::optional<std::string>& cursor);

  /// For read_events_at(): the partition whose turn it is comes first.
  [[nodiscard]] std::vector<ReadPlace> in_turn() const;
  /// What in_turn() gave has moved on, and these events were found.
  void take(const std::vector<ReadPlace>& moved, const std::vector<ReadEvent>& events);
  /// One event was passed.
  void pass(PartitionIndex partition, Offset offset);
  /// The log of a partition begins there now.
  void begin(PartitionIndex partition, Offset offset);
  [[nodiscard]] std::string cursor() const { return cursor_.to_string(); }

 private:
  EventCursor cursor_;
};

}  // namespace millrace::http::routes
