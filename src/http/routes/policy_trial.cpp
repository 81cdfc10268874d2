#include "policy_trial.hpp"

#include <algorithm>
#include <array>

namespace millrace::http::routes {

namespace {

using delivery::PartitionDelivery;

constexpr Offset the_event{0};
/// Its time is that of the first attempt: it has just come.
constexpr Timestamp begin_wall = 1'000'000'000'000;

class Trying {
 public:
  Trying(delivery::Policy policy, const TrialOutcome& outcome)
      : outcome_(outcome), machine_(std::make_shared<const delivery::Policy>(without_jitter(policy)), 1) {
    (void)machine_.loaded();
    (void)machine_.begin(the_event);
    const std::array<delivery::Event, 1> events{delivery::Event{.offset = the_event, .key = 1, .time = begin_wall}};
    look(machine_.tell(the_event, the_event + 1, events, now()).effects);
  }

  [[nodiscard]] Trial run() {
    while (!has_ended_ && trial_.attempts.size() < trial_attempts_max) {
      if (at_ >= not_before_) attempt();
      if (!has_ended_) wait();
    }
    if (!has_ended_) trial_.ended = at_;
    return std::move(trial_);
  }

 private:
  static delivery::Policy without_jitter(delivery::Policy policy) {
    policy.backoff.jitter_percent = 0;
    return policy;
  }
  [[nodiscard]] Now now() const { return {.steady = Instant() + at_, .wall = begin_wall + at_.count()}; }

  void attempt() {
    const auto hand = machine_.acquire(1, delivery::ConsumerId{1}, now());
    look(hand.effects);
    if (has_ended_ || hand.events.empty()) return;
    trial_.attempts.push_back(at_);
    const std::array<delivery::Token, 1> token{hand.events.front().token};
    const delivery::FailedAttempt said{.reason = delivery::Reason::rejected, .code = 0, .message = {}};
    switch (outcome_.kind) {
      case TrialOutcome::Kind::fails: return look(machine_.fail(token, said, Milliseconds(0), now()).effects);
      case TrialOutcome::Kind::rejects: return look(machine_.reject(token, said, now()).effects);
      case TrialOutcome::Kind::runs_out: return;
      case TrialOutcome::Kind::pushed: return push(token);
    }
  }

  /// As web hooks do with what their sink has answered.
  void push(std::span<const delivery::Token> token) {
    const auto verdict = push::judge(outcome_.attempt, {.was_verified = true}, outcome_.overrides, now().wall);
    not_before_ = at_ + verdict.pause;
    trial_.suspension = verdict.suspension;
    if (verdict.suspension != push::Suspension::none) return end(Trial::End::suspended);
    switch (verdict.fate) {
      case push::Fate::settled: return look(machine_.acknowledge(token, now()).effects);
      case push::Fate::released: return look(machine_.release(token, Milliseconds(0), now()).effects);
      case push::Fate::failed: return look(machine_.fail(token, verdict.failure, verdict.at_least, now()).effects);
      case push::Fate::rejected: return look(machine_.reject(token, verdict.failure, now()).effects);
    }
  }

  void wait() {
    const auto due = machine_.next_deadline();
    auto next = due ? std::chrono::ceil<Milliseconds>(*due - Instant()) : not_before_;
    if (next <= at_) next = not_before_;
    if (next <= at_) return end(Trial::End::goes_on);
    at_ = next;
    look(machine_.tick(now()));
  }

  void look(const delivery::Effects& effects) {
    if (has_ended_) return;
    if (!effects.letters.empty()) {
      trial_.reason = effects.letters.front().reason;
      trial_.failures = effects.letters.front().failures;
      return end(Trial::End::dead);
    }
    if (machine_.facts().told == the_event || machine_.is_unsettled(the_event)) return;
    end(machine_.counts().died > 0 ? Trial::End::discarded : Trial::End::settled);
  }

  void end(Trial::End how) {
    trial_.end = how;
    trial_.ended = at_;
    has_ended_ = true;
  }

  const TrialOutcome& outcome_;
  PartitionDelivery machine_;
  Trial trial_;
  Milliseconds at_{0};
  Milliseconds not_before_{0};  ///< the sink has asked for a pause
  bool has_ended_ = false;
};

}  // namespace

Trial tried(delivery::Policy policy, const TrialOutcome& outcome) { return Trying(std::move(policy), outcome).run(); }

}  // namespace millrace::http::routes
