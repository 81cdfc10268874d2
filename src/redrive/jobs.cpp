#include "millrace/redrive/jobs.hpp"

#include <algorithm>
#include <limits>
#include <tuple>

#include "job_document.hpp"
#include "jobs_impl.hpp"
#include "millrace/core/escaped.hpp"
#include "millrace/filter/cesql.hpp"

namespace millrace::redrive {

namespace {

constexpr int counted_at_once = 8;
/// Of so many it is seen whether one of them can be handed to its group before a job that does nothing else is begun.
constexpr std::uint64_t judged_letters = 10'000;

Failure ended(const JobFacts& facts, const char* verb) {
  return failure(Errc::unsupported,
                 "redrive " + facts.id + " is " + std::string(name_of(facts.state)) + " and cannot be " + verb);
}

Failure no_such(const std::string& id) { return failure(Errc::not_found, "there is no redrive " + escaped(id)); }

std::string words(std::string_view name, std::uint64_t value, std::string_view rule) {
  return std::string(name) + ": " + std::to_string(value) + " is not " + std::string(rule);
}

}  // namespace

Result<Selection> selection_of(JobWish& wish) {
  const auto by_name = [](auto& list) {
    std::ranges::sort(list);
    const auto repeated = std::ranges::unique(list);
    list.erase(repeated.begin(), repeated.end());
  };
  by_name(wish.ids);
  by_name(wish.reasons);
  if (wish.ids.size() > job_ids_max)
    return failure(Errc::too_large, words("ids", wish.ids.size(), "at most " + std::to_string(job_ids_max)));
  std::size_t bytes = wish.where.size();
  for (const auto& id : wish.ids) {
    if (id.empty()) return failure(Errc::invalid, "ids: one of them is empty");
    bytes += id.size();
  }
  if (bytes > job_text_bytes_max)
    return failure(Errc::too_large,
                   words("where and ids", bytes, "at most " + std::to_string(job_text_bytes_max) + " bytes"));
  if (wish.limit && *wish.limit == 0) return failure(Errc::invalid, words("limit", 0, "at least 1"));
  if (wish.rate && (*wish.rate == 0 || *wish.rate > job_rate_max))
    return failure(Errc::invalid, words("rate", *wish.rate, "1 to " + std::to_string(job_rate_max)));
  if (wish.since != no_timestamp && wish.until != no_timestamp && wish.since >= wish.until)
    return failure(Errc::invalid, "until: it is not after since");
  Selection selection;
  if (!wish.where.empty()) {
    auto parsed = filter::parse_cesql(wish.where, filter::UnknownFunctions::refused);
    if (!parsed) return failure(parsed.error().code, "where: " + parsed.error().message);
    selection.where = *std::move(parsed);
  }
  selection.reasons = wish.reasons;
  selection.since = wish.since;
  selection.until = wish.until;
  selection.ids = wish.ids;
  return selection;
}

Jobs::Jobs(std::shared_ptr<Impl> impl) : impl_(std::move(impl)) {}
Jobs::~Jobs() { stop(); }

Result<std::unique_ptr<Jobs>> Jobs::open(runtime::BrokerRuntime& broker, Letters& letters,
                                         std::shared_ptr<spdlog::logger> diagnostics) {
  auto impl = std::make_shared<Impl>(broker, letters, std::move(diagnostics));
  const auto catalog = broker.catalog();
  for (const auto& [id, json] : catalog->documents(broker::DocumentKind::redrive)) {
    auto record = parse_job_document(id, *json);
    if (!record) {
      impl->diagnostics->error("redrive left alone why=\"{}\"", record.error().message);
      continue;
    }
    // What cannot be selected by any longer was accepted by another version.
    auto selection = selection_of(record->facts.wish);
    if (!selection) {
      impl->diagnostics->error("redrive left alone id={} why=\"{}\"", id, selection.error().message);
      continue;
    }
    impl->resolved_elsewhere -= record->facts.resolved;
    impl->failed_elsewhere -= record->facts.failed;
    impl->runs.emplace(id, std::make_shared<JobRun>(*std::move(record), true, *std::move(selection)));
  }
  letters.on_outcome([weak = std::weak_ptr(impl)](const Outcome& told) {
    const auto held = weak.lock();
    if (held) held->post([impl = held.get(), told] { impl->outcome(told); });
  });
  return std::unique_ptr<Jobs>(new Jobs(std::move(impl)));
}

void Jobs::on_sent(std::function<void(const SentLetter&)> listener) { impl_->on_sent = std::move(listener); }
void Jobs::serve_sinks(std::shared_ptr<Sinks> sinks) { impl_->sinks = std::move(sinks); }

void Jobs::start() {
  impl_->post([impl = impl_.get()] {
    std::vector<JobRunPtr> all;
    for (const auto& [id, run] : impl->runs) all.push_back(run);
    for (const auto& run : all) {
      if (run->job.is_live()) impl->drive(run);
    }
  });
}

void Jobs::stop() {
  {
    const std::lock_guard lock(impl_->stopping);
    if (std::exchange(impl_->stopped, true)) return;
  }
  impl_->worker.finish();
  impl_->store_all();
}

/// A count on its way through a topic, a page at a time.
struct Jobs::Impl::Counting {
  Counting(std::shared_ptr<Impl> owner, JobWish wanted, Selection of, Counts which, Told<std::uint64_t> done)
      : impl(std::move(owner)),
        wish(std::move(wanted)),
        selection(std::move(of)),
        counts(which),
        ends(impl->ends_of(wish.topic)),
        answer(std::move(done)) {}
  Counting(const Counting&) = delete;
  Counting& operator=(const Counting&) = delete;
  ~Counting() { --impl->counts_open; }

