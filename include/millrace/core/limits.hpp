#pragma once
// Every bound of the broker on one page, each with its reason. A stranger's number is compared with one of these
// before anything is allocated for it. What an operator may change is a configuration key and has its default here.

#include <cstddef>
#include <cstdint>

namespace millrace::limits {

inline constexpr std::size_t KiB = 1024;
inline constexpr std::size_t MiB = 1024 * KiB;
inline constexpr std::size_t GiB = 1024 * MiB;

// Frames and connections.
inline constexpr std::int32_t request_bytes_max = 100 * MiB;  ///< Kafka's socket.request.max.bytes
inline constexpr std::size_t in_flight_requests_max = 1'000;  ///< per connection; beyond it we stop reading
inline constexpr std::size_t unsent_bytes_max = 4 * MiB;      ///< answers that a connection does not take; likewise
inline constexpr std::size_t in_flight_bytes_max = 32 * MiB;  ///< per connection; one larger request may pass alone
inline constexpr std::int32_t connections_max = 10'000;       ///< a laptop's descriptor limit, halved
inline constexpr std::int32_t connections_per_address_max = 10'000;  ///< loopback is one address
inline constexpr std::int32_t idle_timeout_ms = 600'000;             ///< Kafka's connections.max.idle.ms

// What one request may ask for.
inline constexpr std::size_t tags_max = 64;                     ///< tagged fields of one struct
inline constexpr std::size_t tag_bytes_max = 128 * KiB;         ///< one unknown tagged field
inline constexpr std::size_t client_text_max = 256;             ///< of a client's text in one diagnostics line
inline constexpr std::int32_t fetch_bytes_max = 55 * MiB;       ///< Kafka's fetch.max.bytes
inline constexpr std::size_t offset_metadata_bytes_max = 4096;  ///< Kafka's offset.metadata.max.bytes

// Records.
inline constexpr std::int32_t batch_bytes_max = 1'048'588;       ///< Kafka's message.max.bytes: 1 MiB and a header
inline constexpr std::size_t inflated_bytes_max = 64 * MiB;      ///< one batch, decompressed (compression bombs)
inline constexpr std::size_t inflated_window = 64 * KiB;         ///< it passes through a window of this size
inline constexpr std::size_t headers_per_record_max = 16 * KiB;  ///< far above any client; bounds a walk

// Names and counts that strangers create.
inline constexpr std::size_t topic_name_max = 249;                ///< a directory name of 255 with "-" and five digits
inline constexpr std::int32_t partitions_per_topic_max = 10'000;  ///< each costs a directory
inline constexpr std::int32_t partitions_total_max = 100'000;     ///< descriptors are opened on demand
inline constexpr std::size_t producers_per_partition_max = 10'000;  ///< the longest idle goes first
inline constexpr std::size_t groups_max = 10'000;
inline constexpr std::size_t members_per_group_max = 1'000;
inline constexpr std::size_t group_id_max = 249;
inline constexpr std::size_t member_metadata_bytes_max = 1 * MiB;  ///< all protocols of one member together

}  // namespace millrace::limits
