// Dead events that come back or are given up, and rules that change under those that live.

#include <algorithm>

#include "machine.hpp"

namespace millrace::delivery {

Machine::Redriven Machine::redrive(std::span<const Redrive> events, Now now) {
  Turn turn{now};
  Redriven out;
  for (const Redrive& redriven : events) out.errors.push_back(redrive_one(redriven, turn));
  out.effects = conclude(turn);
  return out;
}

RedriveError Machine::redrive_one(const Redrive& redriven, Turn& turn) {
  const Offset at = redriven.event.offset;
  if (remembered_->events.contains(at) || (at >= told_ && is_settled_ahead(at))) return redrive_untold(redriven, turn);
  if (at < Offset(0) || at >= told_) return RedriveError::not_told;
  Slot* slot = slots_.find(at);
  if (slot != nullptr && slot->state != State::dead) return RedriveError::not_dead;
  if (slot == nullptr) {
    if (slots_.size() >= policy_->unsettled_max) return RedriveError::full;
    slot = &slots_.insert(at);
    ++in_state_[static_cast<std::size_t>(slot->state)];
    slot->key = redriven.event.key;
    slot->born = turn.now.steady;
    link(at, *slot);
    if (at >= settled_until_) turn.dirty.insert(Slots::page_of(at));
  }
  if (slot->is_troubled) forget_trouble(at);
  slot->is_redriven = true;
  slot->failures = redriven.failures.count;
  slot->hand_outs = redriven.failures.hand_outs;
  Trouble& trouble = trouble_of(at, *slot);
  trouble.life = redriven.life + 1;
  trouble.first_failure = redriven.failures.first;
  trouble.code = redriven.failures.code;
  trouble.history = redriven.failures.history;
  turn.has_decided = true;
  enter(*slot, State::available);
  record(at, *slot, turn);
  if (!is_held_back(at, *slot)) make_ready(at, *slot);
  return RedriveError::none;
}

/// Delivery has not come to it since the start: it lives on as what is remembered, and is told in its turn.
RedriveError Machine::redrive_untold(const Redrive& redriven, Turn& turn) {
  const Offset at = redriven.event.offset;
  const auto known = remembered_->events.find(at);
  if (known != remembered_->events.end() && known->second.stage != Stage::dead) return RedriveError::not_dead;
  EventState& state = remembered_.edit().events[at];
  state = {.offset = at, .stage = Stage::open, .life = redriven.life + 1, .failures = redriven.failures};
  state.failures.message.clear();
  turn.effects.records.emplace_back(state);
  turn.has_decided = true;
  if (at >= told_) set_settled_ahead(at, false, turn);
  return RedriveError::none;
}

Effects Machine::discard(std::span<const Offset> events, Now now) {
  Turn turn{now};
  for (const Offset at : events) {
    const Slot* slot = slots_.find(at);
    if (slot != nullptr && slot->state == State::dead) settle(at, turn);
    const auto known = remembered_->events.find(at);
    if (known != remembered_->events.end() && known->second.stage == Stage::dead) discard_untold(at, turn);
  }
  return conclude(turn);
}

void Machine::discard_untold(Offset at, Turn& turn) {
  remembered_.edit().events.erase(at);
  turn.forgotten.push_back(at);
  turn.has_decided = true;
  if (at >= told_) set_settled_ahead(at, true, turn);
}

bool Machine::is_unsettled(Offset event) const {
  return slots_.find(event) != nullptr || remembered_->events.contains(event) ||
         (event >= told_ && !is_settled_ahead(event));
}

Effects Machine::set_policy(PolicyPtr policy, Now now) {
  Turn turn{now};
  policy_ = std::move(policy);
  // Who holds back whom is found anew: the order may be another one.
  chains_.clear();
  ready_queue_ = {};
  ready_ = 0;
  stopping_key_.reset();
  std::vector<Offset> holds_no_longer;
  slots_.each([&](Offset at, Slot& slot) {
    slot.is_ready = false;
    const KeyHash chain = chain_of(slot);
    if (chain != no_key) chains_.add(chain, at);
    if (slot.state == State::dead && (chain == no_key || !policy_->dead_holds)) holds_no_longer.push_back(at);
  });
  slots_.each([&](Offset at, Slot& slot) {
    if (slot.state == State::available && !is_held_back(at, slot)) make_ready(at, slot);
  });
  for (const Offset at : holds_no_longer) settle(at, turn);
  next_age_.reset();
  if (policy_->max_age) next_age_ = now.steady;
  return conclude(turn);
}

}  // namespace millrace::delivery
