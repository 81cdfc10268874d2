#include "pool.hpp"

#include <algorithm>

namespace millrace::sender {

std::unique_ptr<Connection> Pool::take(const Place& place) {
  const auto at = idle_.find(place);
  if (at == idle_.end()) return nullptr;
  std::unique_ptr<Connection> taken;
  while (!taken && !at->second.empty()) {
    auto last = std::move(at->second.back());
    at->second.pop_back();
    --size_;
    if (last.connection->is_fit()) taken = std::move(last.connection);
  }
  if (at->second.empty()) idle_.erase(at);
  return taken;
}

void Pool::put(const Place& place, std::unique_ptr<Connection> connection, SteadyTime now) {
  auto& of_place = idle_[place];
  of_place.push_back({.connection = std::move(connection), .since = now});
  ++size_;
  if (of_place.size() > per_place_max_) {
    of_place.pop_front();
    --size_;
  }
  if (size_ > all_max_) drop_oldest();
}

void Pool::drop_oldest() {
  const auto at =
      std::ranges::min_element(idle_, {}, [](const auto& of_place) { return of_place.second.front().since; });
  at->second.pop_front();
  --size_;
  if (at->second.empty()) idle_.erase(at);
}

void Pool::sweep(SteadyTime now) {
  size_ -= [&] {
    std::size_t gone = 0;
    for (auto& [place, waiting] : idle_) {
      gone += std::erase_if(
          waiting, [&](const Idle& one) { return now - one.since >= idle_time_ || !one.connection->is_fit(); });
    }
    return gone;
  }();
  std::erase_if(idle_, [](const auto& of_place) { return of_place.second.empty(); });
}

void Pool::clear() {
  idle_.clear();
  size_ = 0;
}

}  // namespace millrace::sender
