// What the policy of a subscription makes of an event: GET /v1/subscriptions/{subscription}/policy.

#include "millrace/redrive/letters.hpp"
#include "policy_trial.hpp"
#include "query.hpp"
#include "routes.hpp"
#include "subscription_view.hpp"

namespace millrace::http::routes {

namespace {

using subscriptions::Protocol;

constexpr std::int64_t retry_after_max = 24LL * 60 * 60;
constexpr std::string_view outcomes = "status timeout connect-error tls-error fail reject lock-timeout";

struct TrialWish {
  std::string name{};  ///< as the answer tells it
  TrialOutcome outcome{};
  std::string retry_after{};
};

Failure not_for(const std::string& word, Protocol protocol) {
  const char* const whose = protocol == Protocol::http ? "with a web hook" : "without a web hook";
  return failure(Errc::invalid, "outcome: \"" + word + "\" is nothing that happens to a subscription " + whose);
}

Result<TrialWish> read_trial(const Request& request, Protocol protocol) {
  Query query(request);
  const auto named = query.text("outcome");
  const auto word = query.word("outcome", outcomes);
  if (!word) return failure_of(word);
  const auto status = query.number("status", 200, 599);
  if (!status) return failure_of(status);
  const auto retry_after = query.number("retry_after", 0, retry_after_max);
  if (!retry_after) return failure_of(retry_after);
  if (auto known = query.all_known(); !known) return failure_of(known);
  const bool is_pushed = protocol == Protocol::http;
  const std::size_t unless_said = *status || is_pushed ? 0 : 4;
  const auto which = word->value_or(unless_said);
  TrialWish wish;
  wish.name = word->has_value() ? *named : unless_said == 0 ? "status" : "fail";
  if ((which < 4) != is_pushed) return not_for(wish.name, protocol);
  if (which != 0 && (*status || *retry_after))
    return failure(Errc::invalid,
                   "status and retry_after belong to the outcome \"status\", and this is \"" + wish.name + "\"");
  using Kind = TrialOutcome::Kind;
  constexpr Kind kinds[] = {Kind::pushed, Kind::pushed,  Kind::pushed,  Kind::pushed,
                            Kind::fails,  Kind::rejects, Kind::runs_out};
  constexpr push::Ending endings[] = {push::Ending::answered, push::Ending::timeout, push::Ending::connect_error,
                                      push::Ending::tls_error};
  wish.outcome.kind = kinds[which];
  if (is_pushed) wish.outcome.attempt.ending = endings[which];
  if (which != 0) return wish;
  const auto answered = status->value_or(503);
  wish.outcome.attempt.status = static_cast<unsigned>(answered);
  wish.name = "status " + std::to_string(answered);
  if (*retry_after) wish.retry_after = std::to_string(**retry_after);
  return wish;
}

const char* name_of(Trial::End end) {
  switch (end) {
    case Trial::End::settled: return "delivered";
    case Trial::End::dead: return "dead-letter";
    case Trial::End::discarded: return "discarded";
    case Trial::End::suspended: return "suspended";
    case Trial::End::goes_on: break;
  }
  return "tried-on";
}

/// What follows, as far as it can be known before.
Json end_of(const Trial& trial, const subscriptions::Subscription& subscription, const redrive::Letters& letters) {
  const auto& config = subscription.config;
  Json end{{"fate", name_of(trial.end)}, {"after_ms", trial.ended.count()}};
  end["reason"] = nullptr;
  end["topic"] = nullptr;
  end["why"] = nullptr;
  if (trial.end == Trial::End::suspended) end["reason"] = push::name_of(trial.suspension);
  if (trial.end != Trial::End::dead) return end;
  end["reason"] = delivery::name_of(trial.reason);
  const auto topic = config.dead_letter_topic.empty() ? deadletter::topic_for(subscription.id, config.topic)
                                                      : Result<std::string>(config.dead_letter_topic);
  if (topic) end["topic"] = *topic;
  const redrive::Target target{.dead_letter_topic = config.dead_letter_topic, .destination = subscription.sink};
  const auto checked = letters.check(subscription.id, config.topic, target);
  if (checked) return end;
  // It could not be written as things are.
  end["fate"] = config.on_target_error == delivery::OnTargetError::hold ? "held" : "discarded";
  end["why"] = checked.error().message;
  return end;
}

}  // namespace

runtime::Task<Response> try_policy(const Context& context, Request request) {
  const auto& id = request.named.at("subscription");
  const auto view = context.dispatcher.find(id);
  if (!view) co_return answer_of(no_subscription(id), request.id);
  const auto& subscription = *view->subscription;
  auto wish = read_trial(request, subscription.protocol);
  if (!wish) co_return answer_of(problems::invalid(wish.error().message), request.id);
  wish->outcome.attempt.retry_after = wish->retry_after;
  wish->outcome.overrides = subscriptions::overrides_of(subscription);
  const auto policy = subscriptions::policy_of(subscription);
  const auto trial = tried(policy, wish->outcome);
  auto attempts = Json::array();
  for (const auto at : trial.attempts) attempts.push_back(Json{{"after_ms", at.count()}});
  const bool is_dead = trial.end == Trial::End::dead;
  Json body{{"subscription", id},
            {"outcome", wish->name},
            {"attempts", std::move(attempts)},
            {"jitter_percent", policy.backoff.jitter_percent},
            {"end", end_of(trial, subscription, context.letters)},
            {"holds_key", is_dead && policy.order != delivery::Order::none && policy.dead_holds}};
  co_return json_answer(body);
}

}  // namespace millrace::http::routes
