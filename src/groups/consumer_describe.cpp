// ConsumerGroupDescribe: what there is, without changing it.

#include "machine.hpp"
#include "millrace/groups/assignors.hpp"

namespace millrace::groups {

Effects Machine::consumer_describe(const ConsumerDescribeRequest& request, Ticket to) const {
  const auto described = [&](const Assignment& assignment) {
    std::vector<ConsumerDescribeReply::Partitions> out;
    for (const auto& [id, partitions] : assignment)
      if (const auto topic = topics_->find(id))
        out.push_back({id, topic->name, {partitions.begin(), partitions.end()}});
    return out;
  };
  ConsumerDescribeReply reply;
  for (const std::string& group_id : request.group_ids) {
    ConsumerDescribeReply::Group& out = reply.groups.emplace_back();
    out.group_id = group_id;
    if (group_id.empty()) {
      out.error = ErrorCode::invalid_group_id;
      continue;
    }
    const Group* group = find(group_id);
    if (group == nullptr || !group->consumer) {
      out.error = ErrorCode::group_id_not_found;
      out.message = group == nullptr ? "there is no such group" : "it is not a consumer group";
      continue;
    }
    const ConsumerGroup& consumer = *group->consumer;
    out.state = consumer.state();
    out.epoch = consumer.epoch;
    out.target_epoch = consumer.target_epoch;
    out.assignor = consumer.preferred_assignor().value_or(std::string(default_assignor));
    for (const auto& [id, member] : consumer.members()) {
      const ConsumerMemberValue& about = member.about;
      out.members.push_back({id, about.instance_id, about.rack_id, member.has.member_epoch, about.client_id,
                             about.client_host, about.subscribed_topics, about.subscribed_regex,
                             described(without_epochs(member.has.assigned)), described(consumer.target(id)),
                             member.uses_classic_protocol() ? GroupType::classic : GroupType::consumer});
    }
  }
  Effects effects;
  effects.replies.push_back({to, std::move(reply)});
  return effects;
}

}  // namespace millrace::groups
