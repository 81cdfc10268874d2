#include "millrace/webhook/hook_tests.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <mutex>
#include <utility>

#include "asking.hpp"
#include "millrace/core/rfc3339.hpp"
#include "millrace/runtime/broker_runtime.hpp"
#include "packing.hpp"
#include "terms.hpp"

namespace millrace::webhook {

namespace {

using dispatch::SinkTest;
using WouldBe = SinkTest::WouldBe;
using Tested = Result<SinkTest>;
using TestDone = runtime::Callback<void(Tested)>;

cloudevents::Event made_up_event(const std::string& subscription, const std::string& id, Timestamp now) {
  cloudevents::Event event;
  event.attributes = {{.name = "specversion", .text = "1.0"},
                      {.name = "id", .text = id},
                      {.name = "source", .text = "/v1/subscriptions/" + subscription},
                      {.name = "type", .text = std::string(dispatch::test_event_type)},
                      {.name = "time", .text = rfc3339(now)},
                      {.name = "datacontenttype", .text = "application/json"}};
  event.data = R"({"subscription":")" + subscription + R"("})";  // an id has nothing that JSON would escape
  return event;
}

void tell_death(SinkTest& test, const subscriptions::Subscription& subscription, delivery::Reason reason) {
  test.would_be = subscription.config.dead_letters ? WouldBe::dead_lettered : WouldBe::discarded;
  test.reason = delivery::name_of(reason);
}

/// What would become of a real event that is tried for the first time.
void tell_meaning(SinkTest& test, const subscriptions::Subscription& subscription, const push::Verdict& verdict) {
  test.pause = std::max(verdict.pause, verdict.at_least);
  if (verdict.suspension != push::Suspension::none) {
    test.would_be = WouldBe::suspended;
    test.reason = push::name_of(verdict.suspension);
    return;
  }
  switch (verdict.fate) {
    case push::Fate::settled: test.would_be = WouldBe::delivered; return;
    case push::Fate::released: test.would_be = WouldBe::released; return;
    case push::Fate::rejected: return tell_death(test, subscription, verdict.failure.reason);
    case push::Fate::failed: break;
  }
  if (subscription.config.attempts_max <= 1) return tell_death(test, subscription, delivery::Reason::max_deliveries);
  test.would_be = WouldBe::retried;
  test.reason = delivery::name_of(verdict.failure.reason);
}

SinkTest not_allowed(std::string why) {
  SinkTest test;
  test.consent.why = std::move(why);
  test.would_be = WouldBe::suspended;
  test.reason = sink_not_allowed;
  return test;
}

}  // namespace

/// Who waits for which test. What is sent keeps it alive.
struct HookTests::Shared {
  explicit Shared(HookTestWorks given) : works(std::move(given)) {}

  const HookTestWorks works;
  std::mutex mutex;
  std::uint64_t begun = 0;
  bool is_stopped = false;
  std::map<std::uint64_t, TestDone> waiting;

  /// Its number; nothing: it was refused, and `done` was told.
  [[nodiscard]] std::optional<std::uint64_t> begin(TestDone done) {
    {
      const std::lock_guard lock(mutex);
      if (!is_stopped && waiting.size() < hook_tests_max) {
        waiting.emplace(++begun, std::move(done));
        return begun;
      }
    }
    done(failure(Errc::busy, std::to_string(hook_tests_max) + " tests are under way, or the broker stops"));
    return std::nullopt;
  }
  [[nodiscard]] bool is_waiting(std::uint64_t number) {
    const std::lock_guard lock(mutex);
    return waiting.contains(number);
  }
  void end(std::uint64_t number, Tested tested) {
    std::unique_lock lock(mutex);
    auto found = waiting.extract(number);
    lock.unlock();
    if (!found.empty()) found.mapped()(std::move(tested));
  }
};

namespace {

/// One test, from the question to the answer. What is under way keeps it alive; one step at a time.
class HookTest final : public std::enable_shared_from_this<HookTest> {
 public:
  HookTest(std::shared_ptr<HookTests::Shared> shared, std::uint64_t number, dispatch::SubscriptionPtr subscription,
           TermsPtr terms)
      : shared_(std::move(shared)), number_(number), subscription_(std::move(subscription)), terms_(std::move(terms)) {}

