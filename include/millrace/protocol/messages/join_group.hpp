#pragma once
// JoinGroup: become or stay a member; answered when the group is complete. Version 0 has no rebalance timeout: the
// session timeout stands for it. `members` goes to the leader only.

#include "millrace/protocol/message.hpp"

namespace millrace::protocol {

struct JoinGroupRequest {
  static constexpr ApiShape shape{.name = "JoinGroup", .key = 11, .oldest = 0, .newest = 9, .flexible_from = 6};

  struct Protocol {
    std::string name{};
    Bytes metadata{};

    template <class Io, class Self>
    static void fields(Io& io, Self& m) {
      io.field("name", m.name);
      io.field("metadata", m.metadata);
      io.tags();
    }
  };

  std::string group_id{};
  std::int32_t session_timeout_ms = 0;
  std::int32_t rebalance_timeout_ms = -1;  // since 1
  std::string member_id{};
  std::optional<std::string> group_instance_id{};  // since 5
  std::string protocol_type{};
  std::vector<Protocol> protocols{};
  std::optional<std::string> reason{};  // since 8

  template <class Io, class Self>
  static void fields(Io& io, Self& m) {
    io.field("group_id", m.group_id);
    io.field("session_timeout_ms", m.session_timeout_ms);
    if (io.version() >= 1) io.field("rebalance_timeout_ms", m.rebalance_timeout_ms);
    io.field("member_id", m.member_id);
    if (io.version() >= 5) io.field("group_instance_id", m.group_instance_id);
    io.field("protocol_type", m.protocol_type);
    io.field("protocols", m.protocols);
    if (io.version() >= 8) io.field("reason", m.reason);
    io.tags();
  }
};

struct JoinGroupResponse {
  static constexpr ApiShape shape = JoinGroupRequest::shape;

  struct Member {
    std::string member_id{};
    std::optional<std::string> group_instance_id{};  // since 5
    Bytes metadata{};

    template <class Io, class Self>
    static void fields(Io& io, Self& m) {
      io.field("member_id", m.member_id);
      if (io.version() >= 5) io.field("group_instance_id", m.group_instance_id);
      io.field("metadata", m.metadata);
      io.tags();
    }
  };

  std::int32_t throttle_time_ms = 0;  // since 2
  ErrorCode error_code = ErrorCode::none;
  std::int32_t generation_id = -1;
  std::optional<std::string> protocol_type{};  // since 7
  std::optional<std::string> protocol_name{};
  std::string leader{};
  bool skip_assignment = false;  // since 9
  std::string member_id{};
  std::vector<Member> members{};

  template <class Io, class Self>
  static void fields(Io& io, Self& m) {
    if (io.version() >= 2) io.field("throttle_time_ms", m.throttle_time_ms);
    io.field("error_code", m.error_code);
    io.field("generation_id", m.generation_id);
    if (io.version() >= 7) io.field("protocol_type", m.protocol_type);
    io.nullable_from(7, "protocol_name", m.protocol_name);
    io.field("leader", m.leader);
    if (io.version() >= 9) io.field("skip_assignment", m.skip_assignment);
    io.field("member_id", m.member_id);
    io.field("members", m.members);
    io.tags();
  }
};

}  // namespace millrace::protocol
