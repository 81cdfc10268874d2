#include "millrace/redrive/letters.hpp"

#include "dead_letter_topics.hpp"
#include "letters_impl.hpp"

namespace millrace::redrive {

namespace {

constexpr std::chrono::milliseconds reconcile_interval{500};
constexpr std::chrono::milliseconds sweep_interval{60'000};

}  // namespace

Letters::Letters(std::shared_ptr<Impl> impl) : impl_(std::move(impl)) {}
Letters::~Letters() { stop(); }

Result<std::unique_ptr<Letters>> Letters::open(runtime::BrokerRuntime& broker,
                                               std::shared_ptr<spdlog::logger> diagnostics) {
  auto impl = std::make_shared<Impl>(broker, std::move(diagnostics));
  if (auto opened = impl->states.open(*impl->diagnostics); !opened) return failure_of(opened);
  // Before anything is delivered or read: an event that was edited is not to be delivered as its log has it.
  impl->recover_revisions();
  impl->remember_redriven();
  return std::unique_ptr<Letters>(new Letters(std::move(impl)));
}

runtime::DeliveryListeners Letters::listeners() {
  const std::weak_ptr weak = impl_;
  return {.letters =
              [weak](const delivery::Home& home, std::vector<delivery::DeadLetter> dead) {
                if (const auto impl = weak.lock()) impl->write_letters(home, std::move(dead));
              },
          .resolved =
              [weak](const delivery::Home& home, std::vector<delivery::Resolved> resolved) {
                const auto impl = weak.lock();
                if (!impl) return;
                impl->post(impl->writing, [self = impl.get(), home, resolved = std::move(resolved)] {
                  self->resolve(home, resolved);
                });
              }};
}

void Letters::attach(runtime::DeliveryRuntime& delivery) {
  impl_->post(impl_->writing, [impl = impl_.get(), &delivery] {
    impl->delivery.store(&delivery);
    impl->write_pending();
    impl->reconcile();
    impl->sweep();
    impl->look_for_links();
  });
  impl_->writing.repeat(reconcile_interval, [impl = impl_.get()] { impl->reconcile(); });
  impl_->writing.repeat(sweep_interval, [impl = impl_.get()] {
    impl->sweep();
    impl->look_through();
  });
}

void Letters::on_outcome(std::function<void(const Outcome&)> listener) { impl_->on_outcome = std::move(listener); }

void Letters::on_written(std::function<void(const NewLetter&)> listener) {
  impl_->writer.on_written(std::move(listener));
}

void Letters::stop() {
  {
    const std::lock_guard lock(impl_->stopping);
    if (std::exchange(impl_->stopped, true)) return;
  }
  impl_->writing.finish();
  impl_->readers.finish();
  impl_->notices->close();
}

void Letters::serve(const std::string& subscription, Target target) {
  const auto retention = target.retention;
  const bool is_changed = impl_->targets.with([&](auto& all) {
    const auto held = all.find(subscription);
    const bool is_so = held != all.end() && held->second.retention != retention;
    all.insert_or_assign(subscription, std::move(target));
    return is_so;
  });
  if (is_changed) impl_->post(impl_->writing, [impl = impl_.get()] { impl->look_through(); });
}

runtime::Notices::Counts Letters::notices() const { return impl_->notices->counts(); }

void Letters::forget(const std::string& subscription) {
  impl_->targets.with([&](auto& all) { all.erase(subscription); });
  impl_->pending.with([&](auto& all) {
    std::erase_if(all, [&](const auto& each) { return each.first.subscription == subscription; });
  });
  impl_->post(impl_->writing, [impl = impl_.get(), subscription] { impl->reopen(subscription); });
}

Result<void> Letters::check(const std::string& subscription, const std::string& topic, const Target& target) const {
  const auto name = dead_letter_topic_of(subscription, topic, target);
  if (!name) return failure_of(name);
  if (const auto there = impl_->broker.topology()->find(*name)) return check_existing(*there);
  return deadletter::check_target(*name, deadletter::topic_prefix, true);
}

void Letters::write(Reject reject, Told<Rejected> done) { impl_->reject(std::move(reject), std::move(done)); }

bool Letters::is_deliverable(const Found& letter) const { return impl_->is_deliverable(letter); }

void Letters::list(const std::string& topic, Selection selection, Cursor from, std::size_t limit, Told<Page> done) {
  impl_->run<Page>(impl_->readers, std::move(done),
                   [impl = impl_.get(), topic, selection = std::move(selection), from, limit] {
                     return impl->list(topic, selection, from, limit);
                   });
}

void Letters::find(const std::string& topic, const std::string& id, Told<Found> done) {
  const auto at = std::make_shared<Impl::Finding>(topic, id, std::move(done));
  impl_->post(impl_->readers, [impl = impl_.get(), at] { impl->find(at); });
}

void Letters::summarise(Told<std::vector<Summary>> done) {
  impl_->run<std::vector<Summary>>(impl_->readers, std::move(done), [impl = impl_.get()] { return impl->summarise(); });
}

void Letters::redrive(std::vector<Found> letters, bool keeps_failures, Told<std::vector<RedriveError>> done) {
  impl_->run<std::vector<RedriveError>>(impl_->writing, std::move(done),
                                        [impl = impl_.get(), letters = std::move(letters), keeps_failures] {
                                          return impl->redrive(letters, keeps_failures);
                                        });
}

void Letters::discard(std::vector<Found> letters, Told<std::size_t> done) {
  impl_->run<std::size_t>(impl_->writing, std::move(done), [impl = impl_.get(), letters = std::move(letters)] {
    auto given_up = impl->let_go(letters, LetterState::discarded);
    if (given_up && *given_up > 0) impl->note_discarded(letters, *given_up);
    return given_up;
  });
}

void Letters::resolve(std::vector<Found> letters, Told<std::size_t> done) {
  impl_->run<std::size_t>(impl_->writing, std::move(done), [impl = impl_.get(), letters = std::move(letters)] {
    return impl->let_go(letters, LetterState::resolved);
  });
}

void Letters::revise(Found letter, Revision revision, Told<Found> done) {
  impl_->run<Found>(impl_->writing, std::move(done),
                    [impl = impl_.get(), letter = std::move(letter), revision = std::move(revision)]() mutable {
                      return impl->revise(std::move(letter), revision);
                    });
}

LetterState Letters::state_of(const LetterPlace& letter) const {
  const auto where = impl_->state_place(letter);
  return where ? impl_->states.of(where->where, where->offset) : LetterState::open;
}

LetterFigures Letters::figures(std::size_t topics_max, std::size_t looks_max) {
  return impl_->figures(topics_max, looks_max);
}

std::optional<deadletter::Record> Letters::original_of(const delivery::Home& home, Offset event) {
  return impl_->original_of(home, event);
}

bool Letters::has_edited() const { return impl_->redriven.has_edited(); }

std::optional<deadletter::Record> Letters::edited_of(const delivery::Home& home, Offset event) {
  if (!impl_->redriven.has_edited()) return std::nullopt;
  const auto letter = impl_->redriven.find({home, event});
  return letter && letter->is_edited ? impl_->original_of(home, event) : std::nullopt;
}

void Letters::adopt(const std::string& topic, Adoption adoption, Told<void> done) {
  impl_->adopt(topic, std::move(adoption), std::move(done));
}
void Letters::unadopt(const std::string& topic, Told<void> done) { impl_->adopt(topic, std::nullopt, std::move(done)); }

bool Letters::holds_letters(const std::string& topic) const { return impl_->letters_topic(topic).has_value(); }

}  // namespace millrace::redrive
