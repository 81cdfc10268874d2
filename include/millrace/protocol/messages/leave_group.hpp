#pragma once
// LeaveGroup: one member leaves, or (since 3) several are removed by member id or by instance id.

#include "millrace/protocol/message.hpp"

namespace millrace::protocol {

struct LeaveGroupRequest {
  static constexpr ApiShape shape{.name = "LeaveGroup", .key = 13, .oldest = 0, .newest = 5, .flexible_from = 4};

  struct Member {
    std::string member_id{};
    std::optional<std::string> group_instance_id{};
    std::optional<std::string> reason{};  // since 5

    template <class Io, class Self>
    static void fields(Io& io, Self& m) {
      io.field("member_id", m.member_id);
      io.field("group_instance_id", m.group_instance_id);
      if (io.version() >= 5) io.field("reason", m.reason);
      io.tags();
    }
  };

  std::string group_id{};
  std::string member_id{};        // up to 2
  std::vector<Member> members{};  // since 3

  template <class Io, class Self>
  static void fields(Io& io, Self& m) {
    io.field("group_id", m.group_id);
    if (io.version() <= 2) io.field("member_id", m.member_id);
    if (io.version() >= 3) io.field("members", m.members);
    io.tags();
  }
};

struct LeaveGroupResponse {
  static constexpr ApiShape shape = LeaveGroupRequest::shape;

  struct Member {
    std::string member_id{};
    std::optional<std::string> group_instance_id{};
    ErrorCode error_code = ErrorCode::none;

    template <class Io, class Self>
    static void fields(Io& io, Self& m) {
      io.field("member_id", m.member_id);
      io.field("group_instance_id", m.group_instance_id);
      io.field("error_code", m.error_code);
      io.tags();
    }
  };

  std::int32_t throttle_time_ms = 0;  // since 1
  ErrorCode error_code = ErrorCode::none;
  std::vector<Member> members{};  // since 3

  template <class Io, class Self>
  static void fields(Io& io, Self& m) {
    if (io.version() >= 1) io.field("throttle_time_ms", m.throttle_time_ms);
    io.field("error_code", m.error_code);
    if (io.version() >= 3) io.field("members", m.members);
    io.tags();
  }
};

}  // namespace millrace::protocol
