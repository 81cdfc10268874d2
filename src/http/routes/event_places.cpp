#include "event_places.hpp"

#include <algorithm>

#include "millrace/core/limits.hpp"

namespace millrace::http::routes {

namespace {
/// A line of a request has 8 KiB, and the cursor grows with its offsets.
constexpr std::size_t cursor_bytes_max = 6 * limits::KiB;
}  // namespace

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
  }
  for (std::size_t i = places.cursor_.next.size(); i < topic.partitions.size(); ++i) {
    const auto at = offset_of(context.broker, wish.place, topic, static_cast<PartitionIndex>(i), std::nullopt);
    if (!at) return failure_of(at);
    places.cursor_.next.push_back(*at);
  }
  if (places.cursor().size() > cursor_bytes_max) {
    return failure(Errc::invalid, "a cursor of " + std::to_string(topic.partitions.size()) +
                                      " partitions does not fit into a URL: read them one by one");
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
