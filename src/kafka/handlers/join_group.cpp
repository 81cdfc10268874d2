#include "handlers.hpp"
#include "millrace/runtime/group_runtime.hpp"

namespace millrace::kafka::handlers {

using protocol::JoinGroupRequest;
using protocol::JoinGroupResponse;

namespace {

JoinGroupResponse response_of(groups::JoinReply&& reply) {
  JoinGroupResponse response;
  response.error_code = reply.error;
  response.generation_id = reply.generation_id;
  response.protocol_type = std::move(reply.protocol_type);
  response.protocol_name = std::move(reply.protocol_name);
  response.leader = std::move(reply.leader);
  response.skip_assignment = reply.skip_assignment;
  response.member_id = std::move(reply.member_id);
  for (auto& member : reply.members) {
    response.members.push_back({.member_id = std::move(member.member_id),
                                .group_instance_id = std::move(member.group_instance_id),
                                .metadata = std::move(member.metadata)});
  }
  return response;
}

}  // namespace

void handle(const Context& context, const Call& call, JoinGroupRequest request, Answer<JoinGroupResponse> answer) {
  groups::JoinRequest command;
  command.group_id = std::move(request.group_id);
  command.member_id = request.member_id;
  command.group_instance_id = std::move(request.group_instance_id);
  command.client_id = call.client_id;
  command.client_host = "/" + call.peer.host;
  command.session_timeout = Milliseconds(request.session_timeout_ms);
  command.rebalance_timeout = Milliseconds(request.rebalance_timeout_ms);
  command.protocol_type = std::move(request.protocol_type);
  for (auto& protocol : request.protocols) {
    command.protocols.push_back({std::move(protocol.name), std::move(protocol.metadata)});
  }
  command.require_known_member_id = call.version >= 4;
  command.supports_skipping_assignment = call.version >= 9;
  command.fresh_id = context.broker.fresh_uuid().to_hyphenated();
  context.groups.join(std::move(command), [member_id = std::move(request.member_id), answer = std::move(answer)](
                                              runtime::GroupAnswer<groups::JoinReply> reply) mutable {
    if (reply) return answer.send(response_of(std::move(*reply)));
    JoinGroupResponse refused;
    refused.error_code = reply.error();
    refused.member_id = std::move(member_id);
    answer.send(refused);
  });
}

}  // namespace millrace::kafka::handlers
