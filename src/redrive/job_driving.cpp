// What the machine of a job wants done: letters listed and redriven, its record stored, and to be asked again.

#include <algorithm>
#include <future>

#include "job_document.hpp"
#include "jobs_impl.hpp"
#include "millrace/core/escaped.hpp"

namespace millrace::redrive {

namespace {

constexpr std::chrono::seconds last_store_time{2};

JobPlace place_in_topic(const LetterPlace& place) { return {place.partition, place.offset}; }

delivery::KeyHash key_of(const Found& letter) {
  return letter.original.key ? delivery::hash_of_key(*letter.original.key) : delivery::no_key;
}

/// What the attempt to redrive a letter is to the machine.
struct Judged {
  JobAnswer answer = JobAnswer::under_way;
  std::string why{};
};

Judged told(RedriveError error, const JobBegun& letter) {
  const auto& name = letter.name;
  switch (error) {
    case RedriveError::none: return {JobAnswer::under_way};
    case RedriveError::not_open: return {JobAnswer::not_open};
    case RedriveError::full: return {JobAnswer::full};
    case RedriveError::not_dead:  // it is being delivered: then its letter will say what became of it
    case RedriveError::unavailable: return {JobAnswer::unavailable};
    case RedriveError::not_served: return {JobAnswer::refused, why_not_to_group(name)};
    case RedriveError::changed:
      return {JobAnswer::refused, "topic " + name.topic + " was made anew since: another record lies where " +
                                      letter.id + " died, which can be redriven to its topic"};
    case RedriveError::source_gone:
      return {JobAnswer::refused, "letter " + letter.id + " is a link, and its record is gone from its topic"};
    case RedriveError::not_told:
      return {JobAnswer::refused, "subscription " + name.group + " has not come to where " + letter.id + " died"};
  }
  return {JobAnswer::unavailable};
}

}  // namespace

std::string why_not_to_group(const deadletter::LetterName& name) {
  return "group " + escaped(name.group) + " is no subscription of topic " + escaped(name.topic) +
         " here, so nothing can be handed to it one by one: redrive it to the topic (to: \"topic\")";
}

std::string why_not_to_group(const Found& letter) {
  if (letter.family == deadletter::Family::millrace) return why_not_to_group(letter.letter.name);
  return "letter " + letter.id + " is none of this broker's: redrive it to the topic (to: \"topic\")";
}

void Jobs::Impl::post(runtime::Callback<void()> work) {
  const std::lock_guard lock(stopping);
  if (!stopped) worker.post(std::move(work));
}

void Jobs::Impl::drive(const JobRunPtr& run) {
  std::vector<JobPlace> to_look_up;
  std::optional<JobPage> page;
  std::vector<Found> begun;
  std::optional<JobRecord> record;
  std::optional<Instant> next;
  bool is_to_ask = false;
  const auto now = broker.now();
  {
    const std::lock_guard lock(mutex);
    if (run->is_removed) return;
    to_look_up = run->job.to_look_up();
    page = run->job.next_page();
    is_to_ask = run->job.is_to_ask(now);
    for (const auto& place : run->job.begin(now)) {
      if (const auto found = run->letters.find(place); found != run->letters.end()) begun.push_back(found->second);
    }
    if (run->job.is_to_be_stored(now)) record = run->job.store(now);
    next = run->job.next_deadline(now);
    if (run->job.facts().state != JobState::running) run->sink.reset();
    if (has_ended(run->job.facts().state) && begun.empty()) run->letters.clear();
  }
  for (const auto& place : to_look_up) look_up(run, place);
  if (page) list(run, *page);
  if (is_to_ask) ask_sink(run);
  if (!begun.empty()) {
    run->begun_at = now.wall;
    redrive(run, std::move(begun));
  }
  if (record) store(run, *record);
  if (next) wake(run, *next, now);
}

void Jobs::Impl::wake(const JobRunPtr& run, Instant at, Now now) {
  if (run->due && *run->due <= at) return;
  run->due = at;
  worker.post_after(at - now.steady, [this, run] {
    run->due.reset();
    drive(run);
  });
}

void Jobs::Impl::list(const JobRunPtr& run, const JobPage& page) {
  auto selection = run->selection;
  selection.state = page.state;
  letters.list(run->job.facts().wish.topic, std::move(selection), page.from, page.limit,
               [self = shared_from_this(), run, state = page.state](Result<Page> got) {
                 self->post([impl = self.get(), run, state, got = std::move(got)]() mutable {
                   impl->listed(run, state, std::move(got));
                 });
               });
}

void Jobs::Impl::listed(const JobRunPtr& run, LetterState state, Result<Page> page) {
  const auto now = broker.now();
  // Of those that are on their way some may have arrived since they were listed, and nobody tells that again.
  if (page && state == LetterState::redriving)
    std::erase_if(page->letters, [&](const Found& each) { return letters.state_of(each.place) != state; });
  {
    const std::lock_guard lock(mutex);
    if (!page) {
      run->job.page_failed(page.error(), now);
    } else {
      std::vector<JobLetter> met;
      for (const auto& each : page->letters) met.push_back({place_in_topic(each.place), key_of(each)});
      auto waiting = run->job.page(met, page->next, now);
      std::ranges::sort(waiting);
      for (auto& each : page->letters) {
        const auto place = place_in_topic(each.place);
        if (std::ranges::binary_search(waiting, place)) run->letters.insert_or_assign(place, std::move(each));
      }
    }
  }
  drive(run);
}

void Jobs::Impl::look_up(const JobRunPtr& run, const JobPlace& place) {
  letters.find(run->job.facts().wish.topic, place_id(place.partition, place.offset),
               [self = shared_from_this(), run, place](Result<Found> found) {
                 self->post([impl = self.get(), run, place, found = std::move(found)]() mutable {
                   impl->looked_up(run, place, std::move(found));
                 });
               });
}

void Jobs::Impl::looked_up(const JobRunPtr& run, const JobPlace& place, Result<Found> found) {
  const auto now = broker.now();
  const bool is_revising = found && found->state == LetterState::revising;
  if (is_revising || (!found && found.error().code != Errc::not_found)) {
    // It cannot be read now: until then nothing else is begun, because its key may be held.
    worker.post_after(std::chrono::seconds(1), [this, run, place] { look_up(run, place); });
    return;
  }
  {
    const std::lock_guard lock(mutex);
    const auto state = found ? std::optional(found->state) : std::nullopt;
    const auto key = found ? key_of(*found) : delivery::no_key;
    if (run->job.looked_up(place, state, key, now)) run->letters.insert_or_assign(place, *std::move(found));
  }
  drive(run);
}

void Jobs::Impl::redrive(const JobRunPtr& run, std::vector<Found> begun) {
  const auto& facts = run->job.facts();
  if (facts.wish.to == JobTarget::topic) {
    for (const auto& each : begun) send(run, facts.id, each);
    return;
  }
  if (facts.wish.to == JobTarget::sink) {
    for (const auto& each : begun) send_to_sink(run, each);
    return;
  }
  std::vector<JobBegun> names;
  std::vector<Found> ours;
  for (auto& each : begun) {
    const auto place = place_in_topic(each.place);
    if (each.letter.name.group == deadletter::quarantine_group) {
      post([this, run, place] { answered(run, place, JobAnswer::refused, of_no_group); });
    } else if (each.family == deadletter::Family::millrace) {
      names.push_back({place, each.id, each.letter.name});
      ours.push_back(std::move(each));
    } else {
      post([this, run, place, why = why_not_to_group(each)] { answered(run, place, JobAnswer::refused, why); });
    }
  }
  if (ours.empty()) return;
  letters.redrive(
      std::move(ours), !facts.wish.resets_attempts,
      [self = shared_from_this(), run, names = std::move(names)](Result<std::vector<RedriveError>> errors) {
        self->post([impl = self.get(), run, names, errors = std::move(errors)] { impl->redriven(run, names, errors); });
      });
}

void Jobs::Impl::redriven(const JobRunPtr& run, const std::vector<JobBegun>& begun,
                          const Result<std::vector<RedriveError>>& errors) {
  const auto now = broker.now();
  {
    const std::lock_guard lock(mutex);
    for (std::size_t i = 0; i < begun.size(); ++i) {
      const auto [answer, why] = told(errors ? (*errors)[i] : RedriveError::unavailable, begun[i]);
      run->job.answered(begun[i].place, answer, why, now);
      let_go(run, begun[i].place, answer, why);
    }
  }
  drive(run);
}

void Jobs::Impl::answered(const JobRunPtr& run, const JobPlace& place, JobAnswer answer, std::string_view why) {
  {
    const std::lock_guard lock(mutex);
    run->job.answered(place, answer, why, broker.now());
    let_go(run, place, answer, why);
  }
  drive(run);
}

void Jobs::Impl::let_go(const JobRunPtr& run, const JobPlace& place, JobAnswer answer, std::string_view why) {
  if (answer == JobAnswer::full || answer == JobAnswer::unavailable) return;
  const auto letter = run->letters.find(place);
  if (letter == run->letters.end()) return;
  const auto& facts = run->job.facts();
  if (on_sent && answer != JobAnswer::not_open) {
    on_sent({.job = facts.id,
             .to = facts.wish.to,
             .letter = letter->second,
             .is_refused = answer == JobAnswer::refused,
             .why = why,
             .began = run->begun_at});
  }
  run->letters.erase(letter);
}

void Jobs::Impl::outcome(const Outcome& told) {
  std::vector<JobRunPtr> concerned;
  {
    const std::lock_guard lock(mutex);
    for (const auto& [id, run] : runs) {
      if (!run->job.is_live() || run->job.facts().wish.topic != told.place.topic) continue;
      run->job.settled(place_in_topic(told.place), told.state, broker.now());
      concerned.push_back(run);
    }
  }
  for (const auto& run : concerned) drive(run);
}

void Jobs::Impl::store(const JobRunPtr& run, const JobRecord& record) {
  std::vector<broker::ChangeDocument> change;
  change.push_back({broker::DocumentKind::redrive, record.facts.id, to_document(record)});
  auto asked = std::make_shared<std::vector<Answer<JobFacts>>>(std::exchange(run->asked, {}));
  broker.change_documents(std::move(change),
                          [self = shared_from_this(), run, asked](const broker::AlterAnswer& answer) {
                            self->post([impl = self.get(), run, asked, error = answer.error, why = answer.message] {
                              impl->stored(run, *asked, error, why);
                            });
                          });
}

void Jobs::Impl::stored(const JobRunPtr& run, std::vector<Answer<JobFacts>>& asked, ErrorCode error,
                        const std::string& why) {
  {
    const std::lock_guard lock(mutex);
    run->job.stored(error == ErrorCode::none);
  }
  const auto& facts = run->job.facts();
  if (error != ErrorCode::none) diagnostics->error("progress of a redrive not written id={} why=\"{}\"", facts.id, why);
  for (auto& each : asked) {
    if (error == ErrorCode::none) {
      each(facts);
    } else {
      each(failure(Errc::io, "redrive " + facts.id + ": " + why));
    }
  }
  drive(run);
}

void Jobs::Impl::store_all() {
  std::vector<broker::ChangeDocument> change;
  {
    const std::lock_guard lock(mutex);
    for (const auto& [id, run] : runs) {
      if (run->is_removed || !run->job.is_changed()) continue;
      const auto record = run->job.snapshot();
      change.push_back({broker::DocumentKind::redrive, id, to_document(record)});
    }
  }
  if (change.empty()) return;
  const auto promise = std::make_shared<std::promise<ErrorCode>>();
  broker.change_documents(std::move(change),
                          [promise](const broker::AlterAnswer& stored) { promise->set_value(stored.error); });
  auto stored = promise->get_future();
  const bool is_stored =
      stored.wait_for(last_store_time) == std::future_status::ready && stored.get() == ErrorCode::none;
  if (!is_stored) diagnostics->error("progress of redrives not written at the end: the next start counts less");
}

}  // namespace millrace::redrive
