#include "event_lookup.hpp"

#include <algorithm>

#include "event_views.hpp"

namespace millrace::http::routes {

namespace {

constexpr std::size_t place_bytes = 256;  ///< what is told beside an event, but for its key

/// As it is told, and how many bytes that is.
std::size_t tell(const runtime::HostedTopic& topic, const cloudevents::PlainRecord& record, LookedUp& into) {
  into.read = event_of(record, topic.topic->name, unmarked_in(topic));
  into.text = json_text_of(into.read);
  return into.text.size() + into.read.key.value_or("").size() + place_bytes;
}

}  // namespace

LookedUpEvents look_up_events(runtime::BrokerRuntime& broker, const runtime::HostedTopic& topic,
                              PartitionIndex partition, std::span<const Offset> offsets, std::size_t& room,
                              bool must_have_one) {
  LookedUpEvents found{.events = std::vector<LookedUp>(offsets.size())};
  auto& out = found.events;
  const auto log = topic.find(partition);
  if (!log) return found;
  const auto looked = runtime::records_at(
      broker, *log, offsets, [&](std::size_t which, Offset at, Timestamp time, const record::RecordView& view) {
        const auto bytes =
            tell(topic, {.partition = partition, .offset = at, .timestamp = time, .view = view}, out[which]);
        if (bytes > room && !must_have_one) return false;
        must_have_one = false;
        room -= std::min(room, bytes);
        return true;
      });
  for (std::size_t i = 0; i < out.size(); ++i) out[i].fate = looked.fates[i];
  if (looked.trouble) {
    found.trouble = looked.trouble;
    found.troubled = offsets[looked.troubled];
  }
  return found;
}

LookedUp looked_up(const runtime::HostedTopic& topic, PartitionIndex partition, Offset offset,
                   const record::NewRecord& record) {
  LookedUp found;
  const auto take = [&](std::size_t, Offset at, Timestamp time, const record::RecordView& view) {
    (void)tell(topic, {.partition = partition, .offset = at, .timestamp = time, .view = view}, found);
    return true;
  };
  found.fate = runtime::record_at_hand(record, offset, take);
  return found;
}

}  // namespace millrace::http::routes
