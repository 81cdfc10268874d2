#include "subscription_view.hpp"

#include <algorithm>

#include "millrace/core/escaped.hpp"
#include "millrace/core/rfc3339.hpp"

namespace millrace::http::routes {

namespace {

using Facts = delivery::PartitionDelivery::Facts;

constexpr std::array<std::string_view, 3> stops{"none", "key", "total"};

void add(Json& into, const Facts& facts) {
  into["unsettled"] = facts.unsettled;
  into["ready"] = facts.ready;
  into["parked"] = facts.parked;
  into["acquired"] = facts.acquired;
  into["waiting"] = facts.waiting;
  into["archiving"] = facts.archiving;
  into["dead"] = facts.dead;
}

Json partitions_of(const dispatch::Status& status) {
  auto partitions = Json::array();
  for (const auto& each : status.partitions) {
    Json row{{"partition", each.partition},
             {"start", each.facts.start.value()},
             {"told", each.facts.told.value()},
             {"high_watermark", each.high_watermark.value()}};
    add(row, each.facts);
    row["stop"] = stops.at(static_cast<std::size_t>(each.facts.stop));
    partitions.push_back(std::move(row));
  }
  return partitions;
}

Json status_of(const dispatch::Status& status, bool with_partitions) {
  Facts sum;
  std::int64_t lag = 0;
  for (const auto& each : status.partitions) {
    lag += std::max<std::int64_t>(each.high_watermark - each.facts.start, 0);
    sum.unsettled += each.facts.unsettled;
    sum.ready += each.facts.ready;
    sum.parked += each.facts.parked;
    sum.acquired += each.facts.acquired;
    sum.waiting += each.facts.waiting;
    sum.archiving += each.facts.archiving;
    sum.dead += each.facts.dead;
  }
  Json out{{"state", dispatch::name_of(status.state)}, {"reason", status.reason}, {"lag", lag}};
  add(out, sum);
  out["acknowledged"] = status.counts.acknowledged;
  out["failed"] = status.counts.failed;
  out["died"] = status.counts.died;
  if (status.breaker) {
    out["breaker"] = Json{{"state", delivery::name_of(status.breaker->state)},
                          {"settled", status.breaker->ended},
                          {"failed", status.breaker->failed},
                          {"wait_ms", status.breaker_wait.count()}};
  }
  if (with_partitions) out["partitions"] = partitions_of(status);
  if (status.last_attempt) {
    out["last_attempt"] = Json{{"time", rfc3339(status.last_attempt->time)},
                               {"status", status.last_attempt->status},
                               {"message", status.last_attempt->message}};
  }
  return out;
}

}  // namespace

Json json_of(const dispatch::View& view, const dispatch::Dispatcher& dispatcher, bool with_partitions) {
  auto out = Json::parse(subscriptions::to_json(*view.subscription, subscriptions::Secrets::hidden));
  const auto status = dispatcher.status(view.subscription->id);
  if (!status) return out;
  out["status"] = status_of(*status, with_partitions);
  if (!with_partitions) return out;
  auto& inherited = out["status"]["inherited"] = Json::object();
  for (const auto& [key, origin] : subscriptions::inherited(*view.subscription, *dispatcher.inheritance()))
    inherited[std::string(key)] = subscriptions::name_of(origin);
  return out;
}

Problem no_subscription(const std::string& id) {
  return problems::not_found("there is no subscription " + escaped(id));
}

Problem no_delivery(ErrorCode error) {
  Problem problem{503, "not-available", "Deliveries cannot be made now", "the log of deliveries cannot be written now"};
  problem.kafka_error = name_of(error);
  problem.fields.emplace_back("Retry-After", "1");
  return problem;
}

Problem problem_of(const dispatch::Refusal& refusal) {
  using Why = dispatch::Refusal::Why;
  switch (refusal.why) {
    case Why::invalid: {
      auto problem = problems::invalid(refusal.detail);
      for (const auto& fault : refusal.faults)
        problem.errors.push_back({.pointer = fault.pointer, .header = {}, .rule = fault.rule, .detail = fault.detail});
      return problem;
    }
    case Why::unknown_topic: return {404, "unknown-topic", "There is no such topic", refusal.detail};
    case Why::unknown_subscription: return problems::not_found(refusal.detail);
    case Why::not_served: return {501, "not-served", "The protocol is not served", refusal.detail};
    case Why::too_many: return {409, "too-many", "There are as many as may be", refusal.detail};
    case Why::unresumable: return {409, "unresumable", "What it was suspended for is still so", refusal.detail};
    case Why::unavailable: break;
  }
  Problem problem{503, "not-available", "It cannot be stored now", refusal.detail};
  problem.fields.emplace_back("Retry-After", "1");
  return problem;
}

tl::expected<dispatch::View, Problem> find_pull(const Context& context, const std::string& id) {
  auto view = context.dispatcher.find(id);
  if (!view) return tl::unexpected(no_subscription(id));
  if (view->subscription->protocol == subscriptions::Protocol::pull) return *std::move(view);
  return tl::unexpected(Problem{409, "not-pull", "It is not asked for events",
                                "subscription " + escaped(id) + " has a sink, to which its events are sent"});
}

}  // namespace millrace::http::routes
