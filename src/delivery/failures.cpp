// What fails: remembered, tried again after a while, or dead.

#include <algorithm>
#include <limits>

#include "machine.hpp"
#include "mix.hpp"

namespace millrace::delivery {

namespace {

/// Not in the middle of a character.
std::string cut(const std::string& text, std::size_t bytes_max) {
  std::size_t size = std::min(text.size(), bytes_max);
  const auto is_continuation = [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U; };
  while (size > 0 && size < text.size() && is_continuation(text[size])) --size;
  return text.substr(0, size);
}

}  // namespace

Machine::Trouble& Machine::trouble_of(Offset at, Slot& slot) {
  slot.is_troubled = true;
  return troubles_.edit()[at.value()];
}

void Machine::forget_trouble(Offset at) {
  auto& troubles = troubles_.edit();
  const auto trouble = troubles.find(at.value());
  texts_bytes_ -= trouble->second.message.size();
  if (trouble->second.archive_failures > 0) --unwritten_;
  troubles.erase(trouble);
}

void Machine::note_failure(Offset at, Slot& slot, const FailedAttempt& failure, Turn& turn) {
  ++counts_.failed;
  if (failure.reason == Reason::lock_timeout) ++counts_.timed_out;
  ++turn.effects.settled.bad;
  end_probe(slot, turn.effects.settled.probes_bad);
  if (slot.failures < std::numeric_limits<std::uint16_t>::max()) ++slot.failures;
  Trouble& trouble = trouble_of(at, slot);
  texts_bytes_ -= trouble.message.size();
  trouble.code = failure.code;
  trouble.message = cut(failure.message, policy_->message_bytes_max);
  texts_bytes_ += trouble.message.size();
  if (trouble.first_failure == no_timestamp) trouble.first_failure = turn.now.wall;
  auto past = std::ranges::find(trouble.history, failure.reason, &Past::reason);
  if (past == trouble.history.end())
    past = trouble.history.insert(past, {failure.reason, 0, turn.now.wall, turn.now.wall});
  ++past->count;
  past->last = turn.now.wall;
}

void Machine::fail_one(Offset at, Slot& slot, const FailedAttempt& failure, Milliseconds at_least, Turn& turn) {
  if (at < log_start_ && !slot.is_redriven) {
    ++counts_.gone;
    end_probe(slot, turn.effects.settled.probes_back);
    settle(at, turn);
    return;
  }
  note_failure(at, slot, failure, turn);
  const bool was_last =
      policy_->order != Order::partition && policy_->max_deliveries && slot.failures >= *policy_->max_deliveries;
  if (was_last || is_expired(at, slot, turn.now.steady)) {
    die(at, slot, was_last ? Reason::max_deliveries : Reason::expired, turn);
    return;
  }
  const Milliseconds backoff = delay_after(policy_->backoff, slot.failures, chance_for(at, slot.failures));
  const Milliseconds delay = std::max(backoff, std::min(at_least, delay_ceiling));
  enter(slot, State::waiting);
  note_age(at, slot);
  put_off(at, slot, turn.now.steady + delay);
  trouble_of(at, slot).at = turn.now.wall + delay.count();
  record(at, slot, turn);
  keep_text_if_there_is_room(at);
}

void Machine::die(Offset at, Slot& slot, Reason reason, Turn& turn) {
  ++counts_.died;
  if (!policy_->dead_letters) {
    ++counts_.dropped;
    settle(at, turn);
    return;
  }
  make_unready(slot);
  enter(slot, State::archiving);
  Trouble& trouble = trouble_of(at, slot);
  trouble.death = reason;
  trouble.at = turn.now.wall;
  trouble.mark = newest_letter_;
  record(at, slot, turn);
  send_letter(at, slot, false, turn);
  keep_text_if_there_is_room(at);
}

void Machine::send_letter(Offset at, const Slot& slot, bool may_be_there, Turn& turn) const {
  const Trouble& trouble = troubles_->at(at.value());
  turn.effects.letters.push_back({.offset = at,
                                  .life = trouble.life,
                                  .reason = trouble.death,
                                  .died_at = trouble.at,
                                  .failures = failures_of(at, slot),
                                  .look_behind = trouble.mark,
                                  .may_be_there = may_be_there});
}

Failures Machine::failures_of(Offset at, const Slot& slot) const {
  Failures out;
  out.count = slot.failures;
  out.hand_outs = slot.hand_outs;
  if (!slot.is_troubled) return out;
  const Trouble& trouble = troubles_->at(at.value());
  out.first = trouble.first_failure;
  out.code = trouble.code;
  out.message = trouble.message;
  out.history = trouble.history;
  return out;
}

std::uint64_t Machine::chance_for(Offset at, std::uint32_t turn) const {
  return mixed(mixed(seed_ ^ static_cast<std::uint64_t>(at.value())) + turn);
}

/// The log has the text by now, and so has the letter: memory is bounded.
void Machine::keep_text_if_there_is_room(Offset at) {
  if (texts_bytes_ <= policy_->texts_bytes_max) return;
  Trouble& trouble = troubles_.edit().at(at.value());
  texts_bytes_ -= trouble.message.size();
  trouble.message = {};
}

Effects Machine::archived(Offset event, Offset letter, Now now) {
  Turn turn{now};
  newest_letter_ = std::max(newest_letter_, letter);
  Slot* slot = slots_.find(event);
  if (slot == nullptr || slot->state != State::archiving) return {};
  if (chain_of(*slot) != no_key && policy_->dead_holds) {
    enter(*slot, State::dead);
    Trouble& trouble = trouble_of(event, *slot);
    trouble.mark = letter;
    if (std::exchange(trouble.archive_failures, 0) > 0) --unwritten_;
    record(event, *slot, turn);
  } else {
    settle(event, turn);
  }
  return conclude(turn);
}

Effects Machine::archive_failed(Offset event, Now now) {
  Turn turn{now};
  Slot* slot = slots_.find(event);
  if (slot == nullptr || slot->state != State::archiving) return {};
  if (policy_->on_target_error == OnTargetError::drop) {
    ++counts_.dropped;
    settle(event, turn);
  } else {
    const std::uint32_t failures = ++trouble_of(event, *slot).archive_failures;
    if (failures == 1) ++unwritten_;
    put_off(event, *slot, now.steady + delay_after(policy_->backoff, failures, chance_for(event, failures)));
  }
  return conclude(turn);
}

}  // namespace millrace::delivery
