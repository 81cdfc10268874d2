#include "millrace/core/bounds.hpp"

#include <string>

namespace millrace::inline core {

Result<void> check_bounds(std::span<const Bounds> numbers) {
  for (const Bounds& one : numbers) {
    if (one.value >= one.least && one.value <= one.most) continue;
    return failure(Errc::invalid, std::string(one.field) + " is " + std::to_string(one.value) + "; it may be from " +
                                      std::to_string(one.least) + " to " + std::to_string(one.most));
  }
  return {};
}

}  // namespace millrace::inline core
