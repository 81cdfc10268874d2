#include "in_hand.hpp"

namespace millrace::http::routes {

InHand::Entries::iterator InHand::find(const runtime::DeliveryLock& lock) {
  const auto found = held_.find(place_of(lock));
  return found != held_.end() && found->second.hand_out == lock.token.hand_out ? found : held_.end();
}

void InHand::add(const runtime::DeliveryLock& lock, Instant until) {
  const auto place = place_of(lock);
  const auto [at, is_new] = held_.try_emplace(place);
  if (!is_new) ends_.erase({at->second.until, place});
  at->second = {.hand_out = lock.token.hand_out, .until = until};
  ends_.insert({until, place});
}

void InHand::settle(const runtime::DeliveryLock& lock) {
  const auto found = find(lock);
  if (found == held_.end()) return;
  ends_.erase({found->second.until, found->first});
  held_.erase(found);
}

void InHand::renew(const runtime::DeliveryLock& lock, Instant until) {
  if (find(lock) != held_.end()) add(lock, until);
}

void InHand::forget_lost(Instant now) {
  while (!ends_.empty() && ends_.begin()->first <= now) {
    held_.erase(ends_.begin()->second);
    ends_.erase(ends_.begin());
  }
}

std::vector<runtime::DeliveryLock> InHand::take_all() {
  std::vector<runtime::DeliveryLock> locks;
  for (const auto& [place, held] : held_)
    locks.push_back({.partition = place.first, .token = {.offset = place.second, .hand_out = held.hand_out}});
  held_.clear();
  ends_.clear();
  return locks;
}

std::optional<Instant> InHand::next_end() const {
  return ends_.empty() ? std::nullopt : std::optional(ends_.begin()->first);
}

}  // namespace millrace::http::routes
