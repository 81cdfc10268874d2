#include "timers.hpp"

#include <utility>

namespace millrace::groups {

void Timers::set(TimerName name, Instant due) {
  const auto [at, fresh] = settings_.try_emplace(std::move(name));
  if (!fresh) order_.erase(Place{at->second.due, at->second.turn, at});
  at->second = Setting{due, ++turns_};
  order_.emplace(due, turns_, at);
}

void Timers::cancel(const TimerName& name) {
  const auto at = settings_.find(name);
  if (at == settings_.end()) return;
  order_.erase(Place{at->second.due, at->second.turn, at});
  settings_.erase(at);
}

std::optional<Instant> Timers::next() const {
  if (order_.empty()) return std::nullopt;
  return std::get<0>(*order_.begin());
}

std::optional<TimerName> Timers::take_due(Instant now) {
  if (order_.empty() || std::get<0>(*order_.begin()) > now) return std::nullopt;
  const auto at = std::get<2>(*order_.begin());
  order_.erase(order_.begin());
  return std::move(settings_.extract(at).key());
}

}  // namespace millrace::groups
