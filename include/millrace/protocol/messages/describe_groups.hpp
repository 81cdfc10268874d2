#pragma once
// DescribeGroups: state and members of groups.

#include "millrace/protocol/message.hpp"

namespace millrace::protocol {

struct DescribeGroupsRequest {
  static constexpr ApiShape shape{.name = "DescribeGroups", .key = 15, .oldest = 0, .newest = 6, .flexible_from = 5};

  std::vector<std::string> groups{};
  bool include_authorized_operations = false;  // since 3

  template <class Io, class Self>
  static void fields(Io& io, Self& m) {
    io.field("groups", m.groups);
    if (io.version() >= 3) io.field("include_authorized_operations", m.include_authorized_operations);
    io.tags();
  }
};

struct DescribeGroupsResponse {
  static constexpr ApiShape shape = DescribeGroupsRequest::shape;

  struct Member {
    std::string member_id{};
    std::optional<std::string> group_instance_id{};  // since 4
    std::string client_id{};
    std::string client_host{};
    Bytes member_metadata{};
    Bytes member_assignment{};

    template <class Io, class Self>
    static void fields(Io& io, Self& m) {
      io.field("member_id", m.member_id);
      if (io.version() >= 4) io.field("group_instance_id", m.group_instance_id);
      io.field("client_id", m.client_id);
      io.field("client_host", m.client_host);
      io.field("member_metadata", m.member_metadata);
      io.field("member_assignment", m.member_assignment);
      io.tags();
    }
  };

  struct Group {
    ErrorCode error_code = ErrorCode::none;
    std::optional<std::string> error_message{};  // since 6
    std::string group_id{};
    std::string group_state{};
    std::string protocol_type{};
    std::string protocol_data{};
    std::vector<Member> members{};
    std::int32_t authorized_operations = operations_not_asked;  // since 3

    template <class Io, class Self>
    static void fields(Io& io, Self& m) {
      io.field("error_code", m.error_code);
      if (io.version() >= 6) io.field("error_message", m.error_message);
      io.field("group_id", m.group_id);
      io.field("group_state", m.group_state);
      io.field("protocol_type", m.protocol_type);
      io.field("protocol_data", m.protocol_data);
      io.field("members", m.members);
      if (io.version() >= 3) io.field("authorized_operations", m.authorized_operations);
      io.tags();
    }
  };

  std::int32_t throttle_time_ms = 0;  // since 1
  std::vector<Group> groups{};

  template <class Io, class Self>
  static void fields(Io& io, Self& m) {
    if (io.version() >= 1) io.field("throttle_time_ms", m.throttle_time_ms);
    io.field("groups", m.groups);
    io.tags();
  }
};

}  // namespace millrace::protocol
