#include "leases.hpp"

#include "millrace/core/check.hpp"

namespace millrace::delivery {

void Leases::add(std::uint32_t number, Lease lease) {
  ends_.emplace(lease.ends, number);
  CHECK(leases_.try_emplace(number, std::move(lease)).second, "each lease has a number of its own");
}

void Leases::leave(std::uint32_t number) {
  const auto lease = leases_.find(number);
  CHECK(lease != leases_.end(), "a lease lasts as long as its events are in hand");
  if (--lease->second.outstanding > 0) return;
  ends_.erase({lease->second.ends, number});
  leases_.erase(lease);
}

std::optional<Instant> Leases::next_end() const {
  if (ends_.empty()) return std::nullopt;
  return ends_.begin()->first;
}

std::optional<std::uint32_t> Leases::ended(Instant now) const {
  if (ends_.empty() || ends_.begin()->first > now) return std::nullopt;
  return ends_.begin()->second;
}

std::vector<std::uint32_t> Leases::of(std::optional<ConsumerId> consumer) const {
  std::vector<std::uint32_t> out;
  for (const auto& [number, lease] : leases_)
    if (!consumer || lease.consumer == *consumer) out.push_back(number);
  return out;
}

}  // namespace millrace::delivery
