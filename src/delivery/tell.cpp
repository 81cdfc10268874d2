// What the log has: events that are taken in, others that are passed over, those left behind before a restart first.

#include <algorithm>
#include <iterator>

#include "machine.hpp"

namespace millrace::delivery {

namespace {

constexpr std::size_t again_at_once = 1'000;  ///< events left behind, or judged anew
/// Those this close together are read in one go.
constexpr std::int64_t gap_max = 256;

/// Whatever the log or the filter say of it now: its letter is to be written, or has it.
bool stays(const EventState& known) { return known.stage == Stage::archiving || known.life > 0; }

const Event* find(std::span<const Event> events, Offset at) {
  const auto found = std::ranges::lower_bound(events, at, {}, &Event::offset);
  return found != events.end() && found->offset == at ? &*found : nullptr;
}

}  // namespace

Stop Machine::stop() const {
  if (slots_.size() >= policy_->unsettled_max) return Stop::total;
  if (stopping_key_ && chains_.length(*stopping_key_) >= policy_->per_key_max) return Stop::key;
  return Stop::none;
}

std::optional<Wanted> Machine::wanted() const {
  if (const auto& untold = remembered_->events; !untold.empty() && untold.begin()->first < told_) {
    auto last = untold.begin();
    std::size_t count = 1;
    for (auto next = std::next(last);
         next != untold.end() && next->first < told_ && count < again_at_once && next->first - last->first <= gap_max;
         last = next++)
      ++count;
    const Offset from = untold.begin()->first, to = last->first + 1;
    return Wanted{.from = from, .to = to, .events_max = static_cast<std::size_t>(to - from)};
  }
  if (auto again = wanted_again()) return again;
  if (stop() != Stop::none) return std::nullopt;
  // Of a partition that waits for its first event no more are ready, however many are told.
  const std::size_t there = policy_->order == Order::partition ? in(State::available) : ready_;
  if (there > policy_->read_ahead / 2) return std::nullopt;
  const std::size_t room = policy_->unsettled_max - slots_.size();
  return Wanted{.from = told_, .to = std::nullopt, .events_max = std::min(policy_->read_ahead - there, room)};
}

Machine::Told Machine::tell(Offset from, Offset to, std::span<const Event> events, Now now) {
  Turn turn{now};
  judge(from, to, events, turn);
  tell_left_behind(from, std::min(to, told_), events, turn);
  const auto& untold = remembered_->events;
  const bool is_complete = untold.empty() || untold.begin()->first >= told_;
  if (is_complete && from <= told_ && to > told_) {
    Offset until = to;
    for (auto event = std::ranges::lower_bound(events, told_, {}, &Event::offset); event != events.end(); ++event) {
      if (event->offset >= to) break;
      if (is_settled_ahead(event->offset)) continue;
      if (!has_room(*event)) {
        until = event->offset;
        break;
      }
      pass_over(event->offset, turn);
      told_ = event->offset + 1;
      take_in(*event, recall(event->offset), turn);
    }
    pass_over(until, turn);
  }
  const Offset until = is_complete ? told_ : untold.begin()->first;
  return {.until = until, .effects = conclude(turn)};
}

void Machine::tell_left_behind(Offset from, Offset to, std::span<const Event> events, Turn& turn) {
  if (remembered_->events.empty()) return;
  auto& untold = remembered_.edit().events;
  for (auto known = untold.lower_bound(from); known != untold.end() && known->first < to;) {
    const Offset at = known->first;
    const std::optional<EventState> remembered = std::move(known->second);
    known = untold.erase(known);
    if (const Event* event = find(events, at)) {
      take_in(*event, remembered, turn);
    } else if (stays(*remembered)) {
      take_in({.offset = at}, remembered, turn);
    } else {
      turn.forgotten.push_back(at);
      turn.has_decided = true;
    }
  }
}

bool Machine::has_room(const Event& event) {
  if (slots_.size() >= policy_->unsettled_max) return false;
  const KeyHash chain = chain_of(Slot{.key = event.key});
  const bool has_room = chain == no_key || chains_.length(chain) < policy_->per_key_max;
  if (!has_room) stopping_key_ = chain;
  if (has_room && stopping_key_ == chain) stopping_key_.reset();
  return has_room;
}

bool Machine::is_settled_ahead(Offset at) const {
  const auto page = remembered_->pages.find(Slots::page_of(at));
  if (page == remembered_->pages.end()) return false;
  const auto bit = static_cast<std::size_t>(at.value() % page_events);
  return (page->second[bit / 8] >> (bit % 8) & std::byte{1}) != std::byte{0};
}

/// Requires: delivery has not come there.
void Machine::set_settled_ahead(Offset at, bool is_settled, Turn& turn) {
  const std::int64_t page = Slots::page_of(at);
  const auto bit = static_cast<std::size_t>(at.value() % page_events);
  std::byte& bits = remembered_.edit().pages.try_emplace(page).first->second[bit / 8];
  const std::byte mask = std::byte{1} << (bit % 8);
  bits = is_settled ? bits | mask : bits & ~mask;
  turn.dirty.insert(page);
}

std::optional<EventState> Machine::recall(Offset at) {
  if (!remembered_->events.contains(at)) return std::nullopt;
  return std::move(remembered_.edit().events.extract(at).mapped());
}

/// The first of those that were remembered, if it lies below `until`; it is not remembered any longer.
std::optional<EventState> Machine::take_untold(Offset until) {
  if (remembered_->events.empty() || remembered_->events.begin()->first >= until) return std::nullopt;
  auto& untold = remembered_.edit().events;
  return std::move(untold.extract(untold.begin()).mapped());
}

/// Nothing in [told_, until) is to be delivered.
void Machine::pass_over(Offset until, Turn& turn) {
  while (const auto remembered = take_untold(until)) {
    const EventState& known = *remembered;
    if (stays(known)) {
      take_in({.offset = known.offset}, known, turn);
      continue;
    }
    turn.forgotten.push_back(known.offset);
    turn.has_decided = true;
  }
  told_ = std::max(told_, until);
  while (!remembered_->pages.empty() && Slots::begin_of(remembered_->pages.begin()->first + 1) <= told_)
    remembered_.edit().pages.erase(remembered_->pages.begin());
}

void Machine::take_in(const Event& event, const std::optional<EventState>& remembered, Turn& turn) {
  Slot& slot = slots_.insert(event.offset);
  ++in_state_[static_cast<std::size_t>(slot.state)];
  const Timestamp wall = std::max<Timestamp>(turn.now.wall, 0);
  slot.key = event.key;
  slot.born = turn.now.steady - Milliseconds(event.time < 0 ? 0 : std::max<Timestamp>(wall - event.time, 0));
  link(event.offset, slot);
  if (!remembered) {
    make_available(event.offset, slot, turn);
    return;
  }
  slot.failures = remembered->failures.count;
  slot.hand_outs = remembered->failures.hand_outs;
  slot.is_recorded = true;
  slot.is_redriven = remembered->life > 0;
  const bool is_plain = remembered->life == 0 && slot.failures == 0 && remembered->stage == Stage::open;
  if (!is_plain) {
    texts_bytes_ += remembered->failures.message.size();
    trouble_of(event.offset, slot) = {.life = remembered->life,
                                      .archive_failures = 0,
                                      .death = remembered->reason,
                                      .at = remembered->at,
                                      .mark = remembered->mark,
                                      .first_failure = remembered->failures.first,
                                      .code = remembered->failures.code,
                                      .message = remembered->failures.message,
                                      .history = remembered->failures.history};
    keep_text_if_there_is_room(event.offset);
  }
  switch (remembered->stage) {
    case Stage::open: {
      const Timestamp wait = remembered->at > wall ? remembered->at - wall : 0;
      if (wait == 0) return make_available(event.offset, slot, turn);
      enter(slot, State::waiting);
      note_age(event.offset, slot);
      // The wall clock may have jumped since; no delay becomes longer by that than delays are.
      return put_off(event.offset, slot, turn.now.steady + std::min(Milliseconds(wait), delay_ceiling));
    }
    case Stage::archiving: enter(slot, State::archiving); return send_letter(event.offset, slot, true, turn);
    case Stage::dead:
      enter(slot, State::dead);
      if (chain_of(slot) == no_key || !policy_->dead_holds) settle(event.offset, turn);
      return;
  }
}

void Machine::judge_anew() {
  judged_until_ = log_start_;
  old_filter_until_ = told_;
}

bool Machine::is_to_be_judged(const Slot& slot) {
  const bool may_be_handed_out =
      slot.state == State::available || slot.state == State::acquired || slot.state == State::waiting;
  return may_be_handed_out && slot.failures == 0 && !slot.is_redriven;
}

std::optional<Offset> Machine::next_to_judge(Offset from) const {
  while (from < old_filter_until_) {
    const auto at = slots_.next(from);
    if (!at || *at >= old_filter_until_) return std::nullopt;
    if (is_to_be_judged(*slots_.find(*at))) return at;
    from = *at + 1;
  }
  return std::nullopt;
}

/// What has failed meanwhile, or is in hand no longer, is not looked at again.
bool Machine::is_judging() {
  judged_until_ = next_to_judge(judged_until_).value_or(old_filter_until_);
  return judged_until_ < old_filter_until_;
}

std::optional<Wanted> Machine::wanted_again() const {
  const auto first = next_to_judge(judged_until_);
  if (!first) return std::nullopt;
  Offset last = *first;
  for (std::size_t count = 1; count < again_at_once; ++count) {
    const auto next = next_to_judge(last + 1);
    if (!next || *next - last > gap_max) break;
    last = *next;
  }
  const Offset to = last + 1;
  return Wanted{.from = *first, .to = to, .events_max = static_cast<std::size_t>(to - *first)};
}

void Machine::judge(Offset from, Offset to, std::span<const Event> events, Turn& turn) {
  from = std::max(from, judged_until_);
  to = std::min(to, old_filter_until_);
  if (from >= to) return;
  const auto next = next_to_judge(judged_until_);
  std::vector<Offset> unwanted;
  slots_.each(from, to, [&](Offset at, Slot& slot) {
    if (!is_to_be_judged(slot)) return;
    slot.is_unwanted = find(events, at) == nullptr;
    if (slot.is_unwanted && slot.state != State::acquired) unwanted.push_back(at);
  });
  for (const Offset at : unwanted) settle(at, turn);
  if (!next || *next >= from) judged_until_ = to;
}

Effects Machine::log_begins(Offset at, Now now) {
  Turn turn{now};
  log_start_ = std::max(log_start_, at);
  std::vector<Offset> gone;
  slots_.each(Offset(0), log_start_, [&](Offset here, const Slot& slot) {
    const bool is_in_hand = slot.state != State::available && slot.state != State::waiting;
    if (!is_in_hand && !slot.is_redriven) gone.push_back(here);
  });
  for (const Offset here : gone) settle(here, turn);
  counts_.gone += gone.size();
  judged_until_ = std::max(judged_until_, at);
  while (const auto remembered = take_untold(log_start_)) {
    const EventState& known = *remembered;
    if (stays(known)) {
      take_in({.offset = known.offset}, known, turn);
      continue;
    }
    counts_.gone += known.stage == Stage::open ? 1 : 0;
    turn.forgotten.push_back(known.offset);
    turn.has_decided = true;
  }
  pass_over(log_start_, turn);
  return conclude(turn);
}

}  // namespace millrace::delivery
