#include "millrace/push/sink_state.hpp"

#include <algorithm>
#include <string>

#include "millrace/core/bounds.hpp"
#include "millrace/core/check.hpp"
#include "millrace/delivery/policy.hpp"

namespace millrace::push {

namespace {

constexpr std::int64_t minute_ns = 60'000'000'000, ms_ns = 1'000'000;
/// Of the rate, that may come at once after a rest.
constexpr std::uint32_t burst_part = 20;

/// A token bucket. It holds 1/20 of a minute's requests, at least one, and fills with what is left of them in a
/// minute; so no minute, wherever it begins, ever has more than the sink has granted.
struct Bucket {
  std::int64_t token_ns = 0;  ///< in which one more comes
  std::int64_t burst_ns = 0;  ///< in which it fills, but for one
};

Bucket bucket_of(std::uint32_t per_minute) {
  const std::int64_t held = 1 + std::int64_t{per_minute} / burst_part;
  const std::int64_t flowing = std::int64_t{per_minute} - held + 1;
  const std::int64_t token = (minute_ns + flowing - 1) / flowing;
  return {.token_ns = token, .burst_ns = token * (held - 1)};
}

/// The first millisecond that is not before it.
Milliseconds milliseconds_of(std::int64_t ns) { return Milliseconds((ns + ms_ns - 1) / ms_ns); }

}  // namespace

Result<void> check(const SinkPolicy& policy) {
  const auto day = delivery::delay_ceiling.count();
  const BreakerPolicy& breaker = policy.breaker;
  const Bounds bounds[] = {
      {"rate", policy.rate.per_minute.value_or(1), 1, UINT32_MAX},
      {"maxinflight", static_cast<std::int64_t>(std::min<std::size_t>(policy.in_flight_max, INT64_MAX)), 1, 1'000},
      {"breaker.rate", breaker.failed_percent, 1, 100},
      {"breaker.least", breaker.ended_min, 1, 1'000'000},
      {"breaker.window", breaker.window.count(), 1'000, day},
      {"breaker.open", breaker.open_first.count(), 1, day},
      {"breaker.open-max", breaker.open_max.count(), breaker.open_first.count(), day},
      {"breaker.probes", breaker.probes, 1, 100},
  };
  return check_bounds(bounds);
}

std::string_view name_of(Wait wait) noexcept {
  switch (wait) {
    case Wait::none: return "none";
    case Wait::paused: return "paused";
    case Wait::breaker: return "breaker";
    case Wait::in_flight: return "in-flight";
    case Wait::rate: return "rate";
  }
  return {};
}

std::string_view name_of(Breaker breaker) noexcept {
  switch (breaker) {
    case Breaker::closed: return "closed";
    case Breaker::open: return "open";
    case Breaker::half_open: return "half-open";
  }
  return {};
}

SinkState::SinkState(const SinkPolicy& policy, Instant now) : policy_(policy), start_(now) {}

SinkState::Answer SinkState::begin(Instant now) {
  const Room free = room(now);
  if (free.requests == 0) return {.wait = free.wait, .wake = free.wake};
  if (breaker_ == Breaker::open) become(Breaker::half_open);
  if (policy_.rate.per_minute) {
    full_at_ns_ = std::max(full_at_ns_, lived_ns(now)) + bucket_of(*policy_.rate.per_minute).token_ns;
  }
  ++in_flight_;
  if (is_probing()) ++probing_;
  return {.ticket = Ticket{era_}};
}

SinkState::Room SinkState::room(Instant now) const {
  if (paused_until_ && now < *paused_until_) return {.wait = Wait::paused, .wake = paused_until_};
  const bool is_open = breaker_ == Breaker::open;
  if (is_open && now < open_until_) return {.wait = Wait::breaker, .wake = open_until_};
  if (is_probing() && probing_ > 0) return {.wait = Wait::breaker};
  if (in_flight_ >= policy_.in_flight_max) return {.wait = Wait::in_flight};
  const std::size_t places = is_open || is_probing() ? 1 : policy_.in_flight_max - in_flight_;
  if (!policy_.rate.per_minute) return {.requests = places};
  const Bucket bucket = bucket_of(*policy_.rate.per_minute);
  const std::int64_t free_at = full_at_ns_ - bucket.burst_ns, lived = lived_ns(now);
  if (lived < free_at) return {.wait = Wait::rate, .wake = start_ + milliseconds_of(free_at)};
  const std::int64_t tokens = (lived - std::max(full_at_ns_, lived) + bucket.burst_ns) / bucket.token_ns + 1;
  return {.requests = std::min(places, static_cast<std::size_t>(tokens))};
}

void SinkState::ended(Ticket ticket, Health health, Instant now) {
  CHECK(in_flight_ > 0, "a request ended that did not begin");
  --in_flight_;
  if (ticket.era != era_) return;
  if (!is_probing()) {
    count(health, now);
    return;
  }
  --probing_;
  if (health == Health::bad) open(now);
  if (health == Health::good && ++good_probes_ >= policy_.breaker.probes) close();
}

void SinkState::pause(Milliseconds length, Instant now) {
  const Instant until = now + std::clamp(length, Milliseconds(0), delivery::delay_ceiling);
  paused_until_ = std::max(paused_until_.value_or(until), until);
}

void SinkState::set_policy(const SinkPolicy& policy, Instant now) {
  if (policy.rate != policy_.rate && policy.rate.per_minute) {
    // The new bucket begins empty: otherwise each change would be worth a burst.
    const Bucket bucket = bucket_of(*policy.rate.per_minute);
    full_at_ns_ = lived_ns(now) + bucket.burst_ns + bucket.token_ns;
  }
  if (policy.breaker.window != policy_.breaker.window) window_ = {};
  policy_ = policy;
}

SinkState::Facts SinkState::facts(Instant now) const {
  const Slot sum = counted(now);
  return {.breaker = breaker_,
          .in_flight = in_flight_,
          .paused_until = paused_until_,
          .open_until = breaker_ == Breaker::open ? std::optional(open_until_) : std::nullopt,
          .ended = sum.ended,
          .failed = sum.failed};
}

std::int64_t SinkState::lived_ns(Instant now) const { return (now - start_).count() * ms_ns; }

std::int64_t SinkState::slot_at(Instant now) const {
  return (now - start_).count() / (policy_.breaker.window.count() / slots);
}

SinkState::Slot SinkState::counted(Instant now) const {
  const std::int64_t newest = slot_at(now);
  Slot sum;
  for (const Slot& slot : window_) {
    if (slot.number < 0 || slot.number <= newest - slots) continue;
    sum.ended += slot.ended;
    sum.failed += slot.failed;
  }
  return sum;
}

void SinkState::count(Health health, Instant now) {
  if (health == Health::unknown) return;
  const std::int64_t number = slot_at(now);
  Slot& slot = window_[static_cast<std::size_t>(number % slots)];
  if (slot.number != number) slot = {.number = number};
  ++slot.ended;
  if (health == Health::good) return;
  ++slot.failed;
  const Slot sum = counted(now);
  const BreakerPolicy& rules = policy_.breaker;
  if (sum.ended < rules.ended_min) return;
  if (std::uint64_t{sum.failed} * 100 >= std::uint64_t{sum.ended} * rules.failed_percent) open(now);
}

void SinkState::become(Breaker breaker) {
  breaker_ = breaker;
  ++era_;
  probing_ = 0;
  good_probes_ = 0;
}

void SinkState::open(Instant now) {
  const BreakerPolicy& rules = policy_.breaker;
  open_for_ = open_for_ == Milliseconds(0) ? rules.open_first : std::min(2 * open_for_, rules.open_max);
  open_until_ = now + open_for_;
  become(Breaker::open);
}

void SinkState::close() {
  become(Breaker::closed);
  open_for_ = Milliseconds(0);
  window_ = {};
}

}  // namespace millrace::push
