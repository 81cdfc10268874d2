#pragma once
// How much a reader that is a member of a consumer group may hold up, and how often it is spoken for.

#include <cstddef>

#include "millrace/core/time.hpp"

namespace millrace::http::member_limits {

/// Events of one WebSocket that went out and were not acknowledged; then the log has to wait for the reader.
inline constexpr std::size_t unacknowledged_max = 1'000;
/// What was acknowledged is committed so often: it is what comes again after a crash.
inline constexpr Milliseconds commit_interval{1'000};
/// For which a partition that is to go waits for acknowledgements of what the reader has of it. Others wait meanwhile.
inline constexpr Milliseconds give_up_within{2'000};
/// What the coordinator is told: beyond it, it takes a partition away. Far more than `give_up_within`.
inline constexpr Milliseconds rebalance_timeout{60'000};
/// Before the coordinator is asked again, when there was none.
inline constexpr Milliseconds retry_after{500};
/// How often each member is looked after.
inline constexpr Milliseconds look_interval{100};
/// Members without a connection, that come to poll: each costs about a kilobyte between two polls.
inline constexpr std::size_t polled_max = 1'000;
/// For which a poll waits for the coordinator, beyond what it waits for events.
inline constexpr Milliseconds settle_within{10'000};
/// Whose events one poll gives: the cursor that acknowledges them stands in a URL.
inline constexpr std::size_t partitions_per_poll = 100;
/// A member id stands in a URL and in every record of its group.
inline constexpr std::size_t member_id_bytes_max = 255;

}  // namespace millrace::http::member_limits
