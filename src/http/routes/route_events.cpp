// Publishes CloudEvents without a topic: POST /v1/events. Each goes where the first rule says that it passes
// (event_rules.hpp). An event that passes none refuses all of the request, and nothing is stored.

#include <map>

#include "event_rules.hpp"
#include "event_storing.hpp"
#include "millrace/core/escaped.hpp"
#include "query.hpp"
#include "routes.hpp"

namespace millrace::http::routes {

namespace {

Result<PublishWish> read_wish(const Request& request) {
  Query query(request);
  PublishWish wish;
  wish.key = query.text("key");
  if (const auto named = field_of(request, "millrace-key"); named && !wish.key) wish.key = std::string(*named);
  const auto acks = query.word("acks", "all leader none");
  if (!acks) return failure_of(acks);
  if (*acks) wish.acks = static_cast<Acks>(**acks);
  const auto patience = query.number("timeout_ms", 1, event_limits::publish_ms_max);
  if (!patience) return failure_of(patience);
  if (*patience) wish.patience = Milliseconds(**patience);
  if (auto known = query.all_known(); !known) return failure_of(known);
  wish.spread = request.id;
  wish.trace = request.trace;
  return wish;
}

InputRules rules_of(const runtime::HostedTopic& topic, Timestamp now) {
  const auto& events = topic.settings.events;
  return {.strictness = events.is_strict ? cloudevents::Strictness::strict : cloudevents::Strictness::lenient,
          .takes_raw = false,
          .fields = events.fields,
          .topic = topic.topic->name,
          .now = now};
}

/// Those of `input` at these places.
EventInput part_of(const EventInput& input, const std::vector<std::size_t>& places) {
  EventInput part{.mode = input.mode, .format = input.format, .beside = input.beside};
  for (const auto at : places) {
    part.events.push_back(input.events[at]);
    if (!input.texts.empty()) part.texts.push_back(input.texts[at]);
  }
  return part;
}

Problem no_rule_for(const cloudevents::Event& event, std::size_t index, bool is_batch) {
  return {422, "no-rule", "No rule takes the event",
          (is_batch ? "the event at index " + std::to_string(index) : std::string("the event")) + ", of type " +
              escaped(event.text("type")) + ", passes none of the rules that say to which topic it goes"};
}

/// Which events go to which topic.
using Ways = std::map<std::string, std::vector<std::size_t>>;

tl::expected<Ways, Problem> ways_of(const EventRules& rules, const EventInput& input) {
  Ways ways;
  filter::Scratch scratch;
  for (std::size_t i = 0; i < input.events.size(); ++i) {
    const auto* const rule = rule_for(rules, input.events[i], scratch);
    if (rule == nullptr) return tl::unexpected(no_rule_for(input.events[i], i, input.mode == cloudevents::Mode::batch));
    ways[rule->topic].push_back(i);
  }
  return ways;
}

Json result_of(std::size_t index, const std::string& topic, const Stored& stored, const std::string& id) {
  Json told{{"index", index}, {"topic", topic}, {"partition", stored.partition}};
  if (stored.offset) told["offset"] = stored.offset->value();
  if (stored.is_duplicate) told["duplicate"] = true;
  if (stored.problem) {
    told["status"] = stored.problem->status;
    told["problem"] = Json::parse(answer_of(*stored.problem, id).body);
  }
  return told;
}

}  // namespace

runtime::Task<Response> route_events(const Context& context, Request request) {
  const auto wish = read_wish(request);
  if (!wish) co_return answer_of(problems::invalid(wish.error().message), request.id);
  const auto now = context.broker.now().wall;
  const auto topology = context.broker.topology();
  const auto rules = context.rules.rules(*context.broker.catalog());
  cloudevents::Leniencies forgiven;
  const InputRules any{.now = now};
  const auto input = read_events(request, any, forgiven);
  if (!input) co_return answer_of(input.error(), request.id);
  const auto ways = ways_of(*rules, *input);
  if (!ways) co_return answer_of(ways.error(), request.id);
  // All of them are judged as their topics have it before any is stored.
  std::map<std::string, EventInput> parts;
  for (const auto& [name, places] : *ways) {
    const auto topic = topology->find(name);
    if (!topic) co_return answer_of(unknown_topic(name), request.id);
    const auto judged = read_events(request, rules_of(*topic, now), forgiven);
    if (!judged) co_return answer_of(judged.error(), request.id);
    parts.emplace(name, part_of(*judged, places));
  }
  context.counts.forgive(forgiven);
  std::vector<Json> results(input->events.size());
  bool has_failed = false;
  for (const auto& [name, places] : *ways) {
    const auto& part = parts.at(name);
    const auto outcome = co_await store_events(context, topology->find(name), part, *wish);
    if (input->mode != cloudevents::Mode::batch) {
      if (outcome.problem) co_return answer_of(*outcome.problem, request.id);
      if (outcome.stored[0].problem) co_return answer_of(*outcome.stored[0].problem, request.id);
      co_return answer_one(name, *wish, part.events[0], outcome.records[0], outcome.stored[0]);
    }
    for (std::size_t i = 0; i < places.size(); ++i) {
      auto stored = outcome.problem
                        ? Stored{.partition = 0, .offset = {}, .is_duplicate = false, .problem = outcome.problem}
                        : outcome.stored[i];
      has_failed = has_failed || stored.problem;
      results[places[i]] = result_of(places[i], name, stored, request.id);
    }
  }
  const unsigned status = has_failed ? 207 : wish->acks == Acks::none ? 202 : 200;
  co_return json_answer(Json{{"count", results.size()}, {"results", results}}, status);
}

}  // namespace millrace::http::routes
