#include "millrace/delivery/policy.hpp"
#include "millrace/core/bounds.hpp"

#include <algorithm>
#include <string>

namespace millrace::delivery {

namespace {

constexpr std::uint32_t factor_percent_max = 10'000;
constexpr std::int64_t milliseconds_max = Milliseconds(std::chrono::hours(24 * 365 * 100)).count();

}  // namespace

Result<void> check(const Policy& policy) {
  constexpr std::int64_t ceiling = unsettled_ceiling, day = delay_ceiling.count();
  const auto count = [](std::size_t value) {
    return static_cast<std::int64_t>(std::min<std::size_t>(value, INT64_MAX));
  };
  const Bounds bounds[] = {
      {"max-deliveries", policy.max_deliveries.value_or(1), 1, 1'000},
      {"max-age", policy.max_age.value_or(Milliseconds(1)).count(), 1, milliseconds_max},
      {"backoff.base", policy.backoff.base.count(), 0, day},
      {"backoff.factor", policy.backoff.factor_percent, 100, factor_percent_max},
      {"backoff.cap", policy.backoff.cap.count(), policy.backoff.base.count(), day},
      {"backoff.jitter", policy.backoff.jitter_percent, 0, 100},
      {"lock-time", policy.lock_time.count(), 1, day},
      {"in-flight-max", count(policy.in_flight_max), 1, ceiling},
      {"per-key-max", count(policy.per_key_max), 1, ceiling},
      {"unsettled-max", count(policy.unsettled_max), 1, ceiling},
      {"read-ahead", count(policy.read_ahead), 1, ceiling},
      {"message-limit", count(policy.message_bytes_max), 0, 32'767},
  };
  return check_bounds(bounds);
}

Milliseconds delay_after(const Backoff& backoff, std::uint32_t failures, std::uint64_t chance) {
  std::int64_t delay = std::min(backoff.base, backoff.cap).count();
  if (backoff.factor_percent > 100 && delay > 0) {
    // With the least factor and the longest cap this is over after some 2,000 rounds.
    for (std::uint32_t n = 1; n < failures && delay < backoff.cap.count(); ++n)
      delay = std::min(std::max(delay + 1, delay * backoff.factor_percent / 100), backoff.cap.count());
  }
  const std::int64_t jitter = delay * backoff.jitter_percent / 100;
  return Milliseconds(delay - static_cast<std::int64_t>(chance % static_cast<std::uint64_t>(jitter + 1)));
}

}  // namespace millrace::delivery
