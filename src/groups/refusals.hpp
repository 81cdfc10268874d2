#pragma once
// Answers that carry an error and nothing else.

#include <string>
#include <utility>

#include "millrace/groups/messages.hpp"

namespace millrace::groups {

/// Why a request of a member of a consumer group is not granted.
struct Refusal {
  ErrorCode error = ErrorCode::none;
  std::string message;
};

[[nodiscard]] inline JoinReply refused_join(ErrorCode error, std::string member_id) {
  JoinReply reply;
  reply.error = error;
  reply.member_id = std::move(member_id);
  return reply;
}

[[nodiscard]] inline SyncReply refused_sync(ErrorCode error) {
  SyncReply reply;
  reply.error = error;
  return reply;
}

}  // namespace millrace::groups
