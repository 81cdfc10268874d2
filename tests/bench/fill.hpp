#pragma once
// CloudEvents for a load to read: JSON data of a given size, in binary mode, without a key, as a producer of any Kafka
// client would send them.

#include "connection.hpp"

namespace millrace::bench {

/// Makes the topic if there is none, and produces until each partition has its share of `events`. Fails when one has
/// more already.
[[nodiscard]] Result<void> fill_with_events(Connection& connection, const std::string& topic, std::int32_t partitions,
                                            std::uint64_t events, std::size_t data_bytes);

}  // namespace millrace::bench
