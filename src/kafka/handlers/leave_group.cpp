#include "handlers.hpp"
#include "millrace/runtime/group_runtime.hpp"

namespace millrace::kafka::handlers {

using protocol::LeaveGroupRequest;
using protocol::LeaveGroupResponse;

void handle(const Context& context, const Call& call, LeaveGroupRequest request, Answer<LeaveGroupResponse> answer) {
  groups::LeaveRequest command;
  command.group_id = std::move(request.group_id);
  const bool one_member = call.version < 3;
  if (one_member) command.members.push_back({.member_id = std::move(request.member_id), .group_instance_id = {}});
  for (auto& member : request.members) {
    command.members.push_back({std::move(member.member_id), std::move(member.group_instance_id)});
  }
  context.groups.leave(std::move(command), [one_member, answer = std::move(answer)](
                                               runtime::GroupAnswer<groups::LeaveReply> reply) mutable {
    LeaveGroupResponse response;
    response.error_code = reply ? reply->error : reply.error();
    if (reply && one_member && response.error_code == ErrorCode::none && !reply->members.empty()) {
      response.error_code = reply->members.front().error;
    } else if (reply) {
      for (auto& member : reply->members) {
        response.members.push_back({.member_id = std::move(member.member_id),
                                    .group_instance_id = std::move(member.group_instance_id),
                                    .error_code = member.error});
      }
    }
    answer.send(response);
  });
}

}  // namespace millrace::kafka::handlers
