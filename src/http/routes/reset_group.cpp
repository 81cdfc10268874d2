// Where a group goes on reading, set by an operator, also while its members read (docs/groups.md, "Resetting").

#include "awaited.hpp"
#include "body.hpp"
#include "group_view.hpp"
#include "json.hpp"
#include "millrace/core/escaped.hpp"
#include "millrace/runtime/group_runtime.hpp"
#include "place.hpp"
#include "problem.hpp"
#include "routes.hpp"

namespace millrace::http::routes {

namespace {

struct Wanted {
  Place place;
  PartitionsByTopic topics;
  bool dry_run = false;
};

struct Row {
  runtime::HostedTopicPtr topic;
  PartitionIndex partition = 0;
  std::optional<Offset> before;
  Offset after;
};

Result<Wanted> read(const Request& request) {
  auto body = Body::of(request);
  if (!body) return failure_of(body);
  Wanted wanted;
  const auto dry_run = is_dry_run(request);
  if (!dry_run) return failure_of(dry_run);
  wanted.dry_run = *dry_run;
  const auto place = read_place(*body);
  if (!place) return failure_of(place);
  wanted.place = *place;
  auto topics = body->partitions("topics");
  if (!topics) return failure_of(topics);
  wanted.topics = std::move(*topics);
  if (auto known = body->all_known(); !known) return failure_of(known);
  return wanted;
}

/// The partitions that are meant, with what is committed for them. Errc::not_found names what does not exist.
Result<std::vector<Row>> rows_of(const runtime::Topology& topology, const Wanted& wanted, const GroupView& view) {
  std::map<std::string, std::map<PartitionIndex, Offset>> committed;
  auto topics = wanted.topics;
  for (const auto& topic : view.offsets) {
    for (const auto& each : topic.partitions) committed[topic.name][each.partition] = each.offset;
    if (wanted.topics.empty() && topology.find(topic.name)) topics.try_emplace(topic.name);
  }
  if (wanted.topics.empty()) {
    for (const auto& [topic, partitions] : view.assigned) topics.try_emplace(topic);
  }
  std::vector<Row> rows;
  for (const auto& [topic, listed] : topics) {
    const auto hosted = topology.find(topic);
    if (!hosted) return failure(Errc::not_found, "topic " + escaped(topic) + " does not exist");
    auto partitions = listed;
    if (partitions.empty()) {
      for (std::size_t i = 0; i < hosted->partitions.size(); ++i) partitions.insert(static_cast<PartitionIndex>(i));
    }
    const auto& known = committed[topic];
    for (const auto partition : partitions) {
      if (!hosted->find(partition)) {
        return failure(Errc::not_found, "topic " + escaped(topic) + " has no partition " + std::to_string(partition));
      }
      const auto found = known.find(partition);
      rows.push_back({.topic = hosted,
                      .partition = partition,
                      .before = found == known.end() ? std::nullopt : std::optional(found->second),
                      .after = {}});
    }
  }
  return rows;
}

Response refused(const Request& request, const Error& why) {
  return answer_of(why.code == Errc::not_found ? problems::not_found(why.message) : problems::invalid(why.message),
                   request.id);
}

groups::ResetRequest command_of(const std::string& group, const std::vector<Row>& rows, bool dry_run) {
  groups::ResetRequest command{.group_id = group, .topics = {}, .validate_only = dry_run};
  for (const auto& row : rows) {
    const auto& name = row.topic->topic->name;
    if (command.topics.empty() || command.topics.back().name != name) {
      command.topics.push_back({.name = name, .partitions = {}});
    }
    command.topics.back().partitions.push_back({row.partition, row.after});
  }
  return command;
}

Response told(const std::string& group, const std::vector<Row>& rows, std::size_t members, bool dry_run) {
  auto offsets = Json::array();
  for (const auto& row : rows) {
    offsets.push_back(Json{{"topic", row.topic->topic->name},
                           {"partition", row.partition},
                           {"before", row.before ? Json(row.before->value()) : Json(nullptr)},
                           {"after", row.after.value()}});
  }
  Json body{{"group", group}, {"members", members}, {"offsets", std::move(offsets)}};
  if (dry_run) body["dry_run"] = true;
  return json_answer(body);
}

}  // namespace

runtime::Task<Response> reset_group(const Context& context, Request request) {
  const auto name = request.named.at("group");
  auto wanted = read(request);
  if (!wanted) co_return refused(request, wanted.error());
  auto view = co_await view_group(context, name);
  if (!view) co_return no_coordinator(request);
  if (!view->is_known && wanted->topics.empty()) {
    co_return answer_of(problems::not_found("group " + escaped(name) + " does not exist; a new one needs topics"),
                        request.id);
  }
  auto rows = rows_of(*context.broker.topology(), *wanted, *view);
  if (!rows) co_return refused(request, rows.error());
  for (auto& row : *rows) {
    const auto place = offset_of(context.broker, wanted->place, *row.topic, row.partition, row.before);
    if (!place) co_return refused(request, place.error());
    row.after = *place;
  }
  auto ask = [&context, command = command_of(name, *rows, wanted->dry_run)](auto done) mutable {
    context.groups.reset(std::move(command), std::move(done));
  };
  auto reply = co_await awaited<runtime::GroupAnswer<groups::ResetReply>>(std::move(ask));
  if (!reply) co_return no_coordinator(request);
  if (reply->error != ErrorCode::none) {
    co_return answer_of(problems::of_error(reply->error, "group " + escaped(name) + ": " + reply->message), request.id);
  }
  co_return told(name, *rows, reply->members, wanted->dry_run);
}

}  // namespace millrace::http::routes
