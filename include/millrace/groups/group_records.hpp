#pragma once
// Records of __consumer_offsets in Kafka's layout, so that Kafka's own tools read ours and we read Kafka's.
// Layout and a worked example: docs/formats/consumer_offsets.md.
//
// Here are offsets and classic groups; consumer groups are in consumer_records.hpp, and decode_key() knows all keys.
// Keys are written in version 1 (offset) and 2 (group); values in version 3, an offset with an expiry of its own in
// version 1, the only one that has the field. Values are read in versions 0 to 3. A count or length in the bytes
// allocates nothing before the bytes are there; bytes left over are a failure. Values, callable from anywhere.

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "millrace/core/bytes.hpp"
#include "millrace/core/ids.hpp"
#include "millrace/core/result.hpp"
#include "millrace/core/time.hpp"
#include "millrace/groups/consumer_records.hpp"

namespace millrace::groups {

struct OffsetKey {
  std::string group;
  std::string topic;
  PartitionIndex partition = 0;
  bool operator==(const OffsetKey&) const = default;
};

struct GroupKey {
  std::string group;
  bool operator==(const GroupKey&) const = default;
};

/// The leader epoch of an offset that a reset moved, until all members have given the partition up. No client sees it.
inline constexpr LeaderEpoch reset_epoch = -2;

struct OffsetValue {
  Offset offset;
  LeaderEpoch leader_epoch = -1;  ///< version 3
  std::string metadata;
  Timestamp commit_timestamp = no_timestamp;
  Timestamp expire_timestamp = no_timestamp;  ///< version 1; no_timestamp: the broker's retention
  bool operator==(const OffsetValue&) const = default;
};

struct GroupValue {
  struct Member {
    std::string member_id;
    std::optional<std::string> group_instance_id;  ///< version 3
    std::string client_id;
    std::string client_host;
    std::int32_t rebalance_timeout_ms = -1;  ///< version 1+; -1: the session timeout counts
    std::int32_t session_timeout_ms = 0;
    Bytes subscription;  ///< metadata of the chosen protocol
    Bytes assignment;
    bool operator==(const Member&) const = default;
  };
  std::string protocol_type;  ///< "" before the first member
  std::int32_t generation = 0;
  std::optional<std::string> protocol;
  std::optional<std::string> leader;
  Timestamp current_state_timestamp = no_timestamp;  ///< version 2+
  std::vector<Member> members;
  bool operator==(const GroupValue&) const = default;
};

// Requires of all four: texts of at most 32767 bytes.
[[nodiscard]] Bytes encode_key(const OffsetKey& key);
[[nodiscard]] Bytes encode_key(const GroupKey& key);
[[nodiscard]] Bytes encode_value(const OffsetValue& value);
[[nodiscard]] Bytes encode_value(const GroupValue& value);

using AnyKey = std::variant<OffsetKey, GroupKey, ConsumerGroupKey, ConsumerGroupTopicsKey, ConsumerMemberKey,
                            TargetEpochKey, TargetAssignmentKey, CurrentAssignmentKey, RegularExpressionKey>;

/// Errc::unsupported: a version that we do not know. Errc::corrupt: the bytes contradict their version.
[[nodiscard]] Result<AnyKey> decode_key(ByteView bytes);
[[nodiscard]] Result<OffsetValue> decode_offset_value(ByteView bytes);
[[nodiscard]] Result<GroupValue> decode_group_value(ByteView bytes);

}  // namespace millrace::groups
