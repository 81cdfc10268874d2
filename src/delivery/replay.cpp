// From the records to the state, and what is told of it.

#include <algorithm>

#include "machine.hpp"
#include "mix.hpp"

namespace millrace::delivery {

Machine::Machine(PolicyPtr policy, std::uint64_t seed) : policy_(std::move(policy)), seed_(mixed(seed)) {}

void Machine::replay(const Record& record) {
  struct Apply {
    Machine& to;
    void operator()(const Progress& progress) const { to.remembered_.edit().progress = progress; }
    void operator()(const SettledPage& page) const { to.remembered_.edit().pages[page.page] = page.settled; }
    void operator()(const EventState& event) const { to.remembered_.edit().events[event.offset] = event; }
    void operator()(const ProgressForgotten&) const { to.remembered_.edit().progress.reset(); }
    void operator()(const PageForgotten& page) const { to.remembered_.edit().pages.erase(page.page); }
    void operator()(const EventForgotten& event) const { to.remembered_.edit().events.erase(event.offset); }
  };
  std::visit(Apply{*this}, record);
}

/// Pages below the progress were left by a crash between two records of one decision.
Machine::Loaded Machine::loaded() {
  Loaded out;
  out.known = remembered_->progress.has_value();
  const Progress progress = remembered_->progress.value_or(Progress{});
  settled_until_ = written_until_ = told_ = progress.settled_until;
  start_ = std::min(progress.start, progress.settled_until);
  auto& records = out.effects.records;
  Remembered& remembered = remembered_.edit();
  std::erase_if(remembered.pages, [&](const auto& page) {
    const bool is_stale = !out.known || Slots::begin_of(page.first + 1) <= told_;
    if (is_stale) records.emplace_back(PageForgotten{page.first});
    return is_stale;
  });
  for (const auto& [at, event] : remembered.events) {
    newest_letter_ = std::max(newest_letter_, event.mark);
    if (!out.known) records.emplace_back(EventForgotten{at});
  }
  if (!out.known) remembered.events.clear();
  for (const auto& [page, bits] : remembered.pages) recorded_pages_.edit().insert(page);
  remembered.progress.reset();
  if (remembered.events.empty() && remembered.pages.empty()) remembered_.reset();
  advance();
  return out;
}

Effects Machine::begin(Offset at) {
  settled_until_ = written_until_ = told_ = start_ = at;
  Effects out;
  out.records.emplace_back(Progress{at, at});
  return out;
}

std::vector<Record> Machine::forget() const {
  std::vector<Record> out;
  for (const std::int64_t page : *recorded_pages_) out.emplace_back(PageForgotten{page});
  for (const auto& [at, event] : remembered_->events) out.emplace_back(EventForgotten{at});
  for (auto at = slots_.next(Offset(0)); at; at = slots_.next(*at + 1))
    if (slots_.find(*at)->is_recorded) out.emplace_back(EventForgotten{*at});
  out.emplace_back(ProgressForgotten{});
  return out;
}

Machine::Facts Machine::facts() const {
  return {.start = start_,
          .told = told_,
          .unsettled = slots_.size(),
          .ready = ready_,
          .parked = in(State::available)-ready_,
          .acquired = in(State::acquired),
          .waiting = in(State::waiting),
          .archiving = in(State::archiving),
          .unwritten = unwritten_,
          .dead = in(State::dead),
          .stop = stop()};
}

}  // namespace millrace::delivery
