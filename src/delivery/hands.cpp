// Who has what in hand: acquired, settled, failed, given back, locked anew.

#include <algorithm>
#include <limits>

#include "machine.hpp"

namespace millrace::delivery {

namespace {

constexpr unsigned incarnation_bits = 32;

std::uint32_t incarnation_of(std::uint64_t hand_out) {
  return static_cast<std::uint32_t>(hand_out >> incarnation_bits);
}
std::uint32_t number_of(std::uint64_t hand_out) { return static_cast<std::uint32_t>(hand_out); }

}  // namespace

Machine::HandOut Machine::acquire(std::size_t max, ConsumerId consumer, Now now, bool is_probe) {
  Turn turn{now};
  HandOut out;
  out.locked_until = now.steady + policy_->lock_time;
  const std::size_t room = policy_->in_flight_max - std::min(policy_->in_flight_max, in(State::acquired));
  max = std::min(max, room);
  const std::uint32_t number = next_number();
  Lease lease{.consumer = consumer, .ends = out.locked_until, .outstanding = 0, .events = {}};
  if (is_judging()) max = 0;
  while (out.events.size() < max && !ready_queue_.empty()) {
    const Offset at = ready_queue_.top();
    ready_queue_.pop();
    Slot* slot = slots_.find(at);
    if (slot == nullptr || !slot->is_ready) continue;
    make_unready(*slot);
    if (is_expired(at, *slot, now.steady)) {
      die(at, *slot, Reason::expired, turn);
      continue;
    }
    enter(*slot, State::acquired);
    slot->hand_out = slot->turn = number;
    slot->is_probe = is_probe;
    if (slot->hand_outs > 0) ++counts_.redelivered;
    if (slot->hand_outs < std::numeric_limits<std::uint16_t>::max()) ++slot->hand_outs;
    lease.events.push_back(at);
    const auto attempt = static_cast<std::uint16_t>(std::min(slot->failures + 1, 0xFFFF));
    const std::uint64_t hand_out = seed_ << incarnation_bits | number;
    out.events.push_back(
        {.token = {at, hand_out}, .attempt = attempt, .hand_outs = slot->hand_outs, .is_redriven = slot->is_redriven});
  }
  counts_.handed_out += out.events.size();
  lease.outstanding = lease.events.size();
  if (lease.outstanding > 0) leases_.edit().add(number, std::move(lease));
  out.effects = conclude(turn);
  return out;
}

TokenError Machine::check(const Token& token) const {
  const bool is_ours = incarnation_of(token.hand_out) == static_cast<std::uint32_t>(seed_);
  if (token.offset < Offset(0) || (is_ours && token.offset >= told_)) return TokenError::unknown;
  const Slot* slot = slots_.find(token.offset);
  const bool is_good =
      is_ours && slot != nullptr && slot->state == State::acquired && slot->hand_out == number_of(token.hand_out);
  return is_good ? TokenError::none : TokenError::lost;
}

template <class Do>
Machine::Answer Machine::each(std::span<const Token> tokens, Turn& turn, Do act) {
  Answer answer;
  answer.errors.reserve(tokens.size());
  for (const Token& token : tokens) {
    answer.errors.push_back(check(token));
    if (answer.errors.back() == TokenError::none) act(token.offset, *slots_.find(token.offset));
  }
  answer.effects = conclude(turn);
  return answer;
}

Machine::Answer Machine::acknowledge(std::span<const Token> tokens, Now now) {
  Turn turn{now};
  return each(tokens, turn, [&](Offset at, Slot& slot) {
    ++counts_.acknowledged;
    ++turn.effects.settled.good;
    end_probe(slot, turn.effects.settled.probes_good);
    leave_lease(slot);
    if (slot.is_redriven) turn.effects.resolved.push_back({at, trouble_of(at, slot).life - 1});
    settle(at, turn);
  });
}

Machine::Answer Machine::release(std::span<const Token> tokens, Milliseconds delay, Now now) {
  Turn turn{now};
  return each(tokens, turn, [&](Offset at, Slot& slot) {
    ++counts_.released;
    end_probe(slot, turn.effects.settled.probes_back);
    leave_lease(slot);
    if (delay <= Milliseconds::zero()) {
      make_available(at, slot, turn);
      return;
    }
    enter(slot, State::waiting);
    note_age(at, slot);
    put_off(at, slot, now.steady + std::min(delay, delay_ceiling));
  });
}

Machine::Answer Machine::fail(std::span<const Token> tokens, const FailedAttempt& failure, Milliseconds at_least,
                              Now now) {
  Turn turn{now};
  return each(tokens, turn, [&](Offset at, Slot& slot) {
    leave_lease(slot);
    fail_one(at, slot, failure, at_least, turn);
  });
}

Machine::Answer Machine::reject(std::span<const Token> tokens, const FailedAttempt& failure, Now now) {
  Turn turn{now};
  return each(tokens, turn, [&](Offset at, Slot& slot) {
    leave_lease(slot);
    note_failure(at, slot, failure, turn);
    ++counts_.rejected;
    die(at, slot, failure.reason, turn);
  });
}

Machine::Answer Machine::renew(std::span<const Token> tokens, Now now) {
  Turn turn{now};
  std::map<ConsumerId, std::pair<std::uint32_t, Lease>> renewed;
  Answer answer = each(tokens, turn, [&](Offset at, Slot& slot) {
    if (!leases_->has(slot.turn)) return;  // Named twice: it is among the renewed.
    const ConsumerId consumer = leases_->at(slot.turn).consumer;
    const auto [place, is_new] = renewed.try_emplace(consumer);
    auto& [number, lease] = place->second;
    if (is_new) {
      number = next_number();
      lease = {.consumer = consumer, .ends = now.steady + policy_->lock_time, .outstanding = 0, .events = {}};
    }
    leave_lease(slot);
    slot.turn = number;
    ++lease.outstanding;
    lease.events.push_back(at);
  });
  for (auto& [consumer, entry] : renewed) leases_.edit().add(entry.first, std::move(entry.second));
  return answer;
}

std::vector<Offset> Machine::still_in(std::uint32_t lease, std::size_t max) const {
  std::vector<Offset> out;
  for (const Offset at : leases_->at(lease).events) {
    if (out.size() == max) break;
    const Slot* slot = slots_.find(at);
    if (slot != nullptr && slot->state == State::acquired && slot->turn == lease) out.push_back(at);
  }
  return out;
}

void Machine::take_back(std::optional<ConsumerId> consumer, std::uint64_t& count, Turn& turn) {
  for (const std::uint32_t number : leases_->of(consumer)) {
    for (const Offset at : still_in(number, SIZE_MAX)) {
      Slot& slot = *slots_.find(at);
      ++count;
      end_probe(slot, turn.effects.settled.probes_back);
      leave_lease(slot);
      make_available(at, slot, turn);
    }
  }
}

Effects Machine::consumer_gone(ConsumerId consumer, Now now) {
  Turn turn{now};
  take_back(consumer, counts_.lost, turn);
  return conclude(turn);
}

Effects Machine::shut_down(Now now) {
  Turn turn{now};
  take_back(std::nullopt, counts_.shut_down, turn);
  return conclude(turn);
}

}  // namespace millrace::delivery
