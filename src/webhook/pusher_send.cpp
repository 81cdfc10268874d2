// How events go out, and what becomes of them.

#include <algorithm>
#include <iterator>
#include <utility>

#include "packing.hpp"
#include "pusher.hpp"
#include "spans.hpp"

namespace millrace::webhook {

namespace {

std::string said(const sender::Outcome& outcome) {
  return outcome.ending == push::Ending::answered ? "answered " + std::to_string(outcome.status) : outcome.cause;
}

std::vector<push::Outgoing> outgoing_of(std::span<const InHand> events) {
  std::vector<push::Outgoing> all;
  all.reserve(events.size());
  for (const InHand& one : events) {
    all.push_back({.event = &one.event, .stored_json = one.stored_json, .attempt = one.attempt});
  }
  return all;
}

std::vector<runtime::DeliveryLock> locks_of(std::span<const InHand> events) {
  std::vector<runtime::DeliveryLock> locks;
  locks.reserve(events.size());
  for (const InHand& one : events) locks.push_back(one.lock);
  return locks;
}

}  // namespace

void Pusher::send_all(std::vector<InHand> events, Instant received_at) {
  std::span<const InHand> rest(events);
  while (!rest.empty()) {
    const std::size_t sent = send_front(rest, received_at);
    if (sent == 0) break;
    rest = rest.subspan(sent);
  }
  if (rest.empty()) return;
  Milliseconds delay{0};
  if (!is_over() && sink_) {
    const Instant now = shared_->now();
    delay = std::max(sink_->room(now).wake.value_or(now) - now, Milliseconds(0));
  }
  release(locks_of(rest), delay);
}

std::size_t Pusher::send_front(std::span<const InHand> events, Instant received_at) {
  if (is_over() || phase_ != Phase::active) return 0;
  const Instant now = shared_->now();
  const auto timeout = timeout_of(*terms_, shared_->options, now - received_at);
  if (timeout == Milliseconds(0)) return 0;
  const auto answer = sink_->begin(now);
  tell_phase(phase_of(sink_->facts(now).breaker));
  if (!answer.ticket) return 0;
  const auto outgoing = outgoing_of(events);
  const bool is_batch = terms_->mode == push::ContentMode::batch;
  auto span = begin_delivery(shared_->tracer, id_, *terms_, is_batch ? events : events.first(1));
  const std::string traceparent = span ? tracing::traceparent_of(span->context) : std::string();
  auto packed = pack(*terms_, shared_->options, id_, outgoing, traceparent);
  const std::size_t taken = packed.taken;
  if (span) tell_events(*span, *terms_, events.first(taken));
  Flight flight{.locks = locks_of(events.first(taken)),
                .terms = terms_,
                .ticket = *answer.ticket,
                .era = era_,
                .span = std::move(span)};
  ++shared_->counts.in_flight;
  shared_->send(terms_->sink, std::move(packed.out), timeout,
                [self = shared_from_this(), flight = std::move(flight)](sender::Outcome outcome) mutable {
                  self->post([flight = std::move(flight), outcome = std::move(outcome)](Pusher& pusher) mutable {
                    pusher.on_sent(std::move(flight), outcome);
                  });
                });
  return taken;
}

void Pusher::on_sent(Flight flight, const sender::Outcome& outcome) {
  --shared_->counts.in_flight;
  ++shared_->counts.requests[end_of(outcome)];
  if (flight.span && shared_->tracer != nullptr) {
    end_delivery(*shared_->tracer, std::move(*flight.span), outcome);
  }
  const Now now = shared_->broker.now();
  auto verdict = push::judge(sender::attempt_of(outcome), {.was_verified = true}, *flight.terms->overrides, now.wall);
  // It was broken off because we stop: not the event's fault, nor the sink's.
  if (is_over() && outcome.ending != push::Ending::answered) verdict.fate = push::Fate::released;
  settle(flight.locks, verdict);
  note(outcome.ending == push::Ending::answered ? static_cast<std::int32_t>(outcome.status) : 0, said(outcome));
  if (is_over() || flight.era != era_ || !sink_) return;
  sink_->ended(flight.ticket, verdict.health, now.steady);
  if (verdict.pause > Milliseconds(0)) sink_->pause(verdict.pause, now.steady);
  tell_phase(phase_of(sink_->facts(now.steady).breaker));
  if (verdict.suspension != push::Suspension::none) return give_up(std::string(push::name_of(verdict.suspension)));
  pump();
}

void Pusher::settle(const Locks& locks, const push::Verdict& verdict) {
  const auto ignored = [](const auto&) {};  // A lock that ran out is good for another attempt.
  switch (verdict.fate) {
    case push::Fate::settled: return acknowledge(locks, EventEnd::delivered);
    case push::Fate::released: return release(locks, Milliseconds(0));
    case push::Fate::failed:
      shared_->counts.ended(EventEnd::failed, locks.size());
      return shared_->delivery.fail(id_, locks, verdict.failure, verdict.at_least, ignored);
    case push::Fate::rejected:
      shared_->counts.ended(EventEnd::rejected, locks.size());
      return shared_->delivery.reject(id_, locks, verdict.failure, ignored);
  }
}

void Pusher::release(const Locks& locks, Milliseconds delay) {
  if (locks.empty()) return;
  shared_->counts.ended(EventEnd::released, locks.size());
  shared_->delivery.release(id_, locks, delay, [](const auto&) {});
}

void Pusher::acknowledge(const Locks& locks, EventEnd why) {
  if (locks.empty()) return;
  shared_->counts.ended(why, locks.size());
  shared_->delivery.acknowledge(id_, locks, [](const auto&) {});
}

}  // namespace millrace::webhook
