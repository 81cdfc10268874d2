#pragma once
// ListGroups: all groups, or those in given states (since 4) and of given types (since 5). Empty filters pass all.

#include "millrace/protocol/message.hpp"

namespace millrace::protocol {

struct ListGroupsRequest {
  static constexpr ApiShape shape{.name = "ListGroups", .key = 16, .oldest = 0, .newest = 5, .flexible_from = 3};

  std::vector<std::string> states_filter{};  // since 4
  std::vector<std::string> types_filter{};   // since 5

  template <class Io, class Self>
  static void fields(Io& io, Self& m) {
    if (io.version() >= 4) io.field("states_filter", m.states_filter);
    if (io.version() >= 5) io.field("types_filter", m.types_filter);
    io.tags();
  }
};

struct ListGroupsResponse {
  static constexpr ApiShape shape = ListGroupsRequest::shape;

  struct Group {
    std::string group_id{};
    std::string protocol_type{};
    std::string group_state{};  // since 4
    std::string group_type{};   // since 5

    template <class Io, class Self>
    static void fields(Io& io, Self& m) {
      io.field("group_id", m.group_id);
      io.field("protocol_type", m.protocol_type);
      if (io.version() >= 4) io.field("group_state", m.group_state);
      if (io.version() >= 5) io.field("group_type", m.group_type);
      io.tags();
    }
  };

  std::int32_t throttle_time_ms = 0;  // since 1
  ErrorCode error_code = ErrorCode::none;
  std::vector<Group> groups{};

  template <class Io, class Self>
  static void fields(Io& io, Self& m) {
    if (io.version() >= 1) io.field("throttle_time_ms", m.throttle_time_ms);
    io.field("error_code", m.error_code);
    io.field("groups", m.groups);
    io.tags();
  }
};

}  // namespace millrace::protocol
