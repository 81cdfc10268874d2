#pragma once
// A moment as protobuf's Timestamp holds it ⇄ the text of RFC 3339 (PB-6). Pure.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace millrace::cloudevents {

struct Moment {
  std::int64_t seconds = 0;  ///< since 1970, in UTC
  std::int32_t nanos = 0;    ///< of the second, forward in time
  bool operator==(const Moment&) const = default;
};

/// In UTC with no, three, six or nine digits of a second, as protobuf writes it in JSON. Nothing outside of the years 1
/// to 9999, and of 0 to 999,999,999 nanoseconds.
[[nodiscard]] std::optional<std::string> text_of(const Moment& moment);

/// What is finer than a nanosecond is dropped; a leap second is the next one. Nothing for a text that is_timestamp()
/// refuses, and for a moment that is outside of those years.
[[nodiscard]] std::optional<Moment> moment_of(std::string_view text);

}  // namespace millrace::cloudevents
