#pragma once
// Heartbeat: the member is alive; the answer tells whether it has to join again.

#include "millrace/protocol/message.hpp"

namespace millrace::protocol {

struct HeartbeatRequest {
  static constexpr ApiShape shape{.name = "Heartbeat", .key = 12, .oldest = 0, .newest = 4, .flexible_from = 4};

  std::string group_id{};
  std::int32_t generation_id = 0;
  std::string member_id{};
  std::optional<std::string> group_instance_id{};  // since 3

  template <class Io, class Self>
  static void fields(Io& io, Self& m) {
    io.field("group_id", m.group_id);
    io.field("generation_id", m.generation_id);
    io.field("member_id", m.member_id);
    if (io.version() >= 3) io.field("group_instance_id", m.group_instance_id);
    io.tags();
  }
};

struct HeartbeatResponse {
  static constexpr ApiShape shape = HeartbeatRequest::shape;

  std::int32_t throttle_time_ms = 0;  // since 1
  ErrorCode error_code = ErrorCode::none;

  template <class Io, class Self>
  static void fields(Io& io, Self& m) {
    if (io.version() >= 1) io.field("throttle_time_ms", m.throttle_time_ms);
    io.field("error_code", m.error_code);
    io.tags();
  }
};

}  // namespace millrace::protocol
