#include "handlers.hpp"
#include "millrace/runtime/group_runtime.hpp"

namespace millrace::kafka::handlers {

using protocol::SyncGroupRequest;
using protocol::SyncGroupResponse;

void handle(const Context& context, const Call& call, SyncGroupRequest request, Answer<SyncGroupResponse> answer) {
  if (call.version >= 5 && (!request.protocol_type || !request.protocol_name)) {
    SyncGroupResponse refused;
    refused.error_code = ErrorCode::inconsistent_group_protocol;
    return answer.send(refused);
  }
  groups::SyncRequest command;
  command.group_id = std::move(request.group_id);
  command.generation_id = request.generation_id;
  command.member_id = std::move(request.member_id);
  command.group_instance_id = std::move(request.group_instance_id);
  command.protocol_type = std::move(request.protocol_type);
  command.protocol_name = std::move(request.protocol_name);
  for (auto& each : request.assignments) {
    command.assignments.push_back({std::move(each.member_id), std::move(each.assignment)});
  }
  context.groups.sync(std::move(command),
                      [answer = std::move(answer)](runtime::GroupAnswer<groups::SyncReply> reply) mutable {
                        SyncGroupResponse response;
                        response.error_code = reply ? reply->error : reply.error();
                        if (reply) {
                          response.protocol_type = std::move(reply->protocol_type);
                          response.protocol_name = std::move(reply->protocol_name);
                          response.assignment = std::move(reply->assignment);
                        }
                        answer.send(response);
                      });
}

}  // namespace millrace::kafka::handlers
