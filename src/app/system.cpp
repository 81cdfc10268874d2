#include "system.hpp"

#include <sys/random.h>

#include <chrono>

#include "millrace/core/check.hpp"

namespace millrace::app {

Now SystemClock::now() const {
  using std::chrono::duration_cast;
  const auto steady = std::chrono::steady_clock::now().time_since_epoch();
  const auto wall = std::chrono::system_clock::now().time_since_epoch();
  return {Instant(duration_cast<Milliseconds>(steady)), duration_cast<Milliseconds>(wall).count()};
}

std::uint64_t SystemRandom::next() {
  std::uint64_t value = 0;
  const auto got = ::getrandom(&value, sizeof value, 0);
  CHECK(got == sizeof value, "eight bytes of getrandom(2) come whole once the system has booted");
  return value;
}

}  // namespace millrace::app
