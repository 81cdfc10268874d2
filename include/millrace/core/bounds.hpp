#pragma once
// Numbers of a policy, each with its bounds. Pure.

#include <cstdint>
#include <span>

#include "millrace/core/result.hpp"

namespace millrace::inline core {

struct Bounds {
  const char* field = "";
  std::int64_t value = 0;
  std::int64_t least = 0;
  std::int64_t most = 0;
};

/// Errc::invalid names the first field that is out of its bounds, its value and the rule.
[[nodiscard]] Result<void> check_bounds(std::span<const Bounds> numbers);

}  // namespace millrace::inline core