  /// Takes what a page has; true when that is enough.
  [[nodiscard]] bool take(const Page& page) {
    const auto most = wish.limit.value_or(std::numeric_limits<std::uint64_t>::max());
    for (const auto& each : page.letters) {
      const auto partition = static_cast<std::size_t>(each.place.partition);
      if (partition >= ends.size() || each.place.offset >= ends[partition] || selected == most) continue;
      ++selected;
      can_be_handed_out = can_be_handed_out || wish.to != JobTarget::group || impl->letters.is_deliverable(each);
      if (first.empty()) first = why_not_to_group(each);
    }
    const bool is_sure = can_be_handed_out || selected >= judged_letters;
    return !page.next || selected >= most || (counts == Counts::until_sure && is_sure);
  }
  /// Some letters, and none of them can be handed to its group: then the job would do nothing.
  [[nodiscard]] bool is_in_vain() const { return selected > 0 && selected < judged_letters && !can_be_handed_out; }

  std::shared_ptr<Impl> impl;
  JobWish wish;
  Selection selection;
  Counts counts;
  std::vector<Offset> ends;
  Answer<std::uint64_t> answer;
  Cursor from{};
  std::uint64_t selected = 0;
  bool can_be_handed_out = false;  ///< some of them
  std::string first{};             ///< why the first one cannot
};

void Jobs::create(JobWish wish, Told<JobFacts> done) {
  const auto answer = std::make_shared<Answer<JobFacts>>(std::move(done));
  auto selection = selection_of(wish);
  if (!selection) return (*answer)(failure_of(selection));
  if (auto checked = check_target(wish, impl_->sinks.get()); !checked) return (*answer)(failure_of(checked));
  auto create = [impl = impl_.get(), wish, selection = *selection, answer]() mutable {
    impl->create(std::move(wish), std::move(selection), std::move(*answer));
  };
  if (wish.to != JobTarget::group || !impl_->letters.holds_letters(wish.topic)) return impl_->post(std::move(create));
  ++impl_->counts_open;
  auto judged = [impl = impl_.get(), answer, create = std::move(create)](Result<std::uint64_t> meant) mutable {
    if (!meant) return (*answer)(failure_of(meant));
    impl->post(std::move(create));
  };
  impl_->count(std::make_shared<Impl::Counting>(impl_, std::move(wish), *std::move(selection), Impl::Counts::until_sure,
                                                std::move(judged)));
}

std::vector<Offset> Jobs::Impl::ends_of(const std::string& topic) const {
  std::vector<Offset> ends;
  const auto hosted = broker.topology()->find(topic);
  if (!hosted) return ends;
  for (const auto& partition : hosted->partitions) {
    ends.push_back(partition->with([](const broker::Partition& p) { return p.high_watermark(); }));
  }
  return ends;
}

void Jobs::Impl::create(JobWish wish, Selection selection, Answer<JobFacts> answer) {
  if (!letters.holds_letters(wish.topic))
    return answer(failure(Errc::not_found, "there is no dead-letter topic " + escaped(wish.topic)));
  if (runs.size() + being_created.size() >= jobs_max)
    return answer(failure(Errc::exists,
                          "there are " + std::to_string(jobs_max) + " redrives: delete some of those that have ended"));
  const auto other = std::ranges::find_if(runs, [&wish](const auto& each) {
    const auto& facts = each.second->job.facts();
    return facts.wish.topic == wish.topic && !has_ended(facts.state);
  });
  if (other != runs.end())
    return answer(failure(Errc::exists, "redrive " + other->first + " of topic " + wish.topic + " is " +
                                            std::string(name_of(other->second->job.facts().state)) +
                                            ": a topic has one at a time"));
  if (!being_created.insert(wish.topic).second)
    return answer(failure(Errc::exists, "another redrive of topic " + wish.topic + " is being made"));
  JobRecord record;
  record.facts.id = broker.fresh_uuid().to_hyphenated();
  record.facts.created_at = broker.now().wall;
  record.ends = ends_of(wish.topic);
  record.facts.wish = std::move(wish);
  std::vector<broker::ChangeDocument> change;
  change.push_back({broker::DocumentKind::redrive, record.facts.id, to_document(record)});
  const auto held = std::make_shared<Answer<JobFacts>>(std::move(answer));
  auto run = std::make_shared<JobRun>(std::move(record), false, std::move(selection));
  broker.change_documents(std::move(change), [self = shared_from_this(), run, held](const broker::AlterAnswer& stored) {
    self->post([impl = self.get(), run, held, error = stored.error, why = stored.message] {
      impl->created(run, *held, error, why);
    });
  });
}

void Jobs::Impl::created(const JobRunPtr& run, Answer<JobFacts>& answer, ErrorCode error, const std::string& why) {
  const auto facts = run->job.facts();
  being_created.erase(facts.wish.topic);
  if (error != ErrorCode::none) return answer(failure(Errc::io, "the redrive was not written: " + why));
  {
    const std::lock_guard lock(mutex);
    runs.emplace(facts.id, run);
  }
  diagnostics->info("redrive begun id={} topic={} to={}", facts.id, facts.wish.topic, name_of(facts.wish.to));
  answer(facts);
  drive(run);
}

void Jobs::count(JobWish wish, Told<std::uint64_t> done) {
  auto selection = selection_of(wish);
  if (!selection) return done(failure_of(selection));
  if (auto checked = check_target(wish, impl_->sinks.get()); !checked) return done(failure_of(checked));
  if (!impl_->letters.holds_letters(wish.topic))
    return done(failure(Errc::not_found, "there is no dead-letter topic " + escaped(wish.topic)));
  if (++impl_->counts_open > counted_at_once) {
    --impl_->counts_open;
    return done(failure(Errc::busy, "other letters are being counted: try again later"));
  }
  impl_->count(std::make_shared<Impl::Counting>(impl_, std::move(wish), *std::move(selection), Impl::Counts::all,
                                                std::move(done)));
}

void Jobs::Impl::count(const std::shared_ptr<Counting>& counting) {
  auto told = [counting](Result<Page> page) {
    if (!page) return counting->answer(failure_of(page));
    if (counting->take(*page)) {
      if (!counting->is_in_vain()) return counting->answer(counting->selected);
      return counting->answer(failure(Errc::invalid, "to: \"group\" does nothing here: " + counting->first));
    }
    counting->from = *page->next;
    auto* const impl = counting->impl.get();
    impl->post([impl, counting] { impl->count(counting); });
  };
  letters.list(counting->wish.topic, counting->selection, counting->from, Job::page_letters, std::move(told));
}

std::vector<JobFacts> Jobs::list() const {
  std::vector<JobFacts> all;
  {
    const std::lock_guard lock(impl_->mutex);
    for (const auto& [id, run] : impl_->runs) all.push_back(run->job.facts());
  }
  std::ranges::sort(all, {}, [](const JobFacts& job) { return std::tie(job.created_at, job.id); });
  return all;
}

std::optional<JobFacts> Jobs::find(const std::string& id) const {
  const auto run = impl_->run_of(id);
  if (!run) return std::nullopt;
  const std::lock_guard lock(impl_->mutex);
  return run->job.facts();
}

JobTotals Jobs::totals() const {
  const std::lock_guard lock(impl_->mutex);
  // They wrap around together, and so the sums are right.
  JobTotals totals{.resolved = impl_->resolved_elsewhere, .failed = impl_->failed_elsewhere};
  for (const auto& [id, run] : impl_->runs) {
    const auto& facts = run->job.facts();
    ++totals.jobs[static_cast<std::size_t>(facts.state)];
    if (facts.state == JobState::paused && !facts.why.empty()) ++totals.stopped;
    totals.resolved += facts.resolved;
    totals.failed += facts.failed;
  }
  return totals;
}

JobRunPtr Jobs::Impl::run_of(const std::string& id) const {
  const std::lock_guard lock(mutex);
  const auto found = runs.find(id);
  return found == runs.end() ? nullptr : found->second;
}

void Jobs::Impl::change(const std::string& id, const Change& apply, const char* verb, Answer<JobFacts> answer) {
  const auto run = run_of(id);
  if (!run) return answer(no_such(id));
  const auto before = run->job.facts().state;
  {
    const std::lock_guard lock(mutex);
    if (!apply(run->job, broker.now())) return answer(ended(run->job.facts(), verb));
  }
  if (run->job.facts().state == before) return answer(run->job.facts());
  diagnostics->info("redrive {} id={}", verb, id);
  run->asked.push_back(std::move(answer));
  drive(run);
}

void Jobs::pause(const std::string& id, Told<JobFacts> done) {
  impl_->post([impl = impl_.get(), id, answer = Answer<JobFacts>(std::move(done))]() mutable {
    impl->change(id, [](Job& job, Now) { return job.pause({}); }, "paused", std::move(answer));
  });
}

void Jobs::resume(const std::string& id, Told<JobFacts> done) {
  impl_->post([impl = impl_.get(), id, answer = Answer<JobFacts>(std::move(done))]() mutable {
    impl->change(id, [](Job& job, Now) { return job.resume(); }, "resumed", std::move(answer));
  });
}

void Jobs::cancel(const std::string& id, Told<JobFacts> done) {
  impl_->post([impl = impl_.get(), id, answer = Answer<JobFacts>(std::move(done))]() mutable {
    impl->change(id, [](Job& job, Now now) { return job.cancel(now); }, "cancelled", std::move(answer));
  });
}

void Jobs::remove(const std::string& id, Told<void> done) {
  impl_->post([impl = impl_.get(), id, answer = Answer<void>(std::move(done))]() mutable {
    impl->remove(id, std::move(answer));
  });
}

void Jobs::Impl::remove(const std::string& id, Answer<void> answer) {
  const auto run = run_of(id);
  if (!run || run->is_removed) return answer(no_such(id));
  const auto state = run->job.facts().state;
  if (!has_ended(state))
    return answer(failure(Errc::exists, "redrive " + id + " is " + std::string(name_of(state)) + ": cancel it first"));
  run->is_removed = true;  // what is written of it afterwards would bring it back
  const auto held = std::make_shared<Answer<void>>(std::move(answer));
  broker.change_documents({{broker::DocumentKind::redrive, id, std::nullopt}},
                          [self = shared_from_this(), run, id, held](const broker::AlterAnswer& stored) {
                            self->post([impl = self.get(), run, id, held, error = stored.error, why = stored.message] {
                              if (error != ErrorCode::none) {
                                run->is_removed = false;
                                return (*held)(failure(Errc::io, "redrive " + id + " was not deleted: " + why));
                              }
                              {
                                const std::lock_guard lock(impl->mutex);
                                impl->resolved_elsewhere += run->job.facts().resolved;
                                impl->failed_elsewhere += run->job.facts().failed;
                                impl->runs.erase(id);
                              }
                              (*held)({});
                            });
                          });
}

}  // namespace millrace::redrive
