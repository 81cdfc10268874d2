#pragma once
// Where `millrace consume` begins, as it is asked for and as it is in one partition. Values, pure.

#include <cstdint>
#include <string>
#include <string_view>

#include "millrace/core/result.hpp"

namespace millrace::cli {

struct From {
  enum class Kind { beginning, end, offset, last, time };
  Kind kind = Kind::beginning;
  std::int64_t value = 0;  ///< an offset, how many, or ms since the epoch
};

/// "earliest" or "beginning", "latest" or "end", "42", "-10" (the last ten of each partition), "2026-11-29T13:49:04Z".
/// Errc::invalid for others.
[[nodiscard]] Result<From> parse_from(std::string_view text);

/// What a partition holds: [start, end).
struct Extent {
  std::int64_t start = 0;
  std::int64_t end = 0;
};
/// Not for times, which the broker looks up. Errc::invalid for an offset that the partition does not reach.
[[nodiscard]] Result<std::int64_t> first_offset(const From& from, const Extent& extent);

}  // namespace millrace::cli
