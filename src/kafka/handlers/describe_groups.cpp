#include "authorized_operations.hpp"
#include "handlers.hpp"
#include "millrace/runtime/group_runtime.hpp"

namespace millrace::kafka::handlers {

using protocol::DescribeGroupsRequest;
using protocol::DescribeGroupsResponse;

namespace {

DescribeGroupsResponse::Group group_of(groups::DescribeReply::Group&& from) {
  DescribeGroupsResponse::Group group;
  group.group_id = std::move(from.group_id);
  group.group_state = groups::name_of(from.state);
  group.protocol_type = std::move(from.protocol_type);
  group.protocol_data = std::move(from.protocol_data);
  for (auto& member : from.members) {
    group.members.push_back({.member_id = std::move(member.member_id),
                             .group_instance_id = std::move(member.group_instance_id),
                             .client_id = std::move(member.client_id),
                             .client_host = std::move(member.client_host),
                             .member_metadata = std::move(member.metadata),
                             .member_assignment = std::move(member.assignment)});
  }
  return group;
}

}  // namespace

void handle(const Context& context, const Call& call, DescribeGroupsRequest request,
            Answer<DescribeGroupsResponse> answer) {
  auto asked = request.groups;
  const bool operations = request.include_authorized_operations;
  const bool knows_not_found = call.version >= 6;
  context.groups.describe({.group_ids = std::move(request.groups)},
                          [asked = std::move(asked), operations, knows_not_found,
                           answer = std::move(answer)](runtime::GroupAnswer<groups::DescribeReply> reply) mutable {
                            DescribeGroupsResponse response;
                            for (std::size_t i = 0; i < asked.size(); ++i) {
                              auto& group = response.groups.emplace_back();
                              if (reply) {
                                group = group_of(std::move(reply->groups[i]));
                                if (knows_not_found && group.group_state == groups::name_of(groups::GroupState::dead)) {
                                  group.error_code = ErrorCode::group_id_not_found;
                                  group.error_message = "no group has the id \"" + asked[i] + "\"";
                                }
                                if (operations && group.error_code == ErrorCode::none)
                                  group.authorized_operations = group_operations;
                              } else {
                                group.group_id = asked[i];
                                group.error_code = reply.error();
                              }
                            }
                            answer.send(response);
                          });
}

}  // namespace millrace::kafka::handlers
