// Publishes CloudEvents: POST /v1/topics/{topic}/events, in each mode of the HTTP binding (docs/cloudevents.md). What
// is answered with an offset is stored as the topic's durability has it.

#include "event_limits.hpp"
#include "event_storing.hpp"
#include "millrace/core/base64.hpp"
#include "millrace/core/escaped.hpp"
#include "query.hpp"
#include "routes.hpp"

namespace millrace::http::routes {

namespace {

Result<PublishWish> read(const Request& request, const runtime::HostedTopic& topic) {
  Query query(request);
  PublishWish wish;
  wish.key = query.text("key");
  if (const auto named = field_of(request, "millrace-key"); named && !wish.key) wish.key = std::string(*named);
  if (const auto coded = field_of(request, "millrace-key-base64"); coded && !wish.key) {
    wish.key = from_base64(*coded);
    if (!wish.key) return failure(Errc::invalid, "Millrace-Key-Base64: \"" + escaped(*coded) + "\" is no Base64");
  }
  const auto partition = query.number("partition", 0, static_cast<std::int64_t>(topic.partitions.size()) - 1);
  if (!partition) return failure_of(partition);
  if (*partition) wish.partition = static_cast<PartitionIndex>(**partition);
  const auto acks = query.word("acks", "all leader none");
  if (!acks) return failure_of(acks);
  if (*acks) wish.acks = static_cast<Acks>(**acks);
  const auto patience = query.number("timeout_ms", 1, event_limits::publish_ms_max);
  if (!patience) return failure_of(patience);
  if (*patience) wish.patience = Milliseconds(**patience);
  wish.is_minimal = field_of(request, "prefer").value_or("") == "return=minimal";
  if (auto known = query.all_known(); !known) return failure_of(known);
  return wish;
}

}  // namespace

void consent(const Request& request, Response& response) {
  response.fields.emplace_back("Accept-Post", accepted_types);
  const auto origin = field_of(request, "webhook-request-origin");
  if (!origin) return;
  response.fields.emplace_back("WebHook-Allowed-Origin", std::string(*origin));
  response.fields.emplace_back("WebHook-Allowed-Rate", "*");
}

runtime::Task<Response> publish_events(const Context& context, Request request) {
  const auto name = request.named.at("topic");
  const auto topic = context.broker.topology()->find(name);
  if (!topic) co_return answer_of(unknown_topic(name), request.id);
  auto wish = read(request, *topic);
  if (!wish) co_return answer_of(problems::invalid(wish.error().message), request.id);
  wish->spread = request.id;
  wish->trace = request.trace;
  const auto& events = topic->settings.events;
  const InputRules rules{
      .strictness = events.is_strict ? cloudevents::Strictness::strict : cloudevents::Strictness::lenient,
      .takes_raw = events.takes_raw,
      .fields = events.fields,
      .topic = name,
      .now = context.broker.now().wall};
  cloudevents::Leniencies forgiven;
  const auto input = read_events(request, rules, forgiven);
  if (!input) co_return answer_of(input.error(), request.id);
  context.counts.forgive(forgiven);
  const auto outcome = co_await store_events(context, topic, *input, *wish);
  if (outcome.problem) co_return answer_of(*outcome.problem, request.id);
  const auto& stored = outcome.stored;
  if (input->mode == cloudevents::Mode::batch) co_return answer_batch(*wish, stored, request.id);
  if (stored[0].problem) co_return answer_of(*stored[0].problem, request.id);
  co_return answer_one(name, *wish, input->events[0], outcome.records[0], stored[0]);
}

}  // namespace millrace::http::routes
