#pragma once
// Every bound of a subscription, each with its reason: who writes one is a stranger.

#include <cstddef>

#include "millrace/core/limits.hpp"

namespace millrace::subscriptions::limits {

using millrace::limits::KiB;

inline constexpr std::size_t sink_bytes_max = 2 * KiB;   ///< what every server takes in its request line
inline constexpr std::size_t host_bytes_max = 253;       ///< RFC 1035, section 3.1, as text
inline constexpr std::size_t host_label_bytes_max = 63;  ///< likewise

}  // namespace millrace::subscriptions::limits
