#include "connections.hpp"

#include <algorithm>

namespace millrace::kafka {

std::optional<std::string> Connections::admit(const std::string& host, std::size_t lane) {
  const std::lock_guard lock(mutex_);
  if (total_ >= static_cast<std::size_t>(total_max_)) {
    ++refused_.by_total;
    return "max_connections " + std::to_string(total_max_) + " is reached";
  }
  auto& from_host = per_address_[host];
  if (from_host >= per_address_max_) {
    ++refused_.by_address;
    return "max_connections_per_address " + std::to_string(per_address_max_) + " is reached";
  }
  ++from_host;
  ++total_;
  ++lanes_[lane].admitted;
  return std::nullopt;
}

void Connections::add(std::size_t lane, std::shared_ptr<Session> session) {
  const std::lock_guard lock(mutex_);
  lanes_[lane].sessions.insert(std::move(session));
}

void Connections::remove(std::size_t lane, const std::shared_ptr<Session>& session) {
  std::function<void()> empty;
  {
    const std::lock_guard lock(mutex_);
    if (lanes_[lane].sessions.erase(session) == 0) return;
    --lanes_[lane].admitted;
    --total_;
    const auto from_host = per_address_.find(session->peer().host);
    if (--from_host->second == 0) per_address_.erase(from_host);
    if (total_ == 0) empty = std::exchange(when_empty_, nullptr);
  }
  if (empty) empty();
}

std::size_t Connections::lightest_lane() const {
  const std::lock_guard lock(mutex_);
  const auto lightest = std::min_element(lanes_.begin(), lanes_.end(),
                                         [](const Lane& a, const Lane& b) { return a.admitted < b.admitted; });
  return static_cast<std::size_t>(lightest - lanes_.begin());
}

std::size_t Connections::size() const {
  const std::lock_guard lock(mutex_);
  return total_;
}

Connections::Refused Connections::refused() const {
  const std::lock_guard lock(mutex_);
  return refused_;
}

std::vector<std::shared_ptr<Session>> Connections::of_lane(std::size_t lane) const {
  const std::lock_guard lock(mutex_);
  return {lanes_[lane].sessions.begin(), lanes_[lane].sessions.end()};
}

void Connections::set_limits(std::int32_t total_max, std::int32_t per_address_max) {
  const std::lock_guard lock(mutex_);
  total_max_ = total_max;
  per_address_max_ = per_address_max;
}

void Connections::when_empty(std::function<void()> then) {
  {
    const std::lock_guard lock(mutex_);
    if (total_ > 0) {
      when_empty_ = std::move(then);
      return;
    }
  }
  then();
}

}  // namespace millrace::kafka
