// Time: locks run out, delays are over, ages end.

#include <algorithm>

#include "machine.hpp"

namespace millrace::delivery {

namespace {

/// Events that one tick moves; what is left is due at once.
constexpr std::size_t events_per_tick = 1'000;
/// Ages are looked at no more often than this, as it takes a walk over all events. None that is too old is handed out
/// meanwhile.
constexpr Milliseconds age_step{1'000};

}  // namespace

Effects Machine::tick(Now now) {
  Turn turn{now};
  std::size_t budget = events_per_tick;
  end_locks(budget, turn);
  end_waits(budget, turn);
  end_ages(budget, turn);
  return conclude(turn);
}

void Machine::end_locks(std::size_t& budget, Turn& turn) {
  const FailedAttempt ran_out{.reason = Reason::lock_timeout, .code = 0, .message = "the lock ran out"};
  while (budget > 0) {
    const auto lease = leases_->ended(turn.now.steady);
    if (!lease) return;
    for (const Offset at : still_in(*lease, budget)) {
      Slot& slot = *slots_.find(at);
      --budget;
      leave_lease(slot);
      fail_one(at, slot, ran_out, Milliseconds::zero(), turn);
    }
  }
}

void Machine::end_waits(std::size_t& budget, Turn& turn) {
  while (budget > 0 && !waits_.empty() && waits_.top().due <= turn.now.steady) {
    const Wait wait = waits_.top();
    waits_.pop();
    --budget;
    Slot* slot = slots_.find(wait.event);
    if (slot == nullptr || slot->turn != wait.turn) continue;
    if (slot->state == State::waiting) make_available(wait.event, *slot, turn);
    // Whoever failed to write it may have written it and not heard of it.
    else if (slot->state == State::archiving)
      send_letter(wait.event, *slot, true, turn);
  }
}

void Machine::end_ages(std::size_t& budget, Turn& turn) {
  if (!next_age_ || *next_age_ > turn.now.steady) return;
  next_age_.reset();
  if (!policy_->max_age) return;
  std::vector<Offset> over;
  bool is_all = true;
  slots_.each([&](Offset at, const Slot& slot) {
    if (slot.state != State::available && slot.state != State::waiting) return;
    if (!is_expired(at, slot, turn.now.steady)) return note_age(at, slot);
    if (over.size() == budget) is_all = false;
    if (over.size() < budget) over.push_back(at);
  });
  budget -= over.size();
  for (const Offset at : over) {
    Slot& slot = *slots_.find(at);
    die(at, slot, is_held_back(at, slot) ? Reason::key_blocked : Reason::expired, turn);
  }
  const Instant soonest = is_all ? turn.now.steady + age_step : turn.now.steady;
  if (next_age_ || !is_all) next_age_ = is_all ? std::max(*next_age_, soonest) : soonest;
}

std::optional<Instant> Machine::next_deadline() const {
  std::optional<Instant> next = leases_->next_end();
  const auto sooner = [&next](std::optional<Instant> other) {
    if (other && (!next || *other < *next)) next = other;
  };
  if (!waits_.empty()) sooner(waits_.top().due);
  sooner(next_age_);
  return next;
}

}  // namespace millrace::delivery
