#include "delivery_breaker.hpp"

#include <spdlog/logger.h>

namespace millrace::runtime {

using delivery::BreakerState;
using delivery::Health;

namespace {

/// After the end of its lock a probe is told to have failed, unless its machine was lost.
constexpr Milliseconds probe_grace{1'000};

}  // namespace

DeliveryBreaker::DeliveryBreaker(std::string id, const delivery::BreakerPolicy& policy, Instant now,
                                 std::shared_ptr<spdlog::logger> diagnostics)
    : id_(std::move(id)),
      diagnostics_(std::move(diagnostics)),
      state_(State{.breaker = delivery::Breaker(policy, now)}) {}

void DeliveryBreaker::set_policy(const delivery::BreakerPolicy& policy) {
  state_.with([&](State& state) { state.breaker.set_policy(policy); });
}

DeliveryBreaker::Room DeliveryBreaker::room(Instant now) {
  return state_.with([&](State& state) -> Room {
    if (state.probe && now >= state.probe->until) {
      state.breaker.ended(state.probe->ticket, Health::unknown, now);
      state.probe.reset();
    }
    const auto room = state.breaker.room(now);
    if (!room.is_limited) return {};
    if (room.has_place) return {.events = 1, .is_probe = true};
    return {.events = 0, .wake = state.probe ? state.probe->until : room.wake};
  });
}

void DeliveryBreaker::begun(Instant locked_until) {
  state_.with(
      [&](State& state) { state.probe = {.ticket = state.breaker.begin(), .until = locked_until + probe_grace}; });
}

bool DeliveryBreaker::settled(const delivery::Settled& settled, Instant now) {
  delivery::Breaker::Facts before, after;
  const bool has_ended = state_.with([&](State& state) {
    before = state.breaker.facts(now);
    state.breaker.settled(settled.good, settled.bad, now);
    const bool is_probe = settled.probes_good + settled.probes_bad + settled.probes_back > 0;
    const bool ends = is_probe && state.probe;
    if (ends) {
      const auto health = settled.probes_bad > 0    ? Health::bad
                          : settled.probes_good > 0 ? Health::good
                                                    : Health::unknown;
      state.breaker.ended(state.probe->ticket, health, now);
      state.probe.reset();
    }
    after = state.breaker.facts(now);
    return ends;
  });
  say(before, after, now);
  return has_ended;
}

delivery::Breaker::Facts DeliveryBreaker::facts(Instant now) const {
  return state_.with([&](const State& state) { return state.breaker.facts(now); });
}

/// Once for each outage: a probe that fails makes it no other one.
void DeliveryBreaker::say(const delivery::Breaker::Facts& before, const delivery::Breaker::Facts& after,
                          Instant now) const {
  if (before.state == after.state) return;
  if (before.state == BreakerState::closed) {
    diagnostics_->warn("subscription paused by its breaker id={} failed={} settled={} pause_ms={}", id_, after.failed,
                       after.ended, (*after.open_until - now).count());
  } else if (after.state == BreakerState::closed) {
    diagnostics_->info("subscription goes on, its breaker has closed id={}", id_);
  }
}

}  // namespace millrace::runtime
