#include "millrace/delivery/breaker.hpp"

#include <algorithm>

#include "millrace/core/bounds.hpp"
#include "millrace/delivery/policy.hpp"

namespace millrace::delivery {

Result<void> check(const BreakerPolicy& policy) {
  const auto day = delay_ceiling.count();
  const Bounds bounds[] = {
      {"breaker.rate", policy.failed_percent, 1, 100},
      {"breaker.least", policy.ended_min, 1, 1'000'000},
      {"breaker.window", policy.window.count(), 1'000, day},
      {"breaker.open", policy.open_first.count(), 1, day},
      {"breaker.open-max", policy.open_max.count(), policy.open_first.count(), day},
      {"breaker.probes", policy.probes, 1, 100},
  };
  return check_bounds(bounds);
}

std::string_view name_of(BreakerState state) noexcept {
  switch (state) {
    case BreakerState::closed: return "closed";
    case BreakerState::open: return "open";
    case BreakerState::half_open: return "half-open";
  }
  return {};
}

Breaker::Room Breaker::room(Instant now) const {
  if (state_ == BreakerState::closed) return {};
  if (state_ == BreakerState::open && now < open_until_)
    return {.is_limited = true, .has_place = false, .wake = open_until_};
  return {.is_limited = true, .has_place = !has_probe_};
}

Breaker::Ticket Breaker::begin() {
  if (state_ == BreakerState::open) become(BreakerState::half_open);
  has_probe_ = is_probing();
  return {era_};
}

void Breaker::ended(Ticket ticket, Health health, Instant now) {
  if (ticket.era != era_) return;
  if (!is_probing()) {
    if (health != Health::unknown) settled(health == Health::good ? 1 : 0, health == Health::bad ? 1 : 0, now);
    return;
  }
  has_probe_ = false;
  if (health == Health::bad) open(now);
  if (health == Health::good && ++good_probes_ >= policy_.probes) close();
}

void Breaker::settled(std::uint32_t good, std::uint32_t bad, Instant now) {
  if (state_ != BreakerState::closed || (good == 0 && bad == 0)) return;
  const std::int64_t number = slot_at(now);
  if (window_.empty()) window_.resize(static_cast<std::size_t>(slots));
  Slot& slot = window_[static_cast<std::size_t>(number % slots)];
  if (slot.number != number) slot = {.number = number};
  slot.ended += good + bad;
  slot.failed += bad;
  if (bad == 0) return;
  const Slot sum = counted(now);
  if (sum.ended < policy_.ended_min) return;
  if (std::uint64_t{sum.failed} * 100 >= std::uint64_t{sum.ended} * policy_.failed_percent) open(now);
}

void Breaker::set_policy(const BreakerPolicy& policy) {
  if (policy.window != policy_.window) forget();
  policy_ = policy;
}

Breaker::Facts Breaker::facts(Instant now) const {
  const Slot sum = counted(now);
  return {.state = state_,
          .open_until = state_ == BreakerState::open ? std::optional(open_until_) : std::nullopt,
          .ended = sum.ended,
          .failed = sum.failed};
}

std::int64_t Breaker::slot_at(Instant now) const { return (now - start_).count() / (policy_.window.count() / slots); }

Breaker::Slot Breaker::counted(Instant now) const {
  const std::int64_t newest = slot_at(now);
  Slot sum;
  for (const Slot& slot : window_) {
    if (slot.number < 0 || slot.number <= newest - slots) continue;
    sum.ended += slot.ended;
    sum.failed += slot.failed;
  }
  return sum;
}

void Breaker::become(BreakerState state) {
  state_ = state;
  ++era_;
  has_probe_ = false;
  good_probes_ = 0;
}

void Breaker::open(Instant now) {
  open_for_ = open_for_ == Milliseconds(0) ? policy_.open_first : std::min(2 * open_for_, policy_.open_max);
  open_until_ = now + open_for_;
  become(BreakerState::open);
}

void Breaker::close() {
  become(BreakerState::closed);
  open_for_ = Milliseconds(0);
  forget();
}

}  // namespace millrace::delivery
