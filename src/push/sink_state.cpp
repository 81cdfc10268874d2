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
  const Bounds bounds[] = {
      {"rate", policy.rate.per_minute.value_or(1), 1, UINT32_MAX},
      {"maxinflight", static_cast<std::int64_t>(std::min<std::size_t>(policy.in_flight_max, INT64_MAX)), 1, 1'000},
  };
  auto bounded = check_bounds(bounds);
  return bounded ? delivery::check(policy.breaker) : bounded;
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

SinkState::SinkState(const SinkPolicy& policy, Instant now)
    : policy_(policy), start_(now), breaker_(policy.breaker, now) {}

SinkState::Answer SinkState::begin(Instant now) {
  const Room free = room(now);
  if (free.requests == 0) return {.wait = free.wait, .wake = free.wake};
  if (policy_.rate.per_minute) {
    full_at_ns_ = std::max(full_at_ns_, lived_ns(now)) + bucket_of(*policy_.rate.per_minute).token_ns;
  }
  ++in_flight_;
  return {.ticket = breaker_.begin()};
}

SinkState::Room SinkState::room(Instant now) const {
  if (paused_until_ && now < *paused_until_) return {.wait = Wait::paused, .wake = paused_until_};
  const auto let = breaker_.room(now);
  if (!let.has_place) return {.wait = Wait::breaker, .wake = let.wake};
  if (in_flight_ >= policy_.in_flight_max) return {.wait = Wait::in_flight};
  const std::size_t places = let.is_limited ? 1 : policy_.in_flight_max - in_flight_;
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
  breaker_.ended(ticket, health, now);
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
  breaker_.set_policy(policy.breaker);
  policy_ = policy;
}

SinkState::Facts SinkState::facts(Instant now) const {
  const auto let = breaker_.facts(now);
  return {.breaker = let.state,
          .in_flight = in_flight_,
          .paused_until = paused_until_,
          .open_until = let.open_until,
          .ended = let.ended,
          .failed = let.failed};
}

std::int64_t SinkState::lived_ns(Instant now) const { return (now - start_).count() * ms_ns; }

}  // namespace millrace::push
