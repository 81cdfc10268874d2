// What a turn has settled is written down: docs/formats/delivery.md says in which order, and why every prefix is safe.

#include <algorithm>

#include "machine.hpp"

namespace millrace::delivery {

namespace {

/// Pages with a record of their own; with more, the lowest is left behind.
constexpr std::size_t pages_max = 16;
/// Of those, in one turn: what is left behind costs a record for each event.
constexpr int pages_left_per_turn = 4;
/// So many events may be passed over before that is written down without any other reason.
constexpr std::int64_t unwritten_max = 4'096;

Offset end_of(std::int64_t page) { return Slots::begin_of(page + 1); }

}  // namespace

void Machine::record(Offset at, Slot& slot, Turn& turn) {
  slot.is_recorded = true;
  EventState state;
  state.offset = at;
  state.failures = failures_of(at, slot);
  if (slot.is_troubled) {
    const Trouble& trouble = troubles_->at(at.value());
    state.life = trouble.life;
    state.at = trouble.at;
    state.mark = trouble.mark;
    state.reason = trouble.death;
  }
  if (slot.state == State::archiving) state.stage = Stage::archiving;
  if (slot.state == State::dead) state.stage = Stage::dead;
  turn.effects.records.emplace_back(std::move(state));
}

void Machine::advance() {
  const Offset unsettled = slots_.next(settled_until_).value_or(told_);
  settled_until_ = std::max(settled_until_, std::min(unsettled, told_));
  Offset start = slots_.next(start_).value_or(told_);
  const auto& untold = remembered_->events;
  if (const auto known = untold.lower_bound(start_); known != untold.end()) start = std::min(start, known->first);
  start_ = std::max(start_, std::min(start, told_));
}

PageBits Machine::bits_of(std::int64_t page) {
  PageBits bits{};
  const Offset begin = Slots::begin_of(page);
  const auto told = static_cast<std::size_t>(std::clamp<std::int64_t>(told_ - begin, 0, page_events));
  const auto& pages = remembered_->pages;
  if (const auto ahead = pages.find(page); ahead != pages.end()) bits = ahead->second;
  const auto set = [&bits](std::size_t n, bool on) {
    const std::byte bit = std::byte{1} << (n % 8);
    bits[n / 8] = on ? bits[n / 8] | bit : bits[n / 8] & ~bit;
  };
  for (std::size_t n = 0; n < told; ++n) set(n, true);
  slots_.each(begin, end_of(page), [&](Offset at, const Slot&) { set(static_cast<std::size_t>(at - begin), false); });
  return bits;
}

/// Whether anything is settled where only the page says so.
bool Machine::has_settled(std::int64_t page, const PageBits& bits) const {
  const std::int64_t from = std::max<std::int64_t>(settled_until_ - Slots::begin_of(page), 0);
  for (auto n = static_cast<std::size_t>(from); n < static_cast<std::size_t>(page_events); ++n)
    if ((bits[n / 8] >> (n % 8) & std::byte{1}) != std::byte{0}) return true;
  return false;
}

/// Too many pages: `settled_until_` passes the lowest, and what is not settled there gets records of its own.
void Machine::leave_behind(std::set<std::int64_t>& pages, Turn& turn) {
  for (int left = 0; pages.size() > pages_max && left < pages_left_per_turn; ++left) {
    const Offset end = end_of(*pages.begin());
    if (end > told_) return;
    slots_.each(settled_until_, end, [&](Offset at, Slot& slot) {
      if (!slot.is_recorded) record(at, slot, turn);
    });
    settled_until_ = end;
    turn.has_decided = true;
    advance();
    while (!pages.empty() && end_of(*pages.begin()) <= settled_until_) pages.erase(pages.begin());
  }
}

void Machine::write_pages(Turn& turn) {
  // What had a record of its own is settled by its page before that record goes: so its failures are not forgotten
  // while it might still come back.
  std::set<std::int64_t> needed;
  for (const Offset at : turn.forgotten)
    if (at >= written_until_) needed.insert(Slots::page_of(at));
  std::set<std::int64_t> pages = *recorded_pages_;
  for (const std::int64_t page : turn.dirty)
    if (end_of(page) > settled_until_ && has_settled(page, bits_of(page))) pages.insert(page);
  leave_behind(pages, turn);
  turn.dirty.insert(needed.begin(), needed.end());
  for (const std::int64_t page : turn.dirty) {
    const bool is_beyond = end_of(page) > settled_until_ && pages.contains(page);
    if (!is_beyond && !needed.contains(page)) continue;
    turn.effects.records.emplace_back(SettledPage{page, bits_of(page)});
    recorded_pages_.edit().insert(page);
  }
}

Effects Machine::conclude(Turn& turn) {
  advance();
  if (remembered_->events.empty() && remembered_->pages.empty()) remembered_.reset();
  if (!turn.dirty.empty() || !turn.forgotten.empty()) write_pages(turn);
  auto& records = turn.effects.records;
  for (const Offset at : turn.forgotten) records.emplace_back(EventForgotten{at});
  if (settled_until_ > written_until_ && (turn.has_decided || settled_until_ - written_until_ >= unwritten_max)) {
    records.emplace_back(Progress{settled_until_, start_});
    written_until_ = settled_until_;
  }
  while (!recorded_pages_->empty() && end_of(*recorded_pages_->begin()) <= written_until_) {
    records.emplace_back(PageForgotten{*recorded_pages_->begin()});
    recorded_pages_.edit().erase(recorded_pages_->begin());
  }
  return std::move(turn.effects);
}

}  // namespace millrace::delivery
