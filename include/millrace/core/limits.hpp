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

inline constexpr std::size_t open_log_files_max = 4'096;  ///< and at most a quarter of all descriptors
inline constexpr std::size_t other_descriptors = 64;      ///< for the rest: sockets that listen, directories

// HTTP: for operators and their programs, not for the data of many.
inline constexpr std::int32_t http_connections_max = 1'000;      ///< of all listeners
inline constexpr std::size_t http_section_bytes_max = 16 * KiB;  ///< request line and fields together
inline constexpr std::size_t http_line_bytes_max = 8 * KiB;      ///< Apache's and nginx's
inline constexpr std::size_t http_fields_max = 100;
inline constexpr std::size_t http_event_section_bytes_max = 256 * KiB;  ///< … of a request that brings an event
inline constexpr std::size_t http_event_line_bytes_max = 65'500;        ///< what Beast holds in one field
inline constexpr std::size_t http_event_fields_max = 8'192;
inline constexpr std::size_t http_body_bytes_max = 1 * MiB;
inline constexpr std::size_t http_chunk_extension_bytes_max = 256;  ///< nobody uses them
inline constexpr std::int32_t http_header_timeout_ms = 10'000;
inline constexpr std::int32_t http_request_timeout_ms = 30'000;
inline constexpr std::int32_t http_idle_timeout_ms = 60'000;
inline constexpr std::int32_t http_write_timeout_ms = 30'000;  ///< of an answer that is not taken

// Metrics: each series costs memory here and in whatever stores them.
inline constexpr std::size_t metrics_topics_max = 2'000;        ///< with series of their own: 1.2 MB of text
inline constexpr std::size_t metrics_group_topics_max = 2'000;  ///< pairs of a group and a topic that it reads
inline constexpr std::size_t metrics_lag_looks_max = 1'000;     ///< into logs for one scrape: some 10 ms
inline constexpr std::size_t metrics_lag_ages_max = 50'000;     ///< partitions of groups that are remembered: 10 MB

// What one request may ask for.
inline constexpr std::size_t tags_max = 64;                     ///< tagged fields of one struct
inline constexpr std::size_t tag_bytes_max = 128 * KiB;         ///< one unknown tagged field
inline constexpr std::size_t client_text_max = 256;             ///< of a client's text in one diagnostics line
inline constexpr std::int32_t fetch_bytes_max = 55 * MiB;       ///< Kafka's fetch.max.bytes
inline constexpr std::size_t offset_metadata_bytes_max = 4096;  ///< Kafka's offset.metadata.max.bytes
inline constexpr std::int32_t fetch_sessions_max = 1'000;       ///< Kafka's max.incremental.fetch.session.cache.slots
inline constexpr std::size_t fetch_sessions_bytes_max = 64 * MiB;  ///< all together: some 300 000 partitions

// Records.
inline constexpr std::int32_t batch_bytes_max = 1'048'588;       ///< Kafka's message.max.bytes: 1 MiB and a header
inline constexpr std::size_t inflated_bytes_max = 64 * MiB;      ///< one batch, decompressed (compression bombs)
inline constexpr std::size_t inflated_window = 64 * KiB;         ///< it passes through a window of this size
inline constexpr std::size_t headers_per_record_max = 16 * KiB;  ///< far above any client; bounds a walk

// CloudEvents.
inline constexpr std::size_t json_depth_max = 1'024;  ///< of arrays and objects in data: one bit of the stack each

// Names and counts that strangers create.
inline constexpr std::size_t topic_name_max = 249;                ///< a directory name of 255 with "-" and five digits
inline constexpr std::int32_t partitions_per_topic_max = 10'000;  ///< each costs a directory
inline constexpr std::int32_t partitions_total_max = 100'000;     ///< descriptors are opened on demand
inline constexpr std::size_t producers_per_partition_max = 10'000;  ///< the longest idle goes first
inline constexpr std::size_t groups_max = 10'000;
inline constexpr std::size_t configured_groups_max = 10'000;  ///< each is held in memory and copied with the catalog
inline constexpr std::size_t members_per_group_max = 1'000;
inline constexpr std::size_t group_id_max = 249;
inline constexpr std::size_t member_metadata_bytes_max = 1 * MiB;  ///< all protocols of one member together

}  // namespace millrace::limits
