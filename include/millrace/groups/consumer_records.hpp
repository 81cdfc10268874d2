#pragma once
// Records of __consumer_offsets about consumer groups (KIP-848), in Kafka's layout; those about offsets and classic
// groups are in group_records.hpp. Layout: docs/formats/consumer_offsets.md.
//
// All values have version 0 and are flexible: tags that are not known here are read over. A count or length in the
// bytes allocates nothing before the bytes are there; bytes left over are a failure. Values, callable from anywhere.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "millrace/core/bytes.hpp"
#include "millrace/core/result.hpp"
#include "millrace/core/time.hpp"
#include "millrace/groups/assignment.hpp"
#include "millrace/groups/messages.hpp"

namespace millrace::groups {

/// Key 3. That there is a consumer group, and its epoch.
struct ConsumerGroupKey {
  std::string group;
  bool operator==(const ConsumerGroupKey&) const = default;
};
struct ConsumerGroupValue {
  std::int32_t epoch = 0;
  std::int64_t metadata_hash = 0;  ///< tag 0: of the subscribed topics in that epoch; 0: unknown
  bool operator==(const ConsumerGroupValue&) const = default;
};

/// Key 4, of Kafka 4.0 and before: read and not used, the topics are looked at anew.
struct ConsumerGroupTopicsKey {
  std::string group;
  bool operator==(const ConsumerGroupTopicsKey&) const = default;
};

/// What a member that uses the classic protocol said of itself when it joined.
struct ClassicMember {
  std::int32_t session_timeout_ms = 0;
  std::vector<Protocol> protocols;
  bool operator==(const ClassicMember&) const = default;
};

/// Key 5. A member, and what it wants.
struct ConsumerMemberKey {
  std::string group;
  std::string member_id;
  bool operator==(const ConsumerMemberKey&) const = default;
};
struct ConsumerMemberValue {
  std::optional<std::string> instance_id;
  std::optional<std::string> rack_id;
  std::string client_id;
  std::string client_host;
  std::vector<std::string> subscribed_topics;
  std::optional<std::string> subscribed_regex;
  std::int32_t rebalance_timeout_ms = -1;
  std::optional<std::string> server_assignor;
  std::optional<ClassicMember> classic;  ///< tag 0
  bool operator==(const ConsumerMemberValue&) const = default;
};

/// Key 6. The epoch for which the assignor ran last.
struct TargetEpochKey {
  std::string group;
  bool operator==(const TargetEpochKey&) const = default;
};
struct TargetEpochValue {
  std::int32_t epoch = 0;
  bool operator==(const TargetEpochValue&) const = default;
};

/// Key 7. What a member is to have.
struct TargetAssignmentKey {
  std::string group;
  std::string member_id;
  bool operator==(const TargetAssignmentKey&) const = default;
};
struct TargetAssignmentValue {
  Assignment partitions;
  bool operator==(const TargetAssignmentValue&) const = default;
};

/// The numbers are those of the records.
enum class MemberState : std::int8_t {
  stable = 0,      ///< it has what it is to have
  unrevoked = 1,   ///< it has to give something up before it goes on
  unreleased = 2,  ///< something that it is to have is still with another member
};

/// Key 8. What a member has.
struct CurrentAssignmentKey {
  std::string group;
  std::string member_id;
  bool operator==(const CurrentAssignmentKey&) const = default;
};
struct CurrentAssignmentValue {
  std::int32_t member_epoch = 0;
  std::int32_t previous_epoch = -1;
  MemberState state = MemberState::stable;
  EpochAssignment assigned;   ///< epochs: tag 0 of each topic; read as member_epoch where they are missing
  EpochAssignment to_revoke;  ///< likewise
  bool operator==(const CurrentAssignmentValue&) const = default;
};

/// Key 16. Which topics a regular expression meant.
struct RegularExpressionKey {
  std::string group;
  std::string expression;
  bool operator==(const RegularExpressionKey&) const = default;
};
struct RegularExpressionValue {
  std::vector<std::string> topics;
  std::int64_t version = 0;  ///< of the topics that were looked at
  Timestamp resolved_at = no_timestamp;
  bool operator==(const RegularExpressionValue&) const = default;
};

// Requires of all: texts of keys of at most 32767 bytes.
[[nodiscard]] Bytes encode_key(const ConsumerGroupKey& key);
[[nodiscard]] Bytes encode_key(const ConsumerMemberKey& key);
[[nodiscard]] Bytes encode_key(const TargetEpochKey& key);
[[nodiscard]] Bytes encode_key(const TargetAssignmentKey& key);
[[nodiscard]] Bytes encode_key(const CurrentAssignmentKey& key);
[[nodiscard]] Bytes encode_key(const RegularExpressionKey& key);
[[nodiscard]] Bytes encode_value(const ConsumerGroupValue& value);
[[nodiscard]] Bytes encode_value(const ConsumerMemberValue& value);
[[nodiscard]] Bytes encode_value(const TargetEpochValue& value);
[[nodiscard]] Bytes encode_value(const TargetAssignmentValue& value);
[[nodiscard]] Bytes encode_value(const CurrentAssignmentValue& value);
[[nodiscard]] Bytes encode_value(const RegularExpressionValue& value);

// Errc::unsupported: a version that we do not know. Errc::corrupt: the bytes contradict their version.
[[nodiscard]] Result<ConsumerGroupValue> decode_consumer_group_value(ByteView bytes);
[[nodiscard]] Result<ConsumerMemberValue> decode_consumer_member_value(ByteView bytes);
[[nodiscard]] Result<TargetEpochValue> decode_target_epoch_value(ByteView bytes);
[[nodiscard]] Result<TargetAssignmentValue> decode_target_assignment_value(ByteView bytes);
[[nodiscard]] Result<CurrentAssignmentValue> decode_current_assignment_value(ByteView bytes);
[[nodiscard]] Result<RegularExpressionValue> decode_regular_expression_value(ByteView bytes);

}  // namespace millrace::groups
