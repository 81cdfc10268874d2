#pragma once
// DeleteGroups: forgets groups that have no members, with all that they committed.

#include "millrace/protocol/message.hpp"

namespace millrace::protocol {

struct DeleteGroupsRequest {
  static constexpr ApiShape shape{.name = "DeleteGroups", .key = 42, .oldest = 0, .newest = 2, .flexible_from = 2};

  std::vector<std::string> groups_names{};

  template <class Io, class Self>
  static void fields(Io& io, Self& m) {
    io.field("groups_names", m.groups_names);
    io.tags();
  }
};

struct DeleteGroupsResponse {
  static constexpr ApiShape shape = DeleteGroupsRequest::shape;

  struct Result {
    std::string group_id{};
    ErrorCode error_code = ErrorCode::none;

    template <class Io, class Self>
    static void fields(Io& io, Self& m) {
      io.field("group_id", m.group_id);
      io.field("error_code", m.error_code);
      io.tags();
    }
  };

  std::int32_t throttle_time_ms = 0;
  std::vector<Result> results{};

  template <class Io, class Self>
  static void fields(Io& io, Self& m) {
    io.field("throttle_time_ms", m.throttle_time_ms);
    io.field("results", m.results);
    io.tags();
  }
};

}  // namespace millrace::protocol
