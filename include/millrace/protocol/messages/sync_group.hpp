#pragma once
// SyncGroup: the leader hands in the assignments, every member gets its own.

#include "millrace/protocol/message.hpp"

namespace millrace::protocol {

struct SyncGroupRequest {
  static constexpr ApiShape shape{.name = "SyncGroup", .key = 14, .oldest = 0, .newest = 5, .flexible_from = 4};

  struct Assignment {
    std::string member_id{};
    Bytes assignment{};

    template <class Io, class Self>
    static void fields(Io& io, Self& m) {
      io.field("member_id", m.member_id);
      io.field("assignment", m.assignment);
      io.tags();
    }
  };

  std::string group_id{};
  std::int32_t generation_id = 0;
  std::string member_id{};
  std::optional<std::string> group_instance_id{};  // since 3
  std::optional<std::string> protocol_type{};      // since 5
  std::optional<std::string> protocol_name{};      // since 5
  std::vector<Assignment> assignments{};

  template <class Io, class Self>
  static void fields(Io& io, Self& m) {
    io.field("group_id", m.group_id);
    io.field("generation_id", m.generation_id);
    io.field("member_id", m.member_id);
    if (io.version() >= 3) io.field("group_instance_id", m.group_instance_id);
    if (io.version() >= 5) {
      io.field("protocol_type", m.protocol_type);
      io.field("protocol_name", m.protocol_name);
    }
    io.field("assignments", m.assignments);
    io.tags();
  }
};

struct SyncGroupResponse {
  static constexpr ApiShape shape = SyncGroupRequest::shape;

  std::int32_t throttle_time_ms = 0;  // since 1
  ErrorCode error_code = ErrorCode::none;
  std::optional<std::string> protocol_type{};  // since 5
  std::optional<std::string> protocol_name{};  // since 5
  Bytes assignment{};

  template <class Io, class Self>
  static void fields(Io& io, Self& m) {
    if (io.version() >= 1) io.field("throttle_time_ms", m.throttle_time_ms);
    io.field("error_code", m.error_code);
    if (io.version() >= 5) {
      io.field("protocol_type", m.protocol_type);
      io.field("protocol_name", m.protocol_name);
    }
    io.field("assignment", m.assignment);
    io.tags();
  }
};

}  // namespace millrace::protocol
