// What an operator may set: the keys of the broker's file, and the defaults of topics, which can also be set while it
// runs.

#include <algorithm>

#include "awaited.hpp"
#include "body.hpp"
#include "json.hpp"
#include "millrace/core/escaped.hpp"
#include "problem.hpp"
#include "routes.hpp"
#include "topic_json.hpp"

namespace millrace::http::routes {

namespace {

const char* name_of(broker::ConfigSource source) {
  switch (source) {
    case broker::ConfigSource::dynamic_broker: return "set";
    case broker::ConfigSource::dynamic_default_broker: return "set-for-all";
    case broker::ConfigSource::static_broker: return "file";
    default: return "default";
  }
}

Json text_or_null(const std::optional<std::string>& text) { return text ? Json(*text) : Json(nullptr); }

/// `key` is null for what the file has no key for.
Json told(const broker::ConfigFact& fact, const broker::FileKey* key, bool is_settable) {
  std::optional<std::string> usual;
  for (const auto& synonym : fact.synonyms) {
    if (synonym.source == broker::ConfigSource::default_config) usual = synonym.value;
  }
  return Json{{"name", key != nullptr ? key->name : fact.name},
              {"kafka_name", fact.name},
              {"value", text_or_null(fact.value)},
              {"default", text_or_null(usual)},
              {"source", name_of(fact.source)},
              {"in_file", key != nullptr},
              {"reloadable", key != nullptr && key->is_reloadable},
              {"settable", is_settable},
              {"about", std::string(fact.documentation)}};
}

std::vector<Json> all_of(runtime::BrokerRuntime& broker, const broker::BrokerDefaults& defaults) {
  const auto keys = broker.file_keys();
  const auto key_of = [&](const std::string& kafka_name) -> const broker::FileKey* {
    const auto found = std::ranges::find(*keys, kafka_name, &broker::FileKey::kafka_name);
    return found == keys->end() ? nullptr : &*found;
  };
  std::vector<Json> rows;
  for (auto& fact : broker::describe(defaults, {})) {
    fact.name = broker::find_config_key(fact.name)->broker_name;
    rows.push_back(told(fact, key_of(fact.name), true));
  }
  for (const auto& fact : *broker.settings()) {
    if (const auto* key = key_of(fact.name)) rows.push_back(told(fact, key, false));
  }
  std::sort(rows.begin(), rows.end(), [](const Json& one, const Json& other) { return one["name"] < other["name"]; });
  return rows;
}

/// The command that sets the default of topics under either of its names. Errc::invalid names a key that cannot be set.
Result<broker::AlterBroker> read(runtime::BrokerRuntime& broker, const Request& request) {
  auto body = Body::of(request);
  if (!body) return failure_of(body);
  const auto dry_run = is_dry_run(request);
  if (!dry_run) return failure_of(dry_run);
  auto configs = body->texts("configs");
  if (!configs) return failure_of(configs);
  if (auto known = body->all_known(); !known) return failure_of(known);
  if (configs->empty()) return failure(Errc::invalid, "configs: there is nothing to set");
  const auto keys = broker.file_keys();
  broker::AlterBroker command{.broker_id = broker.broker_id(), .changes = {}, .validate_only = *dry_run};
  for (auto& [name, value] : *configs) {
    const auto key = std::ranges::find(*keys, name, &broker::FileKey::name);
    const auto& kafka_name = key == keys->end() ? name : key->kafka_name;
    if (broker::find_broker_key(kafka_name) == nullptr) {
      const auto is_known =
          key != keys->end() || std::ranges::find(*keys, name, &broker::FileKey::kafka_name) != keys->end();
      return failure(Errc::invalid,
                     escaped(name) + (is_known ? ": is set in the broker's file or by a flag, not while it runs"
                                               : ": is no configuration of a broker"));
    }
    const auto is_same = [&](const broker::ConfigChange& other) { return other.key == kafka_name; };
    if (std::ranges::any_of(command.changes, is_same))
      return failure(Errc::invalid, escaped(name) + ": stands there twice");
    command.changes.push_back(change_of(kafka_name, std::move(value)));
  }
  return command;
}

/// What a broker has under its own names, topics have under theirs.
void change(const std::vector<broker::ConfigChange>& changes, broker::ConfigMap& to) {
  for (const auto& change : changes) {
    const std::string name(broker::find_broker_key(change.key)->name);
    if (change.value) {
      to[name] = *change.value;
    } else {
      to.erase(name);
    }
  }
}

}  // namespace

runtime::Task<Response> list_config(const Context& context, Request) {
  co_return json_answer(Json{{"configs", all_of(context.broker, context.broker.topic_defaults())}});
}

runtime::Task<Response> describe_config(const Context& context, Request request) {
  const auto& name = request.named.at("key");
  for (auto& row : all_of(context.broker, context.broker.topic_defaults())) {
    if (row["name"] == name || row["kafka_name"] == name) co_return json_answer(row);
  }
  co_return answer_of(problems::not_found(escaped(name) + " is no configuration of a broker"), request.id);
}

runtime::Task<Response> alter_config(const Context& context, Request request) {
  auto command = read(context.broker, request);
  if (!command) co_return answer_of(problems::invalid(command.error().message), request.id);
  const bool dry_run = command->validate_only;
  const auto changes = command->changes;
  auto ask = [&context, &command](auto done) { context.broker.alter_brokers({std::move(*command)}, std::move(done)); };
  auto answers = co_await awaited<std::vector<broker::AlterAnswer>>(std::move(ask));
  const auto& got = answers.front();
  if (got.error != ErrorCode::none) co_return answer_of(problems::of_error(got.error, got.message), request.id);
  auto defaults = context.broker.topic_defaults();
  if (dry_run) change(changes, defaults.dynamic_broker);
  std::vector<Json> rows;
  for (auto& row : all_of(context.broker, defaults)) {
    const auto name = row["kafka_name"].get<std::string>();
    const auto is_it = [&](const broker::ConfigChange& change) { return change.key == name; };
    if (std::ranges::any_of(changes, is_it)) rows.push_back(std::move(row));
  }
  Json answer{{"configs", std::move(rows)}};
  if (dry_run) answer["dry_run"] = true;
  co_return json_answer(answer);
}

}  // namespace millrace::http::routes