  void ask() {
    shared_->works.send(terms_->sink, question_of(options(), terms_->credentials), options().request_timeout,
                        [self = shared_from_this()](const sender::Outcome& outcome) { self->on_asked(outcome); });
  }

 private:
  [[nodiscard]] const Options& options() const { return shared_->works.options; }

  void on_asked(const sender::Outcome& outcome) {
    if (!shared_->is_waiting(number_)) return;
    auto word = word_of(options(), outcome, shared_->works.broker.now().wall);
    constexpr std::array words{SinkTest::Word::granted, SinkTest::Word::refused, SinkTest::Word::away};
    test_.consent = {.word = words.at(static_cast<std::size_t>(word.means)),
                     .status = word.status,
                     .per_minute = word.rate.per_minute,
                     .why = std::move(word.why)};
    if (word.means == Word::Means::granted) return send();
    test_.pause = word.at_least;
    test_.would_be = word.means == Word::Means::away ? WouldBe::pending : WouldBe::suspended;
    if (word.means == Word::Means::refused) test_.reason = sink_refused;
    shared_->end(number_, std::move(test_));
  }

  void send() {
    const Now now = shared_->works.broker.now();
    test_.event_id = shared_->works.broker.fresh_uuid().to_hyphenated();
    sent_ = now.steady;
    const auto event = made_up_event(subscription_->id, test_.event_id, now.wall);
    const std::array<push::Outgoing, 1> events{push::Outgoing{.event = &event}};
    auto packed = pack(*terms_, options(), subscription_->id, events, {});
    shared_->works.send(terms_->sink, std::move(packed.out), timeout_of(*terms_, options(), Milliseconds(0)),
                        [self = shared_from_this()](const sender::Outcome& outcome) { self->on_sent(outcome); });
  }

  void on_sent(const sender::Outcome& outcome) {
    if (!shared_->is_waiting(number_)) return;
    const Now now = shared_->works.broker.now();
    const auto verdict = push::judge(sender::attempt_of(outcome), {.was_verified = true}, *terms_->overrides, now.wall);
    const bool is_answered = outcome.ending == push::Ending::answered;
    test_.answer = {.status = is_answered ? static_cast<std::int32_t>(outcome.status) : 0,
                    .cause = outcome.cause,
                    .took = std::chrono::duration_cast<Milliseconds>(now.steady - sent_)};
    tell_meaning(test_, *subscription_, verdict);
    shared_->end(number_, std::move(test_));
  }

  const std::shared_ptr<HookTests::Shared> shared_;
  const std::uint64_t number_;
  const dispatch::SubscriptionPtr subscription_;
  const TermsPtr terms_;
  SinkTest test_;
  Instant sent_{};
};

}  // namespace

HookTests::HookTests(HookTestWorks works) : shared_(std::make_shared<Shared>(std::move(works))) {}
HookTests::~HookTests() { stop(); }

void HookTests::test(dispatch::SubscriptionPtr subscription, TestDone done) {
  const auto number = shared_->begin(std::move(done));
  if (!number) return;
  auto terms = terms_of(*subscription, shared_->works.options);
  if (!terms) return shared_->end(*number, not_allowed(terms.error().message));
  std::make_shared<HookTest>(shared_, *number, std::move(subscription), std::move(*terms))->ask();
}

void HookTests::stop() {
  std::map<std::uint64_t, TestDone> waiting;
  {
    const std::lock_guard lock(shared_->mutex);
    shared_->is_stopped = true;
    waiting.swap(shared_->waiting);
  }
  for (auto& [number, done] : waiting) done(failure(Errc::busy, "the broker stops"));
}

}  // namespace millrace::webhook
