// The bytes of docs/formats/events_snapshot.md.

#include <algorithm>
#include <limits>
#include <string>
#include <utility>

#include "millrace/broker/event_ids.hpp"

namespace millrace::broker {

namespace {

constexpr std::uint32_t magic = 0x4D524553;  // "MRES"
constexpr std::int16_t version = 1;
constexpr std::size_t header_bytes = 34;
constexpr std::size_t entry_bytes = 28;
constexpr std::int64_t age_ms_max = std::numeric_limits<std::uint32_t>::max();

Failure broken(std::string why) { return failure(Errc::corrupt, "events snapshot: " + std::move(why)); }

}  // namespace

/// A quarter of a million of them are written while the partition is locked, so they go straight to their places.
Bytes EventIds::encode(Offset at, Instant now) const {
  Bytes to(header_bytes + entries_.size() * entry_bytes);
  auto* place = to.data();
  const auto put = [&place](auto number) {
    store_be(place, number);
    place += sizeof number;
  };
  put(magic);
  put(version);
  put(at.value());
  put(rules_.key[0]);
  put(rules_.key[1]);
  put(static_cast<std::uint32_t>(entries_.size()));
  for (const auto& [hash, offset, arrived] : entries_) {
    const std::int64_t age = Milliseconds(now - arrived).count();
    put(hash.low);
    put(hash.high);
    put(offset.value());
    put(static_cast<std::uint32_t>(std::clamp<std::int64_t>(age, 0, age_ms_max)));
  }
  return to;
}

Result<EventIds::Snapshot> EventIds::decode(ByteView bytes, Instant now, std::size_t ids_max) {
  if (bytes.size() < header_bytes) return broken("it has " + std::to_string(bytes.size()) + " bytes, its header 34");
  const auto* place = bytes.data();
  const auto take = [&place]<class T>(T& number) {
    number = load_be<T>(place);
    place += sizeof number;
  };
  std::uint32_t found_magic = 0, count = 0;
  std::int16_t found_version = 0;
  std::int64_t at = 0;
  SipKey key{};
  take(found_magic);
  if (found_magic != magic) return broken("it does not begin with MRES");
  take(found_version);
  if (found_version != version) return broken("version " + std::to_string(found_version) + " is not 1");
  take(at);
  take(key[0]);
  take(key[1]);
  take(count);
  if (at < 0) return broken("its offset is negative");
  if (bytes.size() != header_bytes + std::size_t{count} * entry_bytes) {
    return broken(std::to_string(count) + " events are not " + std::to_string(bytes.size()) + " bytes");
  }
  Snapshot snapshot{Offset(at), EventIds({.key = key, .ids_max = ids_max})};
  auto& ids = snapshot.ids;
  Offset last = no_offset;
  std::uint32_t last_age = std::numeric_limits<std::uint32_t>::max();
  for (std::uint32_t i = 0; i < count; ++i) {
    Hash128 hash;
    std::int64_t offset = 0;
    std::uint32_t age = 0;
    take(hash.low);
    take(hash.high);
    take(offset);
    take(age);
    if (Offset(offset) <= last || offset >= at || age > last_age) {
      return broken("event " + std::to_string(i) + " of " + std::to_string(count) + " is out of order");
    }
    last = Offset(offset);
    last_age = age;
    ids.remember(hash, last, now - Milliseconds(age));
  }
  ids.forgotten_early_ = 0;
  return snapshot;
}

}  // namespace millrace::broker
