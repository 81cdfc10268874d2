// Whether a sink wants events: asked before anything is sent, and again until there is an answer. What the answer means
// is push's affair.

#include <spdlog/logger.h>

#include <algorithm>

#include "asking.hpp"
#include "pusher.hpp"

namespace millrace::webhook {

namespace {

/// Of all subscriptions at once: each is a connection, and after a start all sinks are asked.
constexpr std::size_t questions_max = 256;
/// Milliseconds, before it is looked again whether there is room for one more, and up to as much again.
constexpr std::uint64_t crowded_least = 500;

}  // namespace

void Pusher::ask() {
  if (is_asked_) return;
  if (shared_->questions.load() >= questions_max)
    return wake_at(shared_->now() + Milliseconds(crowded_least + shared_->chance() % crowded_least));
  is_asked_ = true;
  ++shared_->questions;
  ++shared_->counts.in_flight;
  shared_->send(terms_->sink, question_of(shared_->options, terms_->credentials), shared_->options.request_timeout,
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
  auto word = word_of(shared_->options, outcome, now.wall);
  if (word.means == Word::Means::granted) {
    note(word.status, "the sink wants events");
    policy_ = {.rate = word.rate, .in_flight_max = terms_->places, .breaker = shared_->options.breaker};
    sink_.emplace(policy_, now.steady);
    set_phase(Phase::active);
    return pump();
  }
  note(word.status, std::move(word.why));
  if (word.means == Word::Means::away) return ask_later(word.at_least);
  shared_->diagnostics->warn("a sink wants no events subscription={} host={} status={}", id_, terms_->sink.host,
                             word.status);
  give_up(std::string(sink_refused));
}

void Pusher::ask_later(Milliseconds at_least) {
  unanswered_ = std::min(unanswered_ + 1, 30U);
  wake_at(shared_->now() + std::max(until_next_question(unanswered_, shared_->chance()), at_least));
}

}  // namespace millrace::webhook
