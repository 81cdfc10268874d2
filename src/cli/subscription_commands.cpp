// millrace sub: who wants which events, over HTTP.

#include <chrono>
#include <memory>

#include "assignments.hpp"
#include "dialogue.hpp"
#include "durations.hpp"
#include "event_filter.hpp"
#include "file_content.hpp"
#include "json_text.hpp"
#include "millrace/core/escaped.hpp"
#include "subscription_wish.hpp"

namespace millrace::cli {

namespace {

/// Of :test, which waits for the sink twice: docs/push.md.
constexpr std::chrono::seconds test_patience{600};

struct SubscriptionChange {
  std::string id;
  std::string file;  ///< of a whole subscription; "-": standard input; empty: none
  SubscriptionWish wish;
  bool dry_run = false;
  bool yes = false;
};

std::string target_of(const std::string& id) { return path_of({"v1", "subscriptions", id}); }

/// A text that may be empty on purpose: that is something else than not to have been named.
CLI::Option* add_text(CLI::App& command, const char* name, std::optional<std::string>& text, const char* about) {
  return command.add_option_function<std::string>(name, [&text](const std::string& given) { text = given; }, about);
}

std::string is_age(const std::string& text) { return text.empty() ? "" : is_duration(text); }

void add_wish(CLI::App& command, SubscriptionWish& wish) {
  add_text(command, "--sink", wish.sink,
           "where events are sent: a URL, or kafka:TOPIC; without one they are asked for");
  add_text(command, "--source", wish.source, "only events of this source");
  command.add_option("--type", wish.types, "only events of this type, as often as wanted")->allow_extra_args(false);
  add_text(command, "--filter", wish.filter, "only events for which this CloudEvents SQL is true: docs/filters.md")
      ->check(is_expression);
  add_text(command, "--ordering", wish.ordering, "what is promised about order")
      ->check(CLI::IsMember({"none", "key", "partition"}));
  add_text(command, "--max-attempts", wish.max_attempts, "with so many failures an event is dead");
  add_text(command, "--max-age", wish.max_age, "an event that is older is dead: 90s, 12h, 7d")->check(is_age);
  command.add_option("-c,--config", wish.config, "key=value, as often as wanted: docs/subscriptions.md")
      ->allow_extra_args(false)
      ->check(is_assignment);
  command.add_option("--header", wish.headers, "name=value that is sent beside each event, as often as wanted")
      ->allow_extra_args(false)
      ->check(is_assignment);
}

/// The subscription of a file, or an empty one; nothing when that was no JSON object, which was said then.
std::optional<Json> base_of(const std::string& file, const Dialogue& dialogue) {
  if (file.empty()) return Json::object();
  const auto content = content_of(file);
  if (!content) {
    dialogue.fail(refused, escaped(file) + " cannot be read");
    return std::nullopt;
  }
  auto parsed = parse_json(*content);
  if (parsed && parsed->is_object()) return std::move(*parsed);
  dialogue.fail(refused, escaped(file) + " " + (parsed ? "is no JSON object" : parsed.error().message));
  return std::nullopt;
}

void create(const SubscriptionChange& change, const Dialogue& dialogue) {
  if (change.file.empty() && !change.wish.topic) {
    return dialogue.fail(wrong_usage, "a subscription has a --topic; or it comes from a --file");
  }
  auto body = base_of(change.file, dialogue);
  if (!body) return;
  apply(change.wish, *body);
  dialogue.print({.method = "POST",
                  .target = path_of({"v1", "subscriptions"}) + (change.dry_run ? "?dry_run=true" : ""),
                  .body = std::move(*body)},
                 views::subscription);
}

void update(const SubscriptionChange& change, const Dialogue& dialogue) {
  if (change.file.empty() && change.wish.is_empty()) {
    return dialogue.fail(wrong_usage, "nothing is named that is to be changed; --help tells what there is");
  }
  Json body;
  if (change.file.empty()) {
    auto answer = dialogue.ask({.target = target_of(change.id)});
    if (!answer) return;
    body = std::move(answer->body);
    body.erase("status");
  } else if (auto base = base_of(change.file, dialogue)) {
    body = std::move(*base);
  } else {
    return;
  }
  apply(change.wish, body);
  dialogue.print({.method = "PUT", .target = target_of(change.id), .body = std::move(body)}, views::subscription);
}

/// Fine only if a real event would have been delivered.
void test(const std::string& id, const Dialogue& dialogue) {
  const auto answer = dialogue.ask({.method = "POST", .target = target_of(id) + ":test", .patience = test_patience});
  if (!answer) return;
  dialogue.show(answer->body, views::sink_test);
  const auto would_be = answer->body.at("would_be").get<std::string>();
  if (would_be != "delivered") dialogue.fail(refused, "an event would not have been delivered: " + escaped(would_be));
}

CLI::App* command(CLI::App& sub, const char* verb, const char* about, SubscriptionChange& change) {
  auto* added = sub.add_subcommand(verb, about)->fallthrough();
  added->add_option("subscription", change.id, "its id")->required();
  return added;
}

void add_changes(CLI::App& sub, const Dialogue& dialogue, const std::shared_ptr<SubscriptionChange>& change) {
  auto* made = sub.add_subcommand("create", "Makes one")->fallthrough();
  add_text(*made, "--topic", change->wish.topic, "what is subscribed to");
  add_text(*made, "--from", change->wish.from, "earliest, latest, or a time (RFC 3339); latest unless it is given");
  add_wish(*made, change->wish);
  made->add_option("-f,--file", change->file, "a whole one as JSON; - reads standard input; options come on top");
  made->add_flag("--dry-run", change->dry_run, "only judges it");
  made->callback([change, &dialogue] { create(*change, dialogue); });

  auto* changed = command(sub, "update", "Changes what is named, and nothing else", *change);
  add_wish(*changed, change->wish);
  changed->add_option("--unset", change->wish.unset, "a key of the config that is to have its default again")
      ->allow_extra_args(false);
  changed->add_option("-f,--file", change->file, "takes the place of all that it was; - reads standard input");
  changed->footer(
      "An empty value takes away what was there: --filter '' lets every event pass, --sink '' makes it pull.");
  changed->callback([change, &dialogue] { update(*change, dialogue); });

  auto* removed = command(sub, "delete", "Deletes one, and what is known of its events", *change);
  removed->add_flag("-y,--yes", change->yes, "without being asked");
  removed->callback([change, &dialogue] {
    const auto doubt = "Delete subscription " + change->id + " with all that is known of its events?";
    if (!dialogue.is_agreed(change->yes, doubt)) return;
    dialogue.print({.method = "DELETE", .target = target_of(change->id)}, views::subscription);
  });
}

}  // namespace

void add_subscriptions(CLI::App& app, const Dialogue& dialogue) {
  auto& sub = *app.add_subcommand("sub", "Subscriptions: who wants which events")->require_subcommand(0, 1);
  sub.fallthrough();
  const auto change = std::make_shared<SubscriptionChange>();
  sub.add_subcommand("ls", "All of them, and how they fare")->fallthrough()->callback([&dialogue] {
    dialogue.print({.target = path_of({"v1", "subscriptions"})}, views::subscriptions);
  });
  command(sub, "show", "What one is, how it fares, and its configuration", *change)->callback([change, &dialogue] {
    dialogue.print({.target = target_of(change->id)}, views::subscription);
  });
  add_changes(sub, dialogue, change);
  command(sub, "resume", "Lets one go on that was suspended", *change)->callback([change, &dialogue] {
    dialogue.print({.method = "POST", .target = target_of(change->id) + ":resume"}, views::subscription);
  });
  auto* tested = command(sub, "test", "Asks its sink, and sends it one event that is made up", *change);
  tested->footer(
      "Of web hooks only. Nothing else changes: no event is touched, and one that is suspended stays so. Fine (0) only "
      "if a real event would have been delivered.");
  tested->callback([change, &dialogue] { test(change->id, dialogue); });
  add_deliveries(sub, dialogue);
}

}  // namespace millrace::cli
