// millrace dlq policy: how often an event is tried, how long, and what becomes of it then.

#include <memory>

#include "assignments.hpp"
#include "dialogue.hpp"
#include "subscription_wish.hpp"

namespace millrace::cli {

namespace {

struct PolicyWish {
  std::string id;
  SubscriptionWish change;
  std::uint32_t status = 0;       ///< 0: not said
  std::int64_t retry_after = -1;  ///< seconds; -1: not said
  bool is_timeout = false;
  std::string reason;
  std::string topic;  ///< whose defaults; empty: the cluster's
};

CLI::App* command(CLI::App& policy, const char* verb, const char* about, PolicyWish& wish) {
  auto* added = policy.add_subcommand(verb, about)->fallthrough();
  added->add_option("subscription", wish.id, "its id")->required();
  return added;
}

std::string target_of(const PolicyWish& wish) { return path_of({"v1", "subscriptions", wish.id}); }

void set(const PolicyWish& wish, const Dialogue& dialogue) {
  if (wish.change.is_empty()) return dialogue.fail(wrong_usage, "key=value or --unset key is needed");
  auto answer = dialogue.ask({.target = target_of(wish)});
  if (!answer) return;
  auto body = std::move(answer->body);
  body.erase("status");
  apply(wish.change, body);
  dialogue.print({.method = "PUT", .target = target_of(wish), .body = std::move(body)}, views::policy);
}

void set_defaults(const PolicyWish& wish, const Dialogue& dialogue) {
  const bool is_of_topic = !wish.topic.empty();
  const auto target = is_of_topic ? path_of({"v1", "topics", wish.topic, "subscription-defaults"})
                                  : path_of({"v1", "subscription-defaults"});
  if (wish.change.is_empty()) return dialogue.print({.target = target}, views::defaults);
  auto answer = dialogue.ask({.target = target});
  if (!answer) return;
  Json body = is_of_topic ? answer->body : answer->body.at("cluster");
  const auto named = object_of(wish.change.config);
  for (const auto& [key, value] : named.items()) body[key] = value;
  for (const auto& key : wish.change.unset) body.erase(key);
  dialogue.print({.method = "PUT", .target = target, .body = std::move(body)}, views::defaults);
}

void test(const PolicyWish& wish, const Dialogue& dialogue) {
  if ((wish.status != 0 ? 1 : 0) + (wish.is_timeout ? 1 : 0) + (wish.reason.empty() ? 0 : 1) > 1)
    return dialogue.fail(wrong_usage, "--status, --timeout and --reason: an attempt ends in one way");
  std::string query;
  const auto add = [&query](const char* name, const std::string& value) {
    query += (query.empty() ? "?" : "&") + std::string(name) + "=" + value;
  };
  if (wish.status != 0) add("status", std::to_string(wish.status));
  if (wish.retry_after >= 0) add("retry_after", std::to_string(wish.retry_after));
  if (wish.is_timeout) add("outcome", "timeout");
  if (!wish.reason.empty()) add("outcome", wish.reason);
  dialogue.print({.target = target_of(wish) + "/policy" + query}, views::policy_trial);
}

}  // namespace

void add_policy(CLI::App& dlq, const Dialogue& dialogue) {
  auto& policy = *dlq.add_subcommand("policy", "When an event of a subscription is given up");
  policy.require_subcommand(0, 1)->fallthrough();
  const auto wish = std::make_shared<PolicyWish>();
  command(policy, "get", "Attempts, waits, ages and what they lead to", *wish)->callback([wish, &dialogue] {
    dialogue.print({.target = target_of(*wish)}, views::policy);
  });
  auto* change = command(policy, "set", "Changes them, at once", *wish);
  change->add_option("assignments", wish->change.config, "key=value, as often as wanted: docs/subscriptions.md")
      ->check(is_assignment);
  change->add_option("--unset", wish->change.unset, "a key that is to have its default again")->allow_extra_args(false);
  change->callback([wish, &dialogue] { set(*wish, dialogue); });
  auto* defaults = policy.add_subcommand("defaults", "What holds where a subscription says nothing")->fallthrough();
  defaults->add_option("--topic", wish->topic, "of its subscriptions only; these count before the cluster's");
  defaults->add_option("assignments", wish->change.config, "key=value, as often as wanted; without any they are told")
      ->check(is_assignment);
  defaults->add_option("--unset", wish->change.unset, "a key that is to have no default any longer")
      ->allow_extra_args(false);
  defaults->footer("Changes hold for all subscriptions at once, but for keys that they say themselves.");
  defaults->callback([wish, &dialogue] { set_defaults(*wish, dialogue); });
  auto* trial = command(policy, "test", "What becomes of an event whose every attempt ends alike", *wish);
  trial->add_option("--status", wish->status, "what the sink answers; 503 unless something is said")
      ->check(CLI::Range(200, 599));
  trial->add_option("--retry-after", wish->retry_after, "seconds for which the sink asks, with --status")
      ->check(CLI::NonNegativeNumber);
  trial->add_flag("--timeout", wish->is_timeout, "the sink does not answer in time");
  trial
      ->add_option("--reason", wish->reason,
                   "of a sink: connect-error, tls-error; without one: fail, reject, lock-timeout")
      ->check(CLI::IsMember({"connect-error", "tls-error", "fail", "reject", "lock-timeout"}));
  trial->footer("The broker computes it, by the rules by which it delivers. Nothing is sent.");
  trial->callback([wish, &dialogue] { test(*wish, dialogue); });
}

}  // namespace millrace::cli
