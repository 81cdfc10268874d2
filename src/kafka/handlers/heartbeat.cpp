#include "handlers.hpp"
#include "millrace/runtime/group_runtime.hpp"

namespace millrace::kafka::handlers {

using protocol::HeartbeatRequest;
using protocol::HeartbeatResponse;

void handle(const Context& context, const Call&, HeartbeatRequest request, Answer<HeartbeatResponse> answer) {
  groups::HeartbeatRequest command{.group_id = std::move(request.group_id),
                                   .generation_id = request.generation_id,
                                   .member_id = std::move(request.member_id),
                                   .group_instance_id = std::move(request.group_instance_id)};
  context.groups.heartbeat(std::move(command),
                           [answer = std::move(answer)](runtime::GroupAnswer<groups::HeartbeatReply> reply) mutable {
                             HeartbeatResponse response;
                             response.error_code = reply ? reply->error : reply.error();
                             answer.send(response);
                           });
}

}  // namespace millrace::kafka::handlers
