#pragma once
// How much consumers of subscriptions may ask for at once.

#include <chrono>
#include <cstddef>
#include <cstdint>

#include "millrace/core/limits.hpp"

namespace millrace::http::delivery_limits {

inline constexpr std::int64_t events_max = 1'000;  ///< handed out with one answer …
inline constexpr std::int64_t events_default = 100;
inline constexpr std::size_t bytes_max = 4 * limits::MiB;  ///< … and their bytes; one event always goes
inline constexpr std::size_t tokens_max = 1'000;           ///< settled with one request
inline constexpr std::int64_t wait_ms_max = 20'000;        ///< proxies give up after 30 s
inline constexpr std::size_t consumer_bytes_max = 255;

/// Until events that could not be read are tried again.
inline constexpr std::chrono::milliseconds unreadable_pause{1'000};
/// Between two looks of one who waits and is woken for nothing: what is ready may be more than may be in hand.
inline constexpr std::chrono::milliseconds pause_min{2};
inline constexpr std::chrono::milliseconds pause_max{100};

}  // namespace millrace::http::delivery_limits
