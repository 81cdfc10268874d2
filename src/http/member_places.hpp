#pragma once
// Where a member of a group reads: its partitions, what of each was read and is on its way to the reader, and how far
// the group may commit.
//
// An event is read, goes out, and is done when it was acknowledged. What may be committed of a partition is the lowest
// event that is not done, so that a commit never passes one that the reader may not have. A reader that acknowledges by
// itself says so for each event, in any order; for any other an event is done when the next one went out, or a moment
// after it went out itself.
//
// A partition that is to go is given up when nothing of it is with the reader any more, or when its time is over; what
// was read of it and did not go out is forgotten. One that comes back later begins a new *stay*, so that nobody takes
// what is said of the old one for the new. Pure; owned by its member.

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <vector>

#include "millrace/core/ids.hpp"
#include "millrace/core/time.hpp"

namespace millrace::http {

/// An event on its way to a reader.
struct EventPlace {
  PartitionIndex partition = 0;
  std::int64_t stay = 0;
  Offset offset;
  bool operator==(const EventPlace&) const = default;
};

/// Where a partition is read next.
struct StayPlace {
  PartitionIndex partition = 0;
  std::int64_t stay = 0;
  Offset next;
};

using Offsets = std::map<PartitionIndex, Offset>;

class MemberPlaces {
 public:
  enum class Acks : std::uint8_t { automatic, by_reader };
  /// Stays are counted from `stays` on: those of different members shall not be taken for each other.
  explicit MemberPlaces(Acks acks, std::int64_t stays = 0) : acks_(acks), stays_(stays) {}

  /// What the member has from now on. Others are to go, until `give_up_by` at the latest.
  void assign(const std::set<PartitionIndex>& partitions, Instant give_up_by);
  /// Forgets everything: others have it.
  void clear();
  /// Those that it has, also those that are to go.
  [[nodiscard]] std::set<PartitionIndex> all() const;
  /// Those whose time to go has come are gone from here on; where they are is to be committed.
  [[nodiscard]] Offsets give_up(Instant now);

  /// Partitions of which nobody has asked yet where to begin, each with its stay.
  [[nodiscard]] std::map<PartitionIndex, std::int64_t> ask();
  /// Nobody could be asked: they are to be asked for again.
  void unask();
  /// Where a partition begins. `is_committed`: the group's offset says so.
  void begin(const StayPlace& at, bool is_committed);
  /// The log has no such place: it goes on there.
  void move(const StayPlace& place, Offset to);
  /// Whether each partition has a place.
  [[nodiscard]] bool have_begun() const;

  /// Those that can be read, the one whose turn it is first.
  [[nodiscard]] std::vector<StayPlace> readable() const;
  /// A partition was read to there, and these events were found. A stay that is over is passed over.
  void read(const StayPlace& to, const std::vector<Offset>& events);
  /// Events that were read and are not done.
  [[nodiscard]] std::size_t under_way() const { return under_way_; }
  /// The event goes out now. False: it is not this member's any more.
  [[nodiscard]] bool tell(const EventPlace& event);
  /// It went out.
  void told(const EventPlace& event, Instant now);
  /// Acknowledged by the reader. False: nothing of this member's was told so.
  [[nodiscard]] bool acknowledge(const EventPlace& event);
  /// What was read of a partition from `from` to `to` is done. False: that is not where the group is.
  [[nodiscard]] bool acknowledge(PartitionIndex partition, Offset from, Offset to);
  /// What is not done is read again, in new stays: whoever reads now reads in vain.
  void rewind();

  /// Where the group is in each partition, as far as that is not committed.
  [[nodiscard]] Offsets uncommitted() const;
  void committed(const Offsets& offsets);
  /// Of a partition that has begun.
  [[nodiscard]] std::optional<Offset> position(PartitionIndex partition) const;

 private:
  enum class Way : std::uint8_t { read, going, out, done };
  struct Place {
    std::int64_t stay = 0;
    bool is_asked = false;
    std::optional<Offset> next;       ///< read to here
    std::optional<Offset> committed;  ///< by the group
    std::map<Offset, Way> events;     ///< under way; the first is not done
    std::optional<Instant> goes_by;   ///< it is to go
    [[nodiscard]] Offset position() const { return events.empty() ? *next : events.begin()->first; }
  };

  [[nodiscard]] Place* find(PartitionIndex partition, std::int64_t stay);
  void finish(Place& place, Offset offset);
  void forget_events(Place& place);
  void forget_unsent(Place& place);
  /// An event that went out a while ago is done.
  void settle(Instant now);

  Acks acks_;
  std::int64_t stays_;
  std::map<PartitionIndex, Place> places_;
  std::size_t under_way_ = 0;
  PartitionIndex turn_ = 0;
  std::optional<EventPlace> last_told_;  ///< of a reader that does not acknowledge
  Instant told_at_{};
};

}  // namespace millrace::http
