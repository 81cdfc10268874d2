#pragma once
// The one place where a coordinator looks into a member's metadata: which topics a consumer subscribed to, so that
// offsets of other topics may expire. Only the part that all versions share is read (version, topics).

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "millrace/core/bytes.hpp"

namespace millrace::groups {

/// The protocol type of Kafka's consumers; other types (Connect's) have metadata of their own.
inline constexpr std::string_view consumer_protocol_type = "consumer";

/// Unset when the bytes are not a subscription; what follows the topics is not looked at.
[[nodiscard]] std::optional<std::vector<std::string>> subscribed_topics(ByteView subscription);

}  // namespace millrace::groups
