#include "system.hpp"

#include <sys/random.h>
#include <sys/resource.h>

#include <algorithm>
#include <chrono>

#include "millrace/core/check.hpp"

namespace millrace::app {

Now SystemClock::now() const {
  using std::chrono::duration_cast;
  const auto steady = std::chrono::steady_clock::now().time_since_epoch();
  const auto wall = std::chrono::system_clock::now().time_since_epoch();
  return {Instant(duration_cast<Milliseconds>(steady)), duration_cast<Milliseconds>(wall).count()};
}

std::int64_t unix_nanoseconds() {
  const auto wall = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::nanoseconds>(wall).count();
}

std::uint64_t SystemRandom::next() {
  std::uint64_t value = 0;
  const auto got = ::getrandom(&value, sizeof value, 0);
  CHECK(got == sizeof value, "eight bytes of getrandom(2) come whole once the system has booted");
  return value;
}

std::size_t raise_descriptor_limit() {
  constexpr rlim_t plenty = 1'000'000;
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) < 0) return 1024;  // what a system without limits promises at least
  const auto wanted = std::min(limit.rlim_max, plenty);
  if (limit.rlim_cur < wanted) {
    const rlimit raised{.rlim_cur = wanted, .rlim_max = limit.rlim_max};
    if (::setrlimit(RLIMIT_NOFILE, &raised) == 0) limit = raised;
  }
  return static_cast<std::size_t>(std::min(limit.rlim_cur, plenty));
}

}  // namespace millrace::app
