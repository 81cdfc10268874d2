// Whether a sink wants events: asked before anything is sent, and again until there is an answer. What the answer means
// is push's affair.

#include <spdlog/logger.h>

#include <algorithm>

#include "millrace/push/handshake.hpp"
#include "pusher.hpp"

namespace millrace::webhook {

namespace {

/// Between questions that nobody answers.
constexpr delivery::Backoff ask_again{.base = Milliseconds(1'000), .cap = Milliseconds(60'000)};

/// Of all subscriptions at once: each is a connection, and after a start all sinks are asked.
constexpr std::size_t questions_max = 256;
/// Milliseconds, before it is looked again whether there is room for one more, and up to as much again.
constexpr std::uint64_t crowded_least = 500;

push::Proposal proposal_of(const Options& options) { return {.origin = options.origin}; }

/// No word about events, and what a gateway says for a server that is away: it is asked again, as after no answer.
bool is_away(const sender::Outcome& outcome, const push::Verdict& verdict) {
  return verdict.fate == push::Fate::failed &&
         (outcome.status == 408 || outcome.status == 429 || outcome.status >= 500);
}

}  // namespace

void Pusher::ask() {
  if (is_asked_) return;
  if (shared_->questions.load() >= questions_max)
    return wake_at(shared_->now() + Milliseconds(crowded_least + shared_->chance() % crowded_least));
  is_asked_ = true;
  ++shared_->questions;
  sender::Outgoing question;
  question.method = "OPTIONS";
  question.fields = push::fields_of(proposal_of(shared_->options));
  if (!terms_->credentials.empty()) question.fields.emplace_back("Authorization", terms_->credentials);
  ++shared_->counts.in_flight;
  shared_->send(terms_->sink, std::move(question), shared_->options.request_timeout,
                [self = shared_from_this(), era = era_](sender::Outcome outcome) {
                  self->post([era, outcome = std::move(outcome)](Pusher& pusher) { pusher.on_asked(era, outcome); });
                });
}

void Pusher::on_asked(std::uint64_t era, const sender::Outcome& outcome) {
  --shared_->questions;
  --shared_->counts.in_flight;
  ++shared_->counts.requests[end_of(outcome)];
  if (is_over() || era != era_) return;
  is_asked_ = false;
  const Now now = shared_->broker.now();
  const auto verdict = push::judge(sender::attempt_of(outcome), {}, {}, now.wall);
  if (outcome.ending != push::Ending::answered) {
    note(0, outcome.cause);
    return ask_later(verdict.at_least);
  }
  std::vector<cloudevents::HeaderField> fields;
  for (const auto& [name, value] : outcome.fields) fields.push_back({.name = name, .value = value});
  auto judgement = push::judge(proposal_of(shared_->options), fields);
  const auto status = static_cast<std::int32_t>(outcome.status);
  if (judgement.consent == push::Consent::granted) {
    note(status, "the sink wants events");
    policy_ = {.rate = judgement.rate, .in_flight_max = terms_->places, .breaker = shared_->options.breaker};
    sink_.emplace(policy_, now.steady);
    set_phase(Phase::active);
    return pump();
  }
  note(status, std::move(judgement.why));
  if (is_away(outcome, verdict)) return ask_later(std::max(verdict.at_least, verdict.pause));
  shared_->diagnostics->warn("a sink wants no events subscription={} host={} status={}", id_, terms_->sink.host,
                             status);
  give_up(std::string(sink_refused));
}

void Pusher::ask_later(Milliseconds at_least) {
  unanswered_ = std::min(unanswered_ + 1, 30U);
  wake_at(shared_->now() + std::max(delivery::delay_after(ask_again, unanswered_, shared_->chance()), at_least));
}

}  // namespace millrace::webhook
