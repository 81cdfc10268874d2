#pragma once
// Where a record with a key belongs, so that whoever writes it, over whatever door, puts it with the others of its key.
// Pure.

#include "millrace/core/bytes.hpp"
#include "millrace/core/ids.hpp"

namespace millrace::broker {

/// MurmurHash2 with the seed of Kafka's Java client.
[[nodiscard]] std::uint32_t murmur2(ByteView bytes) noexcept;

/// The partition that Java's clients choose for this key, and librdkafka with partitioner=murmur2_random. Requires:
/// partitions > 0.
[[nodiscard]] PartitionIndex partition_of_key(ByteView key, std::int32_t partitions) noexcept;

}  // namespace millrace::broker
