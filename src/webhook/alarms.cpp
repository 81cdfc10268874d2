#include "alarms.hpp"

#include <boost/asio/post.hpp>
#include <vector>

namespace millrace::webhook {

void Alarms::set(std::uint64_t number, std::weak_ptr<Sleeper> sleeper, Instant at) {
  {
    const std::lock_guard lock(mutex_);
    if (is_stopped_) return;
    forget(number);
    by_number_[number] = {.at = at, .sleeper = std::move(sleeper)};
    by_time_.emplace(at, number);
    if (armed_for_ && *armed_for_ <= at) return;
    armed_for_ = at;
  }
  runtime::asio::post(timer_.get_executor(), [weak = weak_from_this()] {
    if (const auto self = weak.lock()) self->arm();
  });
}

void Alarms::clear(std::uint64_t number) {
  const std::lock_guard lock(mutex_);
  forget(number);
}

void Alarms::forget(std::uint64_t number) {
  const auto found = by_number_.find(number);
  if (found == by_number_.end()) return;
  by_time_.erase({found->second.at, number});
  by_number_.erase(found);
}

void Alarms::arm() {
  std::optional<Instant> next;
  {
    const std::lock_guard lock(mutex_);
    if (!by_time_.empty() && !is_stopped_) next = by_time_.begin()->first;
    armed_for_ = next;
  }
  if (!next) {
    timer_.cancel();
    return;
  }
  timer_.expires_after(std::max(*next - now_(), Milliseconds(0)));
  // Weakly: a timer that its own handler keeps alive would be destroyed by its own io_context.
  timer_.async_wait([weak = weak_from_this()](const boost::system::error_code& error) {
    const auto self = weak.lock();
    if (error || !self) return;
    self->ring();
    self->arm();
  });
}

void Alarms::ring() {
  const Instant now = now_();
  std::vector<std::shared_ptr<Sleeper>> due;
  {
    const std::lock_guard lock(mutex_);
    while (!by_time_.empty() && by_time_.begin()->first <= now) {
      const std::uint64_t number = by_time_.begin()->second;
      if (auto sleeper = by_number_[number].sleeper.lock()) due.push_back(std::move(sleeper));
      forget(number);
    }
  }
  for (const auto& sleeper : due) sleeper->on_alarm();
}

void Alarms::stop() {
  {
    const std::lock_guard lock(mutex_);
    is_stopped_ = true;
    by_time_.clear();
    by_number_.clear();
  }
  runtime::asio::post(timer_.get_executor(), [weak = weak_from_this()] {
    if (const auto self = weak.lock()) self->timer_.cancel();
  });
}

}  // namespace millrace::webhook
