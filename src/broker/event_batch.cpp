#include "millrace/broker/event_batch.hpp"

#include <algorithm>

#include "millrace/cloudevents/identity.hpp"
#include "millrace/core/check.hpp"
#include "millrace/record/compact.hpp"
#include "millrace/record/record.hpp"

namespace millrace::broker {

namespace {

/// The length says where the source ends, whatever bytes it is made of.
Hash128 hash_of(const cloudevents::Identity& event, const SipKey& key, Bytes& room) {
  room.clear();
  append_be(room, static_cast<std::uint64_t>(event.source.size()));
  append_bytes(room, as_bytes(event.source));
  append_bytes(room, as_bytes(event.id));
  return siphash128(room, key);
}

}  // namespace

std::vector<EventInBatch> events_of(const record::BatchHeader& header, ByteView batch, const SipKey& key,
                                    const EventSettings& topic) {
  std::vector<EventInBatch> events;
  if (header.is_control() || header.is_transactional()) return events;
  Bytes inflated, room;
  const auto records = record::plain_records(header, batch, inflated);
  if (!records) return events;
  cloudevents::IdentityReader reader(topic.knows_unmarked ? cloudevents::Unmarked::recognised
                                                          : cloudevents::Unmarked::refused);
  record::RecordCursor cursor(*records, header.record_count);
  std::int32_t index = 0;
  for (auto record = cursor.next(); record && *record; record = cursor.next(), ++index) {
    const auto event = reader.read(**record);
    if (event) events.push_back({index, (*record)->offset_delta, hash_of(*event, key, room)});
  }
  return events;
}

EventHashes hashes_of(const record::BatchHeader& header, ByteView batch, const SipKey& key,
                      const EventSettings& topic) {
  const auto events = events_of(header, batch, key, topic);
  EventHashes hashes;
  if (events.empty()) return hashes;
  hashes.resize(static_cast<std::size_t>(header.record_count));
  for (const auto& event : events) hashes[static_cast<std::size_t>(event.index)] = event.hash;
  return hashes;
}

Bytes without_repeats(const record::BatchHeader& header, ByteView batch, const FirstCopies& firsts) {
  std::vector<bool> keep;
  keep.reserve(firsts.size());
  for (const auto& first : firsts) keep.push_back(!first.is_there());
  if (std::ranges::find(keep, true) == keep.end()) return header.has_producer() ? record::emptied(header) : Bytes();
  Bytes inflated;
  const auto records = record::plain_records(header, batch, inflated);
  CHECK(records.has_value(), "the hashes were made of these records");
  return record::rebuild(header, *records, keep, std::nullopt);
}

Bytes without_unfit(const record::BatchHeader& header, ByteView batch, const FirstCopies& firsts,
                    const std::vector<std::int32_t>& aside) {
  std::vector<bool> keep(static_cast<std::size_t>(header.record_count), true);
  for (std::size_t at = 0; at < firsts.size(); ++at) keep[at] = !firsts[at].is_there();
  for (const auto index : aside) keep.at(static_cast<std::size_t>(index)) = false;
  if (std::ranges::find(keep, true) == keep.end()) return record::emptied(header);
  Bytes inflated;
  const auto records = record::plain_records(header, batch, inflated);
  CHECK(records.has_value(), "the batch was judged by these records");
  return record::rebuild(header, *records, keep, std::nullopt);
}

}  // namespace millrace::broker
