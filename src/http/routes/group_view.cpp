#include "group_view.hpp"

#include "awaited.hpp"
#include "millrace/groups/consumer_protocol.hpp"
#include "millrace/runtime/group_runtime.hpp"
#include "problem.hpp"

namespace millrace::http::routes {

namespace {

using runtime::GroupAnswer;

constexpr unsigned unavailable = 503;

Json member_of(const std::string& id, const std::optional<std::string>& instance_id, const std::string& client_id,
               const std::string& host, const AssignedPartitions& has) {
  auto assignment = Json::array();
  for (const auto& [topic, partitions] : has) assignment.push_back(Json{{"topic", topic}, {"partitions", partitions}});
  Json member{{"id", id}, {"client_id", client_id}, {"host", host}};
  member["instance_id"] = instance_id ? Json(*instance_id) : Json(nullptr);
  member["assignment"] = std::move(assignment);
  return member;
}

AssignedPartitions assigned_to(const groups::ConsumerDescribeReply::Member& member) {
  AssignedPartitions has;
  for (const auto& topic : member.assignment)
    has[topic.topic_name].insert(topic.partitions.begin(), topic.partitions.end());
  return has;
}

/// What others than Kafka's consumers are assigned (Connect's workers) is not for us to read.
AssignedPartitions assigned_to(const groups::DescribeReply::Member& member, bool is_consumer) {
  const auto named = is_consumer ? groups::read_assignment(member.assignment) : std::nullopt;
  return named ? AssignedPartitions(named->begin(), named->end()) : AssignedPartitions();
}

void add(GroupView& view, const std::string& id, const std::optional<std::string>& instance_id,
         const std::string& client_id, const std::string& host, const AssignedPartitions& has) {
  view.members.push_back(member_of(id, instance_id, client_id, host, has));
  for (const auto& [topic, partitions] : has) view.assigned[topic].insert(partitions.begin(), partitions.end());
}

runtime::Task<GroupAnswer<GroupView>> members_of(const Context& context, std::string group) {
  auto ask_consumer = [&context, group](auto done) {
    context.groups.consumer_describe({.group_ids = {group}}, std::move(done));
  };
  auto consumers = co_await awaited<GroupAnswer<groups::ConsumerDescribeReply>>(std::move(ask_consumer));
  if (!consumers) co_return tl::unexpected(consumers.error());
  GroupView view;
  const auto& newer = consumers->groups.front();
  if (newer.error == ErrorCode::none) {
    view = {.is_known = true,
            .state = std::string(groups::name_of(newer.state)),
            .type = "consumer",
            .members = {},
            .assigned = {},
            .offsets = {}};
    for (const auto& member : newer.members) {
      add(view, member.member_id, member.instance_id, member.client_id, member.client_host, assigned_to(member));
    }
    co_return view;
  }
  auto ask_classic = [&context, group](auto done) { context.groups.describe({.group_ids = {group}}, std::move(done)); };
  auto classic = co_await awaited<GroupAnswer<groups::DescribeReply>>(std::move(ask_classic));
  if (!classic) co_return tl::unexpected(classic.error());
  const auto& older = classic->groups.front();
  view.is_known = older.state != groups::GroupState::dead;
  view.state = groups::name_of(older.state);
  const bool is_consumer = older.protocol_type == groups::consumer_protocol_type;
  for (const auto& member : older.members) {
    add(view, member.member_id, member.group_instance_id, member.client_id, member.client_host,
        assigned_to(member, is_consumer));
  }
  co_return view;
}

}  // namespace

runtime::Task<GroupAnswer<GroupView>> view_group(const Context& context, std::string group) {
  auto view = co_await members_of(context, group);
  if (!view) co_return view;
  auto ask = [&context, group](auto done) {
    groups::OffsetFetchRequest all;
    all.groups.push_back({.group_id = group, .member_id = std::nullopt, .topics = std::nullopt});
    context.groups.fetch_offsets(std::move(all), std::move(done));
  };
  auto fetched = co_await awaited<GroupAnswer<groups::OffsetFetchReply>>(std::move(ask));
  if (!fetched) co_return tl::unexpected(fetched.error());
  view->offsets = std::move(fetched->groups.front().topics);
  view->is_known = view->is_known || !view->offsets.empty();
  co_return view;
}

Response no_coordinator(const Request& request) {
  return answer_of({unavailable, "no-coordinator", "The group's coordinator is not there", "try again in a moment", {}},
                   request.id);
}

}  // namespace millrace::http::routes
