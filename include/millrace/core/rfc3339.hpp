#pragma once
// Moments as people and JSON write them: RFC 3339, "2026-05-01T12:00:00.250Z". Pure, callable from anywhere.

#include <optional>
#include <string>
#include <string_view>

#include "millrace/core/time.hpp"

namespace millrace::inline core {

/// UTC, to the millisecond.
[[nodiscard]] std::string rfc3339(Timestamp time);

/// A date and a time with "Z" or an offset, as RFC 3339 section 5.6 has them; negative before 1970. What is finer than
/// a millisecond is dropped, a leap second is the next one. Nothing for any other text.
[[nodiscard]] std::optional<Timestamp> parse_rfc3339(std::string_view text);

}  // namespace millrace::inline core
