#include "millrace/core/check.hpp"

#include <cstdio>
#include <cstdlib>

namespace millrace::inline core {

void check_failed(const char* file, int line, const char* condition, const char* why) noexcept {
  std::fprintf(stderr, "%s:%d: CHECK(%s) failed: %s\n", file, line, condition, why);
  std::abort();
}

}  // namespace millrace::inline core
