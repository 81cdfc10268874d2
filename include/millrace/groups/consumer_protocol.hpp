#pragma once
// What Kafka's consumers put into the metadata and the assignment of a classic group, which a coordinator otherwise
// passes along unread. Two reasons to look inside: offsets of topics that nobody subscribed to may expire, and a
// classic group may become a consumer group or the other way round (KIP-848, "Migration").
//
// Versions 0 to 3; what a newer one adds at the end is not looked at. Values, callable from anywhere.

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "millrace/core/bytes.hpp"
#include "millrace/core/ids.hpp"

namespace millrace::groups {

/// The protocol type of Kafka's consumers; other types (Connect's) have metadata of their own.
inline constexpr std::string_view consumer_protocol_type = "consumer";

/// Unset when the bytes are not a subscription; what follows the topics is not looked at.
[[nodiscard]] std::optional<std::vector<std::string>> subscribed_topics(ByteView subscription);

/// Topic → partitions.
using NamedPartitions = std::map<std::string, std::set<PartitionIndex>, std::less<>>;

struct Subscription {
  std::int16_t version = 0;
  std::vector<std::string> topics;
  NamedPartitions owned;               ///< since 1
  std::optional<std::string> rack_id;  ///< since 3
};

/// Unset when the bytes are not a subscription.
[[nodiscard]] std::optional<Subscription> read_subscription(ByteView bytes);

/// Unset when the bytes are not an assignment. No bytes at all are an empty one.
[[nodiscard]] std::optional<NamedPartitions> read_assignment(ByteView bytes);
/// The same assignment without some of its partitions, everything else as it was; bytes that are none stay as they are.
[[nodiscard]] Bytes without(const Bytes& assignment, const NamedPartitions& gone);
/// Without user data, in the version of the member's subscription.
[[nodiscard]] Bytes write_assignment(std::int16_t version, const NamedPartitions& partitions);

}  // namespace millrace::groups
