#pragma once
// What a coordinator is asked and what it answers: values of its own, independent of wire versions. A Kafka handler
// translates; comments name the request version where a client's version changes the answer.
//
// Errors that do not depend on groups (authorisation, unknown topics, "not coordinator") are the handler's. An error
// that Kafka gives at top level is `error`; the other fields then hold what Kafka sends along.

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "millrace/core/bytes.hpp"
#include "millrace/core/error_code.hpp"
#include "millrace/core/ids.hpp"
#include "millrace/core/time.hpp"
#include "millrace/groups/assignment.hpp"
#include "millrace/groups/state.hpp"

namespace millrace::groups {

struct Protocol {
  std::string name;
  Bytes metadata;  ///< opaque
  bool operator==(const Protocol&) const = default;
};

struct JoinRequest {
  std::string group_id;
  std::string member_id;  ///< empty in the first round
  std::optional<std::string> group_instance_id;
  std::string client_id;    ///< of the request header
  std::string client_host;  ///< as Kafka prints it: "/127.0.0.1"
  Milliseconds session_timeout{0};
  Milliseconds rebalance_timeout{-1};  ///< negative (version 0 has none): the session timeout counts
  std::string protocol_type;
  std::vector<Protocol> protocols;            ///< in order of preference
  bool require_known_member_id = false;       ///< version 4+: a new dynamic member is told its id first (KIP-394)
  bool supports_skipping_assignment = false;  ///< version 9+
  std::string fresh_id;                       ///< text of a new UUID, the chance in a new member's id
};

struct JoinReply {
  struct Member {
    std::string member_id;
    std::optional<std::string> group_instance_id;
    Bytes metadata;
    bool operator==(const Member&) const = default;
  };
  ErrorCode error = ErrorCode::none;
  std::int32_t generation_id = -1;
  std::optional<std::string> protocol_type;
  std::optional<std::string> protocol_name;  ///< below version 7, null is sent as ""
  std::string leader;
  bool skip_assignment = false;
  std::string member_id;
  std::vector<Member> members;  ///< only for the leader
  bool operator==(const JoinReply&) const = default;
};

struct SyncRequest {
  struct Assignment {
    std::string member_id;
    Bytes assignment;  ///< opaque
  };
  std::string group_id;
  std::int32_t generation_id = -1;
  std::string member_id;
  std::optional<std::string> group_instance_id;
  std::optional<std::string> protocol_type;  ///< version 5+; unset is not compared
  std::optional<std::string> protocol_name;  ///< version 5+
  std::vector<Assignment> assignments;       ///< only the leader's count
};

struct SyncReply {
  ErrorCode error = ErrorCode::none;
  std::optional<std::string> protocol_type;
  std::optional<std::string> protocol_name;
  Bytes assignment;
  bool operator==(const SyncReply&) const = default;
};

struct HeartbeatRequest {
  std::string group_id;
  std::int32_t generation_id = -1;
  std::string member_id;
  std::optional<std::string> group_instance_id;
};

struct HeartbeatReply {
  ErrorCode error = ErrorCode::none;
  bool operator==(const HeartbeatReply&) const = default;
};

struct LeaveRequest {
  struct Member {
    std::string member_id;  ///< empty: remove by instance id
    std::optional<std::string> group_instance_id;
  };
  std::string group_id;
  std::vector<Member> members;  ///< below version 3 exactly one, whose error the handler moves to top level
};

struct LeaveReply {
  struct Member {
    std::string member_id;
    std::optional<std::string> group_instance_id;
    ErrorCode error = ErrorCode::none;
    bool operator==(const Member&) const = default;
  };
  ErrorCode error = ErrorCode::none;
  std::vector<Member> members;  ///< in the order of the request
  bool operator==(const LeaveReply&) const = default;
};

struct CommitRequest {
  struct Partition {
    PartitionIndex partition = 0;
    Offset offset;
    LeaderEpoch leader_epoch = -1;
    std::string metadata;  ///< null is sent as ""
  };
  struct Topic {
    std::string name;
    std::vector<Partition> partitions;
  };
  std::string group_id;
  std::int32_t generation_id = -1;  ///< negative, with an empty member id: a simple commit
  std::string member_id;
  std::optional<std::string> group_instance_id;
  Milliseconds retention_time{-1};  ///< versions 2 to 4; negative: the broker's
  std::vector<Topic> topics;        ///< topics that exist; the handler answers for the others
  /// Version 9+: `generation_id` may be a member epoch (KIP-848), and GROUP_ID_NOT_FOUND is known; older clients get
  /// ILLEGAL_GENERATION instead.
  bool knows_member_epochs = false;
  std::string connection{};  ///< on which it came, for a reset (docs/groups.md, "Resetting"); empty: none of a client
};

struct CommitReply {
  struct Partition {
    PartitionIndex partition = 0;
    ErrorCode error = ErrorCode::none;
    bool operator==(const Partition&) const = default;
  };
  struct Topic {
    std::string name;
    std::vector<Partition> partitions;
    bool operator==(const Topic&) const = default;
  };
  std::vector<Topic> topics;  ///< same shape and order as the request
  bool operator==(const CommitReply&) const = default;
};

struct OffsetFetchRequest {
  struct Topic {
    std::string name;
    std::vector<PartitionIndex> partitions;
  };
  struct Group {
    std::string group_id;
    std::optional<std::string> member_id;  ///< version 9+: of a member of a consumer group, whose epoch is checked
    std::int32_t member_epoch = -1;
    std::optional<std::vector<Topic>> topics;  ///< unset: everything that was committed
  };
  std::vector<Group> groups;  ///< all of this coordinator's partition
  std::string connection{};   ///< as of a commit
};

struct OffsetFetchReply {
  struct Partition {
    PartitionIndex partition = 0;
    Offset offset = no_offset;  ///< no_offset: nothing committed
    LeaderEpoch leader_epoch = -1;
    std::string metadata;
    bool operator==(const Partition&) const = default;
  };
  struct Topic {
    std::string name;
    std::vector<Partition> partitions;
    bool operator==(const Topic&) const = default;
  };
  struct Group {
    std::string group_id;
    ErrorCode error = ErrorCode::none;
    std::vector<Topic> topics;
    bool operator==(const Group&) const = default;
  };
  std::vector<Group> groups;
  bool operator==(const OffsetFetchReply&) const = default;
};

struct DescribeRequest {
  std::vector<std::string> group_ids;  ///< all of this coordinator's partition
};

struct DescribeReply {
  struct Member {
    std::string member_id;
    std::optional<std::string> group_instance_id;
    std::string client_id;
    std::string client_host;
    Bytes metadata;    ///< of the chosen protocol; empty while a rebalance runs
    Bytes assignment;  ///< empty unless the group is stable
    bool operator==(const Member&) const = default;
  };
  struct Group {
    std::string group_id;
    GroupState state = GroupState::dead;  ///< dead: no such group (GROUP_ID_NOT_FOUND from version 6)
    std::string protocol_type;
    std::string protocol_data;  ///< the chosen protocol, if the group is stable
    std::vector<Member> members;
    bool operator==(const Group&) const = default;
  };
  std::vector<Group> groups;
  bool operator==(const DescribeReply&) const = default;
};

struct ListRequest {
  std::vector<std::string> states_filter;  ///< wire names, in any case; empty: all
  std::vector<std::string> types_filter;   ///< wire names, in any case; empty: all
};

enum class GroupType : std::uint8_t { classic, consumer };

/// The wire's spelling, as in "consumer".
[[nodiscard]] std::string_view name_of(GroupType type) noexcept;

struct ListReply {
  struct Group {
    std::string group_id;
    std::string protocol_type;
    GroupState state = GroupState::empty;
    GroupType type = GroupType::classic;
    bool operator==(const Group&) const = default;
  };
  std::vector<Group> groups;
  bool operator==(const ListReply&) const = default;
};

struct DeleteGroupRequest {
  std::string group_id;
};

struct DeleteGroupReply {
  ErrorCode error = ErrorCode::none;
  bool operator==(const DeleteGroupReply&) const = default;
};

/// An administrator says where a group goes on reading, also while its members read (docs/groups.md, "Resetting").
struct ResetRequest {
  struct Partition {
    PartitionIndex partition = 0;
    Offset offset;
    std::optional<Offset> only_from{};  ///< nothing changes unless this is committed there
  };
  struct Topic {
    std::string name;
    std::vector<Partition> partitions;
  };
  std::string group_id;
  std::vector<Topic> topics;          ///< topics and partitions that exist
  bool validate_only = false;         ///< judged and answered, and nothing changes
  bool only_without_members = false;  ///< nothing changes while somebody is in the group
};

struct ResetReply {
  ErrorCode error = ErrorCode::none;  ///< then nothing has changed
  std::string message;                ///< for people, when there is an error
  std::size_t members = 0;            ///< that are told to give up what they read of these partitions
  bool operator==(const ResetReply&) const = default;
};

/// Somebody waits until the group has committed past an offset: until what it reads there has been taken in.
struct AwaitRequest {
  std::string group_id;
  std::string topic;
  PartitionIndex partition = 0;
  Offset offset;             ///< of the record; what is committed afterwards is greater
  Milliseconds patience{0};  ///< how long to wait
};

struct AwaitReply {
  ErrorCode error = ErrorCode::none;
  std::string message;           ///< for people, when there is an error
  bool is_past = false;          ///< false: it took too long
  Offset committed = no_offset;  ///< by now; no_offset: nothing
  bool operator==(const AwaitReply&) const = default;
};

/// What was committed for these partitions is to be forgotten.
struct OffsetDeleteRequest {
  struct Topic {
    std::string name;
    std::vector<PartitionIndex> partitions;
  };
  std::string group_id;
  std::vector<Topic> topics;  ///< topics that exist; the handler answers for the others
};

struct OffsetDeleteReply {
  struct Partition {
    PartitionIndex partition = 0;
    ErrorCode error = ErrorCode::none;
    bool operator==(const Partition&) const = default;
  };
  struct Topic {
    std::string name;
    std::vector<Partition> partitions;
    bool operator==(const Topic&) const = default;
  };
  ErrorCode error = ErrorCode::none;  ///< then there are no topics
  std::vector<Topic> topics;          ///< same shape and order as the request
  bool operator==(const OffsetDeleteReply&) const = default;
};

/// ConsumerGroupHeartbeat (KIP-848): the one request of a member of a consumer group. What is unset has not changed.
struct ConsumerHeartbeatRequest {
  std::string group_id;
  std::string member_id;          ///< the client makes it; in version 0 it may be empty, and we do
  std::int32_t member_epoch = 0;  ///< 0: joins; -1: leaves; -2: leaves for now
  std::optional<std::string> instance_id;
  std::optional<std::string> rack_id;
  std::optional<Milliseconds> rebalance_timeout;
  std::optional<std::vector<std::string>> subscribed_topics;
  std::optional<std::string> subscribed_regex;  ///< of RE2
  std::optional<std::string> server_assignor;
  std::optional<Assignment> owned;
  std::string client_id;            ///< of the request header
  std::string client_host;          ///< as Kafka prints it: "/127.0.0.1"
  bool requires_member_id = false;  ///< version 1+
  std::string fresh_id;             ///< text of a new UUID: the member id, if we make it
};

struct ConsumerHeartbeatReply {
  ErrorCode error = ErrorCode::none;
  std::optional<std::string> message;  ///< for people, when there is an error
  std::optional<std::string> member_id;
  std::int32_t member_epoch = 0;
  Milliseconds heartbeat_interval{0};
  std::optional<Assignment> assignment;  ///< unset: as it was
  bool operator==(const ConsumerHeartbeatReply&) const = default;
};

struct ConsumerDescribeRequest {
  std::vector<std::string> group_ids;  ///< all of this coordinator's partition
};

struct ConsumerDescribeReply {
  struct Partitions {
    Uuid topic_id;
    std::string topic_name;
    std::vector<PartitionIndex> partitions;
    bool operator==(const Partitions&) const = default;
  };
  struct Member {
    std::string member_id;
    std::optional<std::string> instance_id;
    std::optional<std::string> rack_id;
    std::int32_t member_epoch = 0;
    std::string client_id;
    std::string client_host;
    std::vector<std::string> subscribed_topics;
    std::optional<std::string> subscribed_regex;
    std::vector<Partitions> assignment;    ///< of topics that exist
    std::vector<Partitions> target;        ///< likewise
    GroupType type = GroupType::consumer;  ///< which protocol the member uses
    bool operator==(const Member&) const = default;
  };
  struct Group {
    ErrorCode error = ErrorCode::none;  ///< then there is a message and nothing else
    std::optional<std::string> message;
    std::string group_id;
    GroupState state = GroupState::dead;
    std::int32_t epoch = 0;
    std::int32_t target_epoch = 0;
    std::string assignor;
    std::vector<Member> members;
    bool operator==(const Group&) const = default;
  };
  std::vector<Group> groups;
  bool operator==(const ConsumerDescribeReply&) const = default;
};

using AnyReply = std::variant<JoinReply, SyncReply, HeartbeatReply, LeaveReply, CommitReply, OffsetFetchReply,
                              DescribeReply, ListReply, DeleteGroupReply, OffsetDeleteReply, ResetReply, AwaitReply,
                              ConsumerHeartbeatReply, ConsumerDescribeReply>;

}  // namespace millrace::groups
