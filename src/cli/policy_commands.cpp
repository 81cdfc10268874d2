// millrace dlq policy: how often an event is tried, how long, and what becomes of it then.

#include <memory>

#include "assignments.hpp"
#include "dialogue.hpp"
#include "subscription_wish.hpp"

namespace millrace::cli {

namespace {

struct Wish {
  std::string id;
  SubscriptionWish change;
};

CLI::App* command(CLI::App& policy, const char* verb, const char* about, Wish& wish) {
  auto* added = policy.add_subcommand(verb, about)->fallthrough();
  added->add_option("subscription", wish.id, "its id")->required();
  return added;
}

std::string target_of(const Wish& wish) { return path_of({"v1", "subscriptions", wish.id}); }

void set(const Wish& wish, const Dialogue& dialogue) {
  if (wish.change.is_empty()) return dialogue.fail(wrong_usage, "key=value or --unset key is needed");
  auto answer = dialogue.ask({.target = target_of(wish)});
  if (!answer) return;
  auto body = std::move(answer->body);
  body.erase("status");
  apply(wish.change, body);
  dialogue.print({.method = "PUT", .target = target_of(wish), .body = std::move(body)}, views::policy);
}

}  // namespace

void add_policy(CLI::App& dlq, const Dialogue& dialogue) {
  auto& policy = *dlq.add_subcommand("policy", "When an event of a subscription is given up");
  policy.require_subcommand(0, 1)->fallthrough();
  const auto wish = std::make_shared<Wish>();
  command(policy, "get", "Attempts, waits, ages and what they lead to", *wish)->callback([wish, &dialogue] {
    dialogue.print({.target = target_of(*wish)}, views::policy);
  });
  auto* change = command(policy, "set", "Changes them, at once", *wish);
  change->add_option("assignments", wish->change.config, "key=value, as often as wanted: docs/subscriptions.md")
      ->check(is_assignment);
  change->add_option("--unset", wish->change.unset, "a key that is to have its default again")->allow_extra_args(false);
  change->callback([wish, &dialogue] { set(*wish, dialogue); });
}

}  // namespace millrace::cli
