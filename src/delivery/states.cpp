// Slots and their states: what follows for the queues and for the events behind in the same key.

#include <algorithm>

#include "machine.hpp"
#include "millrace/core/check.hpp"

namespace millrace::delivery {

namespace {

constexpr KeyHash whole_partition = 1;

}  // namespace

KeyHash Machine::chain_of(const Slot& slot) const {
  switch (policy_->order) {
    case Order::none: return no_key;
    case Order::key: return slot.key;
    case Order::partition: return whole_partition;
  }
  return no_key;
}

bool Machine::is_held_back(Offset at, const Slot& slot) const {
  const KeyHash chain = chain_of(slot);
  return chain != no_key && chains_.first(chain) != at;
}

bool Machine::is_expired(Offset at, const Slot& slot, Instant now) const {
  if (!policy_->max_age || slot.is_redriven || now - slot.born < *policy_->max_age) return false;
  // Where the whole partition waits for one event, those behind it do not die of waiting.
  return policy_->order != Order::partition || !is_held_back(at, slot);
}

void Machine::enter(Slot& slot, State state) {
  CHECK(!slot.is_ready, "who is in the queue leaves it first");
  --in_state_[static_cast<std::size_t>(slot.state)];
  ++in_state_[static_cast<std::size_t>(state)];
  slot.state = state;
}

void Machine::make_available(Offset at, Slot& slot, Turn& turn) {
  if (at < log_start_ && !slot.is_redriven) {
    ++counts_.gone;
    settle(at, turn);
    return;
  }
  if (slot.is_unwanted && is_to_be_judged(slot)) return settle(at, turn);
  enter(slot, State::available);
  if (is_expired(at, slot, turn.now.steady)) {
    die(at, slot, is_held_back(at, slot) ? Reason::key_blocked : Reason::expired, turn);
    return;
  }
  note_age(at, slot);
  if (!is_held_back(at, slot)) make_ready(at, slot);
}

void Machine::make_ready(Offset at, Slot& slot) {
  slot.is_ready = true;
  ++ready_;
  ready_queue_.push(at);
}

void Machine::make_unready(Slot& slot) {
  if (!slot.is_ready) return;
  slot.is_ready = false;
  --ready_;
}

void Machine::put_off(Offset at, Slot& slot, Instant due) {
  slot.turn = next_number();
  waits_.push({due, at, slot.turn});
}

/// Puts a new slot into its chain. An event that was the first until now is held back from now on.
void Machine::link(Offset at, Slot& slot) {
  const KeyHash chain = chain_of(slot);
  if (chain == no_key) return;
  const Offset first = chains_.first(chain);
  chains_.add(chain, at);
  if (first != no_offset && at < first) make_unready(*slots_.find(first));
}

void Machine::settle(Offset at, Turn& turn) {
  Slot* slot = slots_.find(at);
  CHECK(slot != nullptr, "only what is unsettled can be settled");
  const KeyHash chain = chain_of(*slot);
  make_unready(*slot);
  --in_state_[static_cast<std::size_t>(slot->state)];
  if (slot->is_recorded) turn.forgotten.push_back(at);
  if (slot->is_troubled) forget_trouble(at);
  if (at >= settled_until_) turn.dirty.insert(turn.dirty.end(), Slots::page_of(at));
  turn.has_decided = true;
  if (chain != no_key) chains_.remove(chain, at);
  slots_.erase(at);
  if (chain == no_key) return;
  const Offset first = chains_.first(chain);
  if (first == no_offset) return;
  Slot* next = slots_.find(first);
  note_age(first, *next);
  if (next->state == State::available && !next->is_ready) make_ready(first, *next);
}

void Machine::note_age(Offset at, const Slot& slot) {
  if (!policy_->max_age || slot.is_redriven) return;
  if (policy_->order == Order::partition && is_held_back(at, slot)) return;
  const Instant ends = slot.born + *policy_->max_age;
  next_age_ = next_age_ ? std::min(*next_age_, ends) : ends;
}

/// Another one than that of any lease. They come round after four thousand million.
std::uint32_t Machine::next_number() {
  do ++number_;
  while (leases_->has(number_));
  return number_;
}

}  // namespace millrace::delivery
