// DescribeGroups and ListGroups: what there is, without changing it.

#include <algorithm>
#include <cctype>

#include "machine.hpp"

namespace millrace::groups {

namespace {

bool equal_in_any_case(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, [](char x, char y) {
    return std::tolower(static_cast<unsigned char>(x)) == std::tolower(static_cast<unsigned char>(y));
  });
}

bool passes(const std::vector<std::string>& filter, std::string_view value) {
  return filter.empty() ||
         std::ranges::any_of(filter, [&](const std::string& wanted) { return equal_in_any_case(wanted, value); });
}

DescribeReply::Group description_of(const Group& group) {
  DescribeReply::Group out{group.id(), group.state(), group.protocol_type().value_or(""), "", {}};
  const bool stable = group.is(GroupState::stable);
  if (stable) out.protocol_data = group.protocol().value_or("");
  for (const auto& [id, member] : group.members())
    out.members.push_back({id, member.instance_id, member.client_id, member.client_host,
                           stable ? member.metadata_of(group.protocol()) : Bytes{},
                           stable ? member.assignment : Bytes{}});
  return out;
}

}  // namespace

Effects Machine::describe(const DescribeRequest& request, Ticket to) const {
  DescribeReply reply;
  for (const std::string& group_id : request.group_ids) {
    const Group* group = find(group_id);
    if (group == nullptr || group->consumer)  // one that is described in another way does not exist for this one
      reply.groups.emplace_back(group_id);
    else
      reply.groups.push_back(description_of(*group));
  }
  Effects effects;
  effects.replies.push_back({to, std::move(reply)});
  return effects;
}

Effects Machine::list(const ListRequest& request, Ticket to) const {
  ListReply reply;
  for (const auto& [id, group] : groups_) {
    if (!passes(request.types_filter, name_of(group.type()))) continue;
    if (!passes(request.states_filter, name_of(group.state()))) continue;
    const std::string type = group.consumer ? std::string(consumer_protocol_type) : group.protocol_type().value_or("");
    reply.groups.push_back({id, type, group.state(), group.type()});
  }
  Effects effects;
  effects.replies.push_back({to, std::move(reply)});
  return effects;
}

}  // namespace millrace::groups
