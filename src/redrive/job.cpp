#include "job.hpp"

#include <algorithm>

#include "millrace/core/check.hpp"

namespace millrace::redrive {

namespace {

constexpr Milliseconds after_full{100}, after_unavailable{1'000}, between_stores{1'000};

}  // namespace

Job::Job(JobRecord record, bool is_restored) : record_(std::move(record)), rate_(record_.facts.wish.rate) {
  for (const auto& place : record_.under_way) {
    under_way_.emplace(place, delivery::no_key);
    unknown_.insert(place);
    to_look_up_.push_back(place);
  }
  record_.under_way.clear();
  if (record_.facts.wish.to == JobTarget::sink) consent_ = Consent::wanted;
  advance_to(record_.walked);
  // What is written to a topic again, or sent to a sink, is never in that state.
  if (is_restored && !has_ended(record_.facts.state) && record_.facts.wish.to == JobTarget::group) {
    searched_ = record_.walked;
  }
}

void Job::enter(JobState state, std::string why) {
  record_.facts.state = state;
  record_.facts.why = std::move(why);
  is_changed_ = is_urgent_ = true;
  if (consent_ == Consent::needless || state == JobState::running) return;
  consent_ = Consent::wanted;
  ask_at_.reset();
}

bool Job::is_full() const {
  const auto& facts = record_.facts;
  const std::uint64_t ids = facts.wish.ids.size();
  if (ids != 0 && facts.selected >= ids) return true;
  return facts.wish.limit && facts.selected >= *facts.wish.limit;
}

bool Job::is_walked() const {
  return is_full() || static_cast<std::size_t>(record_.walked.partition) >= record_.ends.size();
}

void Job::advance_to(JobPlace place) {
  const auto count = static_cast<PartitionIndex>(record_.ends.size());
  while (place.partition < count && place.offset >= record_.ends[static_cast<std::size_t>(place.partition)]) {
    place = {place.partition + 1, Offset(0)};
  }
  record_.walked = place;
}

void Job::finish_if_done(Now now) {
  const bool is_idle = waiting_.empty() && under_way_.empty() && !is_listing_ && !is_recovering();
  if (record_.facts.state != JobState::running || !is_idle || !is_walked()) return;
  record_.facts.finished_at = now.wall;
  enter(JobState::done, record_.facts.why);
}

std::optional<JobPage> Job::next_page() {
  if (record_.facts.state != JobState::running || is_listing_ || !unknown_.empty()) return std::nullopt;
  if (searched_) {
    is_listing_ = true;
    return JobPage{LetterState::redriving, {searched_->partition, searched_->offset}, page_letters};
  }
  if (is_walked() || waiting_.size() >= page_letters) return std::nullopt;
  is_listing_ = true;
  return JobPage{LetterState::open, {record_.walked.partition, record_.walked.offset}, page_letters};
}

void Job::adopt(const JobLetter& letter) {
  if (!under_way_.emplace(letter.place, letter.key).second) return;
  if (letter.key != delivery::no_key && record_.facts.wish.by_key) busy_keys_.insert(letter.key);
  ++record_.facts.selected;
  ++record_.facts.redriven;
  is_changed_ = true;
}

std::vector<JobPlace> Job::page(std::span<const JobLetter> letters, std::optional<Cursor> next, Now now) {
  is_listing_ = false;
  std::vector<JobPlace> taken;
  if (has_ended(record_.facts.state)) return taken;
  const auto end = static_cast<PartitionIndex>(record_.ends.size());
  const auto is_meant = [&](const JobPlace& place) {
    return place.partition < end && place.offset < record_.ends[static_cast<std::size_t>(place.partition)];
  };
  auto on = next ? JobPlace{next->partition, next->offset} : JobPlace{end, Offset(0)};
  if (searched_) {
    for (const auto& letter : letters) {
      if (is_meant(letter.place)) adopt(letter);
    }
    searched_ = on.partition < end ? std::optional(on) : std::nullopt;
    finish_if_done(now);
    return taken;
  }
  for (const auto& letter : letters) {
    if (!is_meant(letter.place) || under_way_.contains(letter.place) || waiting_.contains(letter.place)) continue;
    if (is_full()) {
      on = letter.place;
      break;
    }
    waiting_.emplace(letter.place, letter.key);
    ++record_.facts.selected;
    taken.push_back(letter.place);
  }
  advance_to(on);
  is_changed_ = true;
  finish_if_done(now);
  return taken;
}

void Job::page_failed(const Error& error, Now now) {
  is_listing_ = false;
  if (has_ended(record_.facts.state)) return;
  if (error.code == Errc::not_found) {
    fail(error.message, now);
  } else if (record_.facts.state == JobState::running) {
    enter(JobState::paused, "the letters could not be read: " + error.message);
  }
}

std::vector<JobPlace> Job::begin(Now now) {
  std::vector<JobPlace> begun;
  if (held_until_ && now.steady >= *held_until_) held_until_.reset();
  if (record_.facts.state != JobState::running || is_recovering() || held_until_ || waiting_.empty()) return begun;
  if (consent_ != Consent::needless && consent_ != Consent::given) return begun;
  const auto room = places_ - std::min(places_, under_way_.size());
  const auto count = std::min({room, rate_.allowed(now.steady), page_letters});
  for (auto at = waiting_.begin(); at != waiting_.end() && begun.size() < count;) {
    const auto [place, key] = *at;
    if (record_.facts.wish.by_key && key != delivery::no_key && !busy_keys_.insert(key).second) {
      ++at;
      continue;
    }
    at = waiting_.erase(at);
    under_way_.emplace(place, key);
    begun.push_back(place);
  }
  if (begun.empty()) return begun;
  rate_.took(begun.size(), now.steady);
  record_.facts.redriven += begun.size();
  begun_since_ += begun.size();
  is_changed_ = true;
  return begun;
}

void Job::leave(Waiting::iterator letter) {
  busy_keys_.erase(letter->second);
  under_way_.erase(letter);
  is_changed_ = true;
}

void Job::wait_again(const JobPlace& place, delivery::KeyHash key) {
  --record_.facts.redriven;
  if (has_ended(record_.facts.state)) {
    --record_.facts.selected;
  } else {
    waiting_.emplace(place, key);
  }
}

void Job::answered(const JobPlace& place, JobAnswer answer, std::string_view why, Now now) {
  const auto found = under_way_.find(place);
  if (found == under_way_.end() || answer == JobAnswer::under_way) return;
  if (answer == JobAnswer::resolved) return settled(place, LetterState::resolved, now);
  const auto key = found->second;
  leave(found);
  switch (answer) {
    case JobAnswer::under_way:
    case JobAnswer::resolved: break;
    case JobAnswer::refused:
      --record_.facts.redriven;
      ++record_.facts.failed;
      say(why);
      break;
    case JobAnswer::died:
      ++record_.facts.failed;
      say(why);
      judge(true);
      break;
    case JobAnswer::not_open:
      --record_.facts.redriven;
      --record_.facts.selected;
      break;
    case JobAnswer::full:
    case JobAnswer::unavailable:
      wait_again(place, key);
      hold(answer == JobAnswer::full ? after_full : after_unavailable, now);
      break;
  }
  finish_if_done(now);
}

void Job::put_back(const JobPlace& place, std::string_view why, Milliseconds wait, Now now) {
  const auto found = under_way_.find(place);
  if (found == under_way_.end()) return;
  const auto key = found->second;
  leave(found);
  wait_again(place, key);
  if (!why.empty()) say(why);
  hold(std::max(wait, Milliseconds(1)), now);
  finish_if_done(now);
}

void Job::hold(Milliseconds wait, Now now) {
  if (wait <= Milliseconds(0)) return;
  const Instant until = now.steady + wait;
  held_until_ = held_until_ ? std::max(*held_until_, until) : until;
}

bool Job::is_to_ask(Now now) {
  if (record_.facts.state != JobState::running || consent_ != Consent::wanted) return false;
  if (ask_at_ && now.steady < *ask_at_) return false;
  consent_ = Consent::asked;
  return true;
}

void Job::consented(std::size_t places, Now) {
  if (consent_ != Consent::asked) return;
  consent_ = Consent::given;
  places_ = std::min(places, under_way_max);
  // It said that there was no answer.
  if (ask_at_) record_.facts.why.clear();
  ask_at_.reset();
  is_changed_ = true;
}

void Job::unanswered(std::string_view why, Milliseconds wait, Now now) {
  if (consent_ != Consent::asked) return;
  consent_ = Consent::wanted;
  ask_at_ = now.steady + wait;
  record_.facts.why = why;
  is_changed_ = true;
}

void Job::give_up_waiting(Now now) {
  record_.facts.selected -= waiting_.size();
  waiting_.clear();
  searched_.reset();
  record_.facts.finished_at = now.wall;
}

void Job::fail(std::string why, Now now) {
  if (has_ended(record_.facts.state)) return;
  give_up_waiting(now);
  enter(JobState::failed, std::move(why));
}

void Job::say(std::string_view why) {
  // Why it stands still is not talked over by what it had begun before.
  if (record_.facts.state == JobState::paused) return;
  record_.facts.why = why;
}

void Job::judge(bool has_died) {
  outcomes_.push_back(has_died);
  deaths_ += has_died ? 1 : 0;
  if (outcomes_.size() > judged_outcomes) {
    deaths_ -= outcomes_.front() ? 1 : 0;
    outcomes_.pop_front();
  }
  if (deaths_ <= deaths_max || record_.facts.state != JobState::running) return;
  const bool to_sink = record_.facts.wish.to == JobTarget::sink;
  enter(JobState::paused, "of the last " + std::to_string(outcomes_.size()) +
                              (to_sink ? " letters that were sent " : " events that were redriven ") +
                              std::to_string(deaths_) + (to_sink ? " were not taken" : " died again"));
}

void Job::settled(const JobPlace& place, LetterState state, Now now) {
  const auto found = under_way_.find(place);
  if (found == under_way_.end() || state == LetterState::redriving || state == LetterState::revising) return;
  leave(found);
  unknown_.erase(place);
  switch (state) {
    case LetterState::resolved:
      ++record_.facts.resolved;
      judge(false);
      break;
    case LetterState::superseded:
      ++record_.facts.failed;
      judge(true);
      break;
    case LetterState::discarded:
      ++record_.facts.failed;
      say("a letter was discarded while its event was being delivered");
      break;
    case LetterState::open:
    case LetterState::redriving:
    case LetterState::revising:
      ++record_.facts.failed;
      say("the subscription of a letter was deleted while its event was being delivered");
      break;
  }
  finish_if_done(now);
}

std::vector<JobPlace> Job::to_look_up() { return std::exchange(to_look_up_, {}); }

bool Job::looked_up(const JobPlace& place, std::optional<LetterState> state, delivery::KeyHash key, Now now) {
  const auto found = under_way_.find(place);
  if (unknown_.erase(place) == 0 || found == under_way_.end()) return false;
  bool is_waiting = false;
  if (!state) {
    leave(found);
    ++record_.facts.failed;
    say("a letter was deleted while its event was being delivered");
  } else if (*state == LetterState::open) {
    leave(found);
    wait_again(place, key);
    is_waiting = waiting_.contains(place);
  } else if (*state == LetterState::redriving) {
    found->second = key;
    if (key != delivery::no_key && record_.facts.wish.by_key) busy_keys_.insert(key);
  } else {
    settled(place, *state, now);
  }
  finish_if_done(now);
  return is_waiting;
}

bool Job::pause(std::string why) {
  if (record_.facts.state == JobState::running) enter(JobState::paused, std::move(why));
  return record_.facts.state == JobState::paused;
}

bool Job::resume() {
  if (record_.facts.state == JobState::paused) {
    enter(JobState::running, {});
    held_until_.reset();
    outcomes_.clear();
    deaths_ = 0;
  }
  return record_.facts.state == JobState::running;
}

bool Job::cancel(Now now) {
  if (!has_ended(record_.facts.state)) {
    give_up_waiting(now);
    enter(JobState::cancelled, record_.facts.why);
  }
  return record_.facts.state == JobState::cancelled;
}

bool Job::is_to_be_stored(Now now) const {
  if (is_storing_ || !is_changed_) return false;
  return is_urgent_ || begun_since_ >= stored_each || now.steady >= stored_at_ + between_stores;
}

JobRecord Job::store(Now now) {
  CHECK(!is_storing_, "a job is stored once at a time");
  is_storing_ = true;
  is_changed_ = is_urgent_ = false;
  begun_since_ = 0;
  stored_at_ = now.steady;
  return snapshot();
}

JobRecord Job::snapshot() const {
  auto record = record_;
  // The walk of the next start meets those that wait again.
  record.facts.selected -= waiting_.size();
  if (!waiting_.empty()) record.walked = std::min(record.walked, waiting_.begin()->first);
  for (const auto& [place, key] : under_way_) record.under_way.push_back(place);
  return record;
}

void Job::stored(bool is_durable) {
  is_storing_ = false;
  is_changed_ = is_changed_ || !is_durable;
}

std::optional<Instant> Job::next_deadline(Now now) const {
  std::optional<Instant> next;
  const auto at = [&next, now](Instant when) {
    if (when > now.steady) next = next ? std::min(*next, when) : when;
  };
  if (is_changed_ && !is_storing_) at(stored_at_ + between_stores);
  if (record_.facts.state == JobState::running && consent_ == Consent::wanted && ask_at_) at(*ask_at_);
  const bool may_begin = consent_ == Consent::needless || consent_ == Consent::given;
  if (record_.facts.state == JobState::running && may_begin && !waiting_.empty() && under_way_.size() < places_) {
    at(std::max(held_until_.value_or(Instant()), rate_.next()));
  }
  return next;
}

}  // namespace millrace::redrive
