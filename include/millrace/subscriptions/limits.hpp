#pragma once
// Every bound of a subscription, each with its reason. Who writes one is a stranger, and it is kept for as long as they
// like: in memory, and in a record of the log that subscriptions will be written to.

#include <cstddef>

#include "millrace/core/limits.hpp"

namespace millrace::subscriptions::limits {

using millrace::limits::KiB;
using millrace::limits::MiB;
using millrace::limits::topic_name_max;

inline constexpr std::size_t subscription_bytes_max = 128 * KiB;  ///< filters at their most, and as much again
inline constexpr std::size_t json_depth_max = 64;  ///< filters inside of each other are two levels each, 16 of them
inline constexpr std::size_t faults_max = 100;     ///< listed: each costs more than the byte that earned it

inline constexpr std::size_t id_bytes_max = 64;  ///< a UUID, and room for a name of an operator
inline constexpr std::size_t source_bytes_max = 2 * KiB;
inline constexpr std::size_t types_max = 128;       ///< half of the filters that one expression may have
inline constexpr std::size_t type_bytes_max = 512;  ///< names of types are dotted words

inline constexpr std::size_t sink_bytes_max = 2 * KiB;   ///< what every server takes in its request line
inline constexpr std::size_t host_bytes_max = 253;       ///< RFC 1035, section 3.1, as text
inline constexpr std::size_t host_label_bytes_max = 63;  ///< likewise
inline constexpr std::size_t headers_max = 32;           ///< servers take a hundred, and the event brings its own
inline constexpr std::size_t header_name_bytes_max = 128;
inline constexpr std::size_t header_value_bytes_max = 4 * KiB;
inline constexpr std::size_t headers_bytes_max = 8 * KiB;  ///< of all: servers take 8 KiB to 16 KiB with the event's
inline constexpr std::size_t client_id_bytes_max = 255;    ///< Kafka's own names have no more

inline constexpr std::size_t identifier_bytes_max = 256;
inline constexpr std::size_t secret_bytes_max = 4 * KiB;  ///< Base64 of it fits into a header field of 8 KiB
inline constexpr std::size_t token_bytes_max = 6 * KiB;   ///< the longest signed tokens in use; likewise

}  // namespace millrace::subscriptions::limits
