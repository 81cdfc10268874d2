#pragma once
// Slots: the unsettled events of one partition by offset, 40 bytes each. Owned by the machine.
//
// They lie in pages of 256 offsets, the pages of docs/formats/delivery.md, sorted within each: a dense page costs
// nothing beside its slots, a page with one event some 200 bytes. A pointer to a slot is good until the next insert or
// erase.

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "millrace/core/ids.hpp"
#include "millrace/core/time.hpp"
#include "millrace/delivery/event.hpp"
#include "millrace/delivery/records.hpp"

namespace millrace::delivery {

enum class State : std::uint8_t { available, acquired, waiting, archiving, dead };
inline constexpr std::size_t states = 5;

struct Slot {
  KeyHash key = no_key;
  Instant born{};  ///< when it had no age yet, on the steady clock
  Offset next_of_key = no_offset;
  std::uint32_t hand_out = 0;  ///< acquired: which one, as the token says
  std::uint32_t turn = 0;      ///< acquired: its lease; waiting, or archiving again later: its place in that queue
  std::uint16_t hand_outs = 0;
  std::uint16_t failures = 0;
  std::uint8_t low = 0;  ///< of its offset
  State state = State::available;
  bool is_ready : 1 = false;     ///< available, and nothing holds it back: it is in the queue of those
  bool is_recorded : 1 = false;  ///< there is a record about it alone
  bool is_troubled : 1 = false;  ///< it failed, or was redriven: more is known elsewhere
  bool is_redriven : 1 = false;  ///< it died once: its age is no matter any more
  bool is_probe : 1 = false;     ///< acquired: as a probe of its consumers
  bool is_unwanted : 1 = false;  ///< acquired, and its filter is another by now: settled if it comes back unfailed
};

class Slots {
 public:
  [[nodiscard]] static std::int64_t page_of(Offset at) { return at.value() / page_events; }
  [[nodiscard]] static Offset begin_of(std::int64_t page) { return Offset(page * page_events); }

  [[nodiscard]] Slot* find(Offset at);
  [[nodiscard]] const Slot* find(Offset at) const { return const_cast<Slots*>(this)->find(at); }
  /// Requires: there is none.
  Slot& insert(Offset at);
  /// Requires: there is one.
  void erase(Offset at);
  /// The first at or after `at`.
  [[nodiscard]] std::optional<Offset> next(Offset at) const;
  [[nodiscard]] std::size_t size() const { return size_; }

  /// Calls visit(Offset, Slot&) for those in [from, to), ascending. It must not insert or erase.
  template <class Visit>
  void each(Offset from, Offset to, Visit visit) {
    for (auto page = pages_.lower_bound(page_of(from)); page != pages_.end() && begin_of(page->first) < to; ++page) {
      for (Slot& slot : page->second) {
        const Offset at = begin_of(page->first) + slot.low;
        if (at >= from && at < to) visit(at, slot);
      }
    }
  }
  template <class Visit>
  void each(Visit visit) {
    for (auto& [page, slots] : pages_)
      for (Slot& slot : slots) visit(begin_of(page) + slot.low, slot);
  }

 private:
  using Page = std::vector<Slot>;
  [[nodiscard]] static Page::iterator place(Page& page, Offset at);

  std::map<std::int64_t, Page> pages_;
  std::size_t size_ = 0;
};

}  // namespace millrace::delivery
