#pragma once
// A clock that tests push by hand. Shared: any thread may ask.

#include <mutex>

#include "millrace/core/time.hpp"

namespace millrace::support {

class ManualClock final : public Clock {
 public:
  explicit ManualClock(Now at = {.steady = Instant{}, .wall = 1'700'000'000'000}) : now_(at) {}

  [[nodiscard]] Now now() const override {
    const std::scoped_lock lock(mutex_);
    return now_;
  }
  /// Both notions of time move on.
  void advance(Milliseconds by) {
    const std::scoped_lock lock(mutex_);
    now_.steady += by;
    now_.wall += by.count();
  }
  /// The wall clock is set, as an operator or a time server would; steady time does not notice.
  void set_wall(Timestamp wall) {
    const std::scoped_lock lock(mutex_);
    now_.wall = wall;
  }

 private:
  mutable std::mutex mutex_;
  Now now_;
};

}  // namespace millrace::support
