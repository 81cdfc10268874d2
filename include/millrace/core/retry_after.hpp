#pragma once
// When somebody asks to be asked again later: `Retry-After` of HTTP, in seconds or as a date (RFC 9110, sections 5.6.7
// and 10.2.3). Pure: the time is told.

#include <optional>
#include <string_view>

#include "millrace/core/time.hpp"

namespace millrace::inline core {

/// Nobody is left alone for longer, whatever he asks for: a peer must not make us forget it.
inline constexpr Milliseconds retry_after_max = std::chrono::hours(24);

/// A moment in one of the three forms that a recipient must know: "Sun, 06 Nov 1994 08:49:37 GMT", and the obsolete
/// "Sunday, 06-Nov-94 08:49:37 GMT" and "Sun Nov  6 08:49:37 1994". Letter case counts; the name of the day must be
/// one, and need not be the right one. A leap second is the next one. A year of two digits is the last one with these
/// digits that is not more than 50 years after `now`. Nothing for any other text.
[[nodiscard]] std::optional<Timestamp> parse_http_date(std::string_view text, Timestamp now);

/// How long to wait from `now` on, from 0 to retry_after_max: for a date that has passed 0, and for more than a day a
/// day. Nothing for what is neither seconds nor a date.
[[nodiscard]] std::optional<Milliseconds> read_retry_after(std::string_view field, Timestamp now);

}  // namespace millrace::inline core
