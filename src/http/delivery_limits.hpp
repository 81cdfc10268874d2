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

/// On a WebSocket: in the hand of one connection …
inline constexpr std::int64_t in_hand_max = 1'000;
inline constexpr std::int64_t in_hand_default = 100;
/// … and of one message, which is all that is in memory for who does not read; one event always goes.
inline constexpr std::size_t message_events_max = 100;
inline constexpr std::size_t message_bytes_max = 256 * limits::KiB;
/// Frames, and their tokens, that are not answered yet; beyond it no further one is read.
inline constexpr std::size_t frames_under_way_max = 100;
inline constexpr std::size_t tokens_under_way_max = 1'000;
inline constexpr std::size_t token_bytes_max = 64;  ///< of one in a frame: ours are shorter
/// Who says nothing, not even the answer to a ping, is gone after half the lock time, within these bounds.
inline constexpr std::chrono::milliseconds silence_min{10'000};
inline constexpr std::chrono::milliseconds silence_max{300'000};
/// Between two looks at a subscription for which nothing comes; and at one that is suspended, or cannot be asked now.
inline constexpr std::chrono::milliseconds look_interval{5'000};
inline constexpr std::chrono::milliseconds look_again{500};

/// Until events that could not be read are tried again.
inline constexpr std::chrono::milliseconds unreadable_pause{1'000};
/// Between two looks of one who waits and is woken for nothing: what is ready may be more than may be in hand.
inline constexpr std::chrono::milliseconds pause_min{2};
inline constexpr std::chrono::milliseconds pause_max{100};

}  // namespace millrace::http::delivery_limits
