#pragma once
// What one partition remembers of the events in it, so that a repeat is stored once whoever sends it
// (cloudevents.dedupe.window.ms, docs/cloudevents.md): of each a hash of its source and id, the offset of its first
// copy, and when that came.
//
// Pure and deterministic: no clock, no disk. Replaying the records of a log gives the same state again, but for the
// times: what was replayed counts as having come then, so that a window may grow and never shrinks. Bounded: at most
// ids_max, the oldest goes first, and 42 bytes each. Ages are counted on the steady clock: a jump of the wall clock
// makes nothing forgotten. The hash is keyed, so that nobody can make an event that is taken for another one. Owned.
// Snapshot: docs/formats/events_snapshot.md.

#include <deque>
#include <optional>
#include <vector>

#include "millrace/core/ids.hpp"
#include "millrace/core/result.hpp"
#include "millrace/core/siphash.hpp"
#include "millrace/core/time.hpp"

namespace millrace::broker {

/// 11 MB of a partition that is full of them; of a thousand events a second the last four minutes.
inline constexpr std::size_t event_ids_per_partition_max = 262'144;

struct EventIdRules {
  SipKey key{};  ///< drawn by chance; a snapshot brings its own
  std::size_t ids_max = event_ids_per_partition_max;
};

/// Of each record of a batch; nothing where it holds no event. Empty when none does.
using EventHashes = std::vector<std::optional<Hash128>>;

/// Where an event was before.
struct FirstCopy {
  Offset offset = no_offset;  ///< in the log
  std::int32_t index = -1;    ///< or so many records behind the first of the same batch
  [[nodiscard]] bool is_there() const { return offset != no_offset || index >= 0; }
  bool operator==(const FirstCopy&) const = default;
};
/// Of each record of a batch. Empty when no event was there before.
using FirstCopies = std::vector<FirstCopy>;

class EventIds {
 public:
  explicit EventIds(const EventIdRules& rules = {}) : rules_(rules) {}
  EventIds(const EventIds&) = delete;
  EventIds& operator=(const EventIds&) = delete;
  EventIds(EventIds&&) = default;
  EventIds& operator=(EventIds&&) = default;

  [[nodiscard]] const SipKey& key() const { return rules_.key; }
  [[nodiscard]] std::size_t size() const { return entries_.size(); }
  /// How many were forgotten because there were too many.
  [[nodiscard]] std::uint64_t forgotten_early() const { return forgotten_early_; }

  [[nodiscard]] std::optional<Offset> find(const Hash128& hash) const;
  [[nodiscard]] FirstCopies find(const EventHashes& events) const;
  /// Requires: `offset` is above all before. Of an event that is remembered already this copy counts from now on: it
  /// would not be there if the one before had not been forgotten once.
  void remember(const Hash128& hash, Offset offset, Instant now);
  /// Forgets what came at `before` or earlier.
  void forget(Instant before);
  void clear();

  /// Everything as of log offset `at`, which must be durable when the bytes are written.
  [[nodiscard]] Bytes encode(Offset at, Instant now) const;
  struct Snapshot;
  /// Errc::corrupt for bytes that encode() cannot have made. Nothing is allocated by a number that was read. Of more
  /// than `ids_max` the newest are taken.
  [[nodiscard]] static Result<Snapshot> decode(ByteView bytes, Instant now, std::size_t ids_max);

 private:
  struct Entry {
    Hash128 hash;
    Offset offset;
    Instant arrived;
  };

  [[nodiscard]] const Entry& entry(std::uint32_t number) const;
  /// The slot with the number of the entry, or the free one where it belongs. Requires: there are slots.
  [[nodiscard]] std::size_t slot_of(const Hash128& hash) const;
  void grow();
  void forget_oldest();

  EventIdRules rules_;
  std::deque<Entry> entries_;         ///< oldest first; of those with one hash only the last is found
  std::vector<std::uint32_t> slots_;  ///< numbers of entries, found by their hash; at least half of them are free
  std::uint32_t first_number_ = 0;    ///< of the front of entries_; they count modulo 2^31
  std::uint64_t forgotten_early_ = 0;
};

struct EventIds::Snapshot {
  Offset at;  ///< every record below is in the state, none above
  EventIds ids;
};

}  // namespace millrace::broker
