// What a subscription means to those who act on it: delivery's policy, and one question for each event.

#include <algorithm>
#include <nlohmann/json.hpp>

#include "millrace/filter/dialects.hpp"
#include "millrace/subscriptions/subscription.hpp"

namespace millrace::subscriptions {

delivery::Policy policy_of(const Subscription& subscription) {
  const Config& config = subscription.config;
  delivery::Policy policy;
  policy.max_deliveries = config.attempts_max;
  policy.max_age = config.age_max;
  policy.backoff = config.backoff;
  policy.order = config.ordering;
  policy.dead_holds = config.dead_holds;
  policy.lock_time = config.lock_time;
  policy.in_flight_max = config.in_flight_max;
  policy.dead_letters = config.dead_letters;
  policy.message_bytes_max = config.message_bytes;
  policy.on_target_error = config.on_target_error;
  return policy;
}

std::optional<delivery::BreakerPolicy> breaker_of(const Subscription& subscription) {
  const Config& config = subscription.config;
  if (subscription.protocol != Protocol::pull || !config.has_breaker) return std::nullopt;
  delivery::BreakerPolicy policy;
  policy.failed_percent = config.breaker_rate;
  policy.ended_min = config.breaker_least;
  policy.window = config.breaker_window;
  policy.open_first = config.breaker_pause;
  policy.open_max = std::max(policy.open_max, policy.open_first);
  return policy;
}

push::Overrides overrides_of(const Subscription& subscription) {
  const auto statuses = [](const std::string& text) { return push::Statuses::parse(text).value_or(push::Statuses()); };
  return {.retry_on = statuses(subscription.config.retry_on), .fail_on = statuses(subscription.config.fail_on)};
}

Result<filter::Expression> filter_of(const Subscription& subscription) {
  using Json = nlohmann::ordered_json;
  auto filters = Json::parse(subscription.filters, nullptr, false);
  if (!filters.is_array()) return failure(Errc::invalid, "filters must be an array of filters");
  auto all = Json::array();
  const auto exactly = [](const char* name, const std::string& text) { return Json{{"exact", Json{{name, text}}}}; };
  if (!subscription.source.empty()) all.push_back(exactly("source", subscription.source));
  if (!subscription.types.empty()) {
    auto any = Json::array();
    for (const auto& type : subscription.types) any.push_back(exactly("type", type));
    all.push_back(Json{{"any", std::move(any)}});
  }
  for (auto& each : filters) all.push_back(std::move(each));
  auto expression = filter::parse_filters(all.dump(-1, ' ', false, Json::error_handler_t::replace));
  if (!expression) return failure(Errc::invalid, expression.error().pointer + ": " + expression.error().detail);
  return *std::move(expression);
}

}  // namespace millrace::subscriptions
