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
  Milliseconds retention_time{-1};        ///< versions 2 to 4; negative: the broker's
  std::vector<Topic> topics;              ///< topics that exist; the handler answers for the others
  bool knows_group_id_not_found = false;  ///< version 9+; older clients get ILLEGAL_GENERATION
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
    std::optional<std::vector<Topic>> topics;  ///< unset: everything that was committed
  };
  std::vector<Group> groups;  ///< all of this coordinator's partition
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
  std::vector<std::string> types_filter;   ///< "classic" is what we have; empty: all
};

struct ListReply {
  struct Group {
    std::string group_id;
    std::string protocol_type;
    GroupState state = GroupState::empty;
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

using AnyReply = std::variant<JoinReply, SyncReply, HeartbeatReply, LeaveReply, CommitReply, OffsetFetchReply,
                              DescribeReply, ListReply, DeleteGroupReply, OffsetDeleteReply>;

}  // namespace millrace::groups
