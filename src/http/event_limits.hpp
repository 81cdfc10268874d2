#pragma once
// How much publishers and readers of events may ask for at once. What an answer may hold is small, for there may be as
// many answers under way as there are connections, and readers that do not read.

#include <cstddef>
#include <cstdint>

#include "millrace/core/limits.hpp"

namespace millrace::http::event_limits {

inline constexpr std::int64_t publish_ms_max = 30'000;  ///< for which a publisher waits for the disk
inline constexpr std::int64_t events_max = 1'000;       ///< of one answer …
inline constexpr std::int64_t events_default = 100;
inline constexpr std::int64_t bytes_max = 1 * limits::MiB;  ///< … and their bytes
inline constexpr std::int64_t bytes_default = 256 * limits::KiB;
inline constexpr std::int64_t one_event_bytes =
    64 * limits::KiB;  ///< that are read to find one; a larger one is found, too
inline constexpr std::int64_t wait_ms_max = 60'000;
inline constexpr std::size_t scan_bytes_max = 16 * limits::MiB;  ///< of what a reader passes over, before it asks again
inline constexpr std::int64_t quiet_ms_max = 15'000;             ///< a stream says that it is there so often
inline constexpr std::int64_t await_ms_max = 300'000;
inline constexpr std::int64_t await_ms_default = 30'000;

}  // namespace millrace::http::event_limits
