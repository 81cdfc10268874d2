#include "pusher.hpp"

#include <utility>

namespace millrace::webhook {

Pusher::Pusher(std::shared_ptr<WebHooks::Shared> shared, std::string id, dispatch::Suspend suspend)
    : shared_(std::move(shared)),
      id_(std::move(id)),
      suspend_(std::move(suspend)),
      number_(++shared_->pushers),
      lane_(shared_->lanes[number_ % shared_->lanes.size()]) {
  status_.is_pending = true;
}

Pusher::~Pusher() {
  if (wait_) wait_();
  shared_->alarms->clear(number_);
  tell_phase(std::nullopt);
}

void Pusher::start(dispatch::SubscriptionPtr subscription) {
  post([subscription = std::move(subscription)](Pusher& self) { self.begin(*subscription); });
}

void Pusher::stop() {
  is_stopped_.store(true);
  post([](Pusher& self) { self.end(); });
}

dispatch::RunnerStatus Pusher::status() const {
  const std::lock_guard lock(mutex_);
  return status_;
}

void Pusher::on_alarm() {
  post([](Pusher& self) {
    if (self.is_over()) return;
    if (self.phase_ == Phase::asking) return self.ask();
    self.pump();
  });
}

void Pusher::begin(const subscriptions::Subscription& subscription) {
  if (is_over()) return;
  auto terms = terms_of(subscription, shared_->options);
  if (!terms) {
    note(0, terms.error().message);
    return give_up(std::string(sink_not_allowed));
  }
  const TermsPtr before = std::exchange(terms_, std::move(*terms));
  const bool knows_it = phase_ == Phase::active && is_same_sink(*before, *terms_);
  if (knows_it) {
    policy_.in_flight_max = terms_->places;
    sink_->set_policy(policy_, shared_->now());
    return pump();
  }
  ++era_;
  is_asked_ = false;
  unanswered_ = 0;
  sink_.reset();
  shared_->alarms->clear(number_);
  if (auto cancel = std::exchange(wait_, nullptr)) cancel();
  set_phase(Phase::asking);
  ask();
}

void Pusher::end() {
  if (auto cancel = std::exchange(wait_, nullptr)) cancel();
  shared_->alarms->clear(number_);
  set_phase(Phase::ended);
}

void Pusher::give_up(std::string reason) {
  end();
  suspend_(std::move(reason));
}

void Pusher::wake_at(Instant at) { shared_->alarms->set(number_, weak_from_this(), at); }

void Pusher::note(std::int32_t status, std::string message) {
  const std::lock_guard lock(mutex_);
  status_.last_attempt = {.time = shared_->broker.now().wall, .status = status, .message = std::move(message)};
}

void Pusher::set_phase(Phase phase) {
  phase_ = phase;
  // Whoever gives up is what it was until the dispatcher says that it is suspended.
  if (phase == Phase::ended) return tell_phase(std::nullopt);
  const bool is_pending = phase == Phase::asking;
  {
    const std::lock_guard lock(mutex_);
    status_.is_pending = is_pending;
  }
  tell_phase(is_pending ? SinkPhase::pending : SinkPhase::closed);
}

void Pusher::tell_phase(std::optional<SinkPhase> phase) {
  if (phase == told_phase_) return;
  auto& sinks = shared_->counts.sinks;
  if (told_phase_) --sinks[static_cast<std::size_t>(*told_phase_)];
  if (phase) ++sinks[static_cast<std::size_t>(*phase)];
  told_phase_ = phase;
}

}  // namespace millrace::webhook
