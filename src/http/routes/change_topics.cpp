// Topics made, changed and deleted; each change may be tried first, with dry_run=true.

#include "awaited.hpp"
#include "body.hpp"
#include "millrace/core/escaped.hpp"
#include "problem.hpp"
#include "routes.hpp"
#include "topic_json.hpp"

namespace millrace::http::routes {

namespace {

constexpr unsigned created = 201, no_content = 204;

Response refused(const Request& request, const Error& why) {
  return answer_of(problems::invalid(why.message), request.id);
}

Json told(const Context& context, const broker::Topic& topic, bool dry_run) {
  Json body{{"name", topic.name}, {"partitions", topic.partitions}};
  if (!dry_run) body["id"] = topic.id.to_string();
  body["configs"] = configs_of(context, topic);
  if (dry_run) body["dry_run"] = true;
  return body;
}

Result<broker::CreateTopic> read_creation(const Request& request) {
  auto body = Body::of(request);
  if (!body) return failure_of(body);
  const auto dry_run = is_dry_run(request);
  if (!dry_run) return failure_of(dry_run);
  const auto name = body->text("name");
  if (!name) return failure_of(name);
  if (!*name) return failure(Errc::invalid, "name: a topic has one");
  const auto partitions = body->number("partitions");
  if (!partitions) return failure_of(partitions);
  auto configs = body->texts("configs");
  if (!configs) return failure_of(configs);
  if (auto known = body->all_known(); !known) return failure_of(known);
  broker::CreateTopic command;
  command.name = **name;
  command.partitions = partitions->value_or(-1);
  command.configs = std::move(*configs);
  command.validate_only = *dry_run;
  return command;
}

struct Alteration {
  broker::AlterTopic configs;
  std::optional<std::int32_t> partitions;
};

Result<Alteration> read_alteration(const Request& request) {
  auto body = Body::of(request);
  if (!body) return failure_of(body);
  const auto dry_run = is_dry_run(request);
  if (!dry_run) return failure_of(dry_run);
  auto configs = body->texts("configs");
  if (!configs) return failure_of(configs);
  const auto partitions = body->number("partitions");
  if (!partitions) return failure_of(partitions);
  if (auto known = body->all_known(); !known) return failure_of(known);
  broker::AlterTopic command;
  command.name = request.named.at("topic");
  for (auto& [name, value] : *configs) {
    command.changes.push_back(change_of(name, std::move(value)));
  }
  command.validate_only = *dry_run;
  return Alteration{.configs = std::move(command), .partitions = *partitions};
}

runtime::Task<broker::CreateAnswer> add_partitions(const Context& context, std::string topic, std::int32_t count,
                                                   bool dry_run) {
  broker::CreatePartitions command{
      .name = std::move(topic), .count = count, .assignments = {}, .validate_only = dry_run};
  auto ask = [&context, &command](auto done) {
    context.broker.create_partitions({std::move(command)}, std::move(done));
  };
  auto answers = co_await awaited<std::vector<broker::CreateAnswer>>(std::move(ask));
  co_return std::move(answers.front());
}

Response answer(const Context& context, const Request& request, const broker::CreateAnswer& got, bool dry_run,
                unsigned status) {
  if (got.error != ErrorCode::none) return answer_of(problems::of_error(got.error, got.message), request.id);
  return json_answer(told(context, *got.topic, dry_run), dry_run ? 200 : status);
}

}  // namespace

runtime::Task<Response> create_topic(const Context& context, Request request) {
  auto command = read_creation(request);
  if (!command) co_return refused(request, command.error());
  const bool dry_run = command->validate_only;
  auto ask = [&context, &command](auto done) { context.broker.create_topics({std::move(*command)}, std::move(done)); };
  auto answers = co_await awaited<std::vector<broker::CreateAnswer>>(std::move(ask));
  co_return answer(context, request, answers.front(), dry_run, created);
}

runtime::Task<Response> alter_topic(const Context& context, Request request) {
  auto alteration = read_alteration(request);
  if (!alteration) co_return refused(request, alteration.error());
  const auto partitions = alteration->partitions;
  const auto name = alteration->configs.name;
  const bool dry_run = alteration->configs.validate_only;
  if (partitions) {
    // Judged first, so that what is refused changes nothing.
    const auto judged = co_await add_partitions(context, name, *partitions, true);
    if (judged.error != ErrorCode::none) co_return answer(context, request, judged, dry_run, 200);
  }
  auto ask = [&context, &alteration](auto done) {
    context.broker.alter_topics({std::move(alteration->configs)}, std::move(done));
  };
  auto answers = co_await awaited<std::vector<broker::CreateAnswer>>(std::move(ask));
  auto& got = answers.front();
  if (got.error == ErrorCode::none && partitions && !dry_run) {
    got = co_await add_partitions(context, name, *partitions, false);
  }
  if (got.error == ErrorCode::none && partitions && dry_run) got.topic->partitions = *partitions;
  co_return answer(context, request, got, dry_run, 200);
}

runtime::Task<Response> delete_topic(const Context& context, Request request) {
  const auto& name = request.named.at("topic");
  if (!request.query.empty() || !request.body.empty()) {
    co_return answer_of(problems::invalid("a topic is deleted without parameters and without a body"), request.id);
  }
  auto ask = [&context, &name](auto done) { context.broker.delete_topics({name}, std::move(done)); };
  auto answers = co_await awaited<std::vector<broker::DeleteAnswer>>(std::move(ask));
  const auto& got = answers.front();
  if (got.error != ErrorCode::none) {
    const auto why = got.message.empty() ? "topic " + escaped(name) + " does not exist" : got.message;
    auto problem = problems::of_error(got.error, why);
    if (got.error == ErrorCode::policy_violation) {  // it has views
      problem = {409, "in-use", "It is in use", why};
      problem.kafka_error = name_of(got.error);
    }
    co_return answer_of(problem, request.id);
  }
  Response response;
  response.status = no_content;
  co_return response;
}

}  // namespace millrace::http::routes
