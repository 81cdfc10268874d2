#pragma once
// Timestamps of records, which anybody may have made up, for people. Pure.

#include "millrace/core/rfc3339.hpp"

namespace millrace::cli {

/// As RFC 3339 has it; the number itself for what is before 1970 or beyond the year 9999.
[[nodiscard]] inline std::string time_text(Timestamp ms) {
  constexpr Timestamp latest = 253'402'300'799'999;
  return ms < 0 || ms > latest ? std::to_string(ms) : rfc3339(ms);
}

}  // namespace millrace::cli
