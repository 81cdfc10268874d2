#include "awaits.hpp"

#include <algorithm>

namespace millrace::groups {

void Awaits::add(Awaited what, Offset past, Ticket to, Instant until) {
  by_time_.emplace(until, to, what);
  waiting_[std::move(what)].push_back({past, to, until});
}

std::vector<Ticket> Awaits::take_reached(const Awaited& what, Offset committed) {
  std::vector<Ticket> reached;
  const auto found = waiting_.find(what);
  if (found == waiting_.end()) return reached;
  std::erase_if(found->second, [&](const Waiting& each) {
    if (each.past >= committed) return false;
    by_time_.erase({each.until, each.to, what});
    reached.push_back(each.to);
    return true;
  });
  if (found->second.empty()) waiting_.erase(found);
  return reached;
}

std::optional<std::pair<Awaited, Ticket>> Awaits::take_overdue(Instant now) {
  const auto first = by_time_.begin();
  if (first == by_time_.end() || std::get<Instant>(*first) > now) return std::nullopt;
  std::pair<Awaited, Ticket> late{std::get<Awaited>(*first), std::get<Ticket>(*first)};
  by_time_.erase(first);
  const auto found = waiting_.find(late.first);
  std::erase_if(found->second, [&](const Waiting& each) { return each.to == late.second; });
  if (found->second.empty()) waiting_.erase(found);
  return late;
}

std::optional<Instant> Awaits::next() const {
  return by_time_.empty() ? std::nullopt : std::optional(std::get<Instant>(*by_time_.begin()));
}

}  // namespace millrace::groups
