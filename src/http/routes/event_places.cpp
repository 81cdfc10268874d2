#include "event_places.hpp"

#include <algorithm>

namespace millrace::http::routes {

Result<EventPlaces> EventPlaces::of(const Context& context, const runtime::HostedTopic& topic, const ReadWish& wish,
                                    const std::optional<std::string>& cursor) {
  if (wish.place.kind == Place::Kind::offset || (cursor && wish.says_where)) {
    return failure(Errc::invalid, "one of cursor and from says where to begin; an offset is that of one partition");
  }
  EventPlaces places;
  if (cursor) {
    auto parsed = EventCursor::parse(*cursor, topic.partitions.size());
    if (!parsed) return failure_of(parsed);
    places.cursor_ = std::move(*parsed);
    return places;
  }
  for (std::size_t i = 0; i < topic.partitions.size(); ++i) {
    const auto at = offset_of(context.broker, wish.place, topic, static_cast<PartitionIndex>(i), std::nullopt);
    if (!at) return failure_of(at);
    places.cursor_.next.push_back(*at);
  }
  return places;
}

std::vector<ReadPlace> EventPlaces::in_turn() const {
  std::vector<ReadPlace> places;
  places.reserve(cursor_.next.size());
  for (std::size_t i = 0; i < cursor_.next.size(); ++i) {
    const auto partition = (cursor_.turn + i) % cursor_.next.size();
    places.push_back({.partition = static_cast<PartitionIndex>(partition), .next = cursor_.next[partition]});
  }
  return places;
}

void EventPlaces::take(const std::vector<ReadPlace>& moved, const std::vector<ReadEvent>& events) {
  for (const auto& place : moved) cursor_.next[static_cast<std::size_t>(place.partition)] = place.next;
  if (events.empty()) return;
  cursor_.turn = static_cast<std::size_t>(events.back().partition + 1) % cursor_.next.size();
}

void EventPlaces::pass(PartitionIndex partition, Offset offset) {
  cursor_.next[static_cast<std::size_t>(partition)] = offset + 1;
}

void EventPlaces::begin(PartitionIndex partition, Offset offset) {
  cursor_.next[static_cast<std::size_t>(partition)] = offset;
}

}  // namespace millrace::http::routes
