#include "handlers.hpp"
#include "millrace/runtime/group_runtime.hpp"

namespace millrace::kafka::handlers {

using protocol::ListGroupsRequest;
using protocol::ListGroupsResponse;

void handle(const Context& context, const Call&, ListGroupsRequest request, Answer<ListGroupsResponse> answer) {
  context.groups.list(
      {.states_filter = std::move(request.states_filter), .types_filter = std::move(request.types_filter)},
      [answer = std::move(answer)](runtime::GroupAnswer<groups::ListReply> reply) mutable {
        ListGroupsResponse response;
        if (!reply) {
          response.error_code = reply.error();
          return answer.send(response);
        }
        for (auto& group : reply->groups) {
          response.groups.push_back({.group_id = std::move(group.group_id),
                                     .protocol_type = std::move(group.protocol_type),
                                     .group_state = std::string(groups::name_of(group.state)),
                                     .group_type = std::string(groups::name_of(group.type))});
        }
        answer.send(response);
      });
}

}  // namespace millrace::kafka::handlers
