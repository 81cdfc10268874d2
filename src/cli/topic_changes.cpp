#include <memory>

#include "assignments.hpp"
#include "commands.hpp"
#include "confirm.hpp"
#include "places.hpp"

namespace millrace::cli {

namespace {

struct TopicChange {
  std::string topic;
  int partitions = 0;  ///< 0: the broker's default
  std::vector<std::string> set;
  std::vector<std::string> unset;
  std::string before;
  std::vector<std::uint32_t> only;  ///< partitions; none: all
  bool dry_run = false;
  bool yes = false;
};

Json configs_of(const TopicChange& change) {
  auto configs = object_of(change.set);
  for (const auto& key : change.unset) configs[key] = nullptr;
  return configs;
}

std::string target(std::vector<std::string> path, bool dry_run) {
  return path_of(path) + (dry_run ? "?dry_run=true" : "");
}

CLI::App* command(CLI::App& topic, const char* verb, const char* about, TopicChange& change) {
  auto* added = topic.add_subcommand(verb, about)->fallthrough();
  added->add_option("topic", change.topic, "its name")->required();
  return added;
}

}  // namespace

void add_topic_changes(CLI::App& topic, const Print& print, int& code) {
  const auto change = std::make_shared<TopicChange>();
  auto* create = command(topic, "create", "Makes one", *change);
  create->add_option("-p,--partitions", change->partitions, "how many; else the broker's default")
      ->check(CLI::PositiveNumber);
  create->add_option("-c,--config", change->set, "key=value, as often as wanted")->check(is_assignment);
  create->add_flag("--dry-run", change->dry_run, "shows what would be made");
  create->callback([change, print] {
    Json body{{"name", change->topic}, {"configs", configs_of(*change)}};
    if (change->partitions > 0) body["partitions"] = change->partitions;
    print({.method = "POST", .target = target({"v1", "topics"}, change->dry_run), .body = std::move(body)},
          views::changed_topic);
  });

  auto* alter = command(topic, "alter", "Sets configurations of one, lets them go, adds partitions", *change);
  alter->add_option("--set", change->set, "key=value, as often as wanted")->check(is_assignment);
  alter->add_option("--unset", change->unset, "a key that is to have its default again");
  alter->add_option("-p,--partitions", change->partitions, "how many it is to have, more than it has")
      ->check(CLI::PositiveNumber);
  alter->add_flag("--dry-run", change->dry_run, "shows what it would have");
  alter->callback([change, print] {
    if (change->set.empty() && change->unset.empty() && change->partitions == 0) {
      throw CLI::RequiredError("--set, --unset or --partitions");
    }
    Json body{{"configs", configs_of(*change)}};
    if (change->partitions > 0) body["partitions"] = change->partitions;
    print({.method = "PATCH",
           .target = target({"v1", "topics", change->topic}, change->dry_run),
           .body = std::move(body)},
          views::changed_topic);
  });

  auto* trim = command(topic, "trim", "Deletes its oldest records", *change);
  trim->add_option("--before", change->before, "an offset, a time (RFC 3339), or latest for all records")->required();
  trim->add_option("-p,--partition", change->only, "as often as wanted; else all");
  trim->add_flag("--dry-run", change->dry_run, "shows what would go");
  trim->add_flag("-y,--yes", change->yes, "without being asked");
  trim->callback([change, print, &code] {
    auto body = place_of(change->before);
    if (!change->only.empty()) body["partitions"] = change->only;
    const auto path = std::vector<std::string>{"v1", "topics", change->topic, "trim"};
    if (change->dry_run || !change->yes) {
      print({.method = "POST", .target = target(path, true), .body = body}, views::trimmed);
      if (change->dry_run || code != done) return;
      const auto question = "Delete all records of " + change->topic + " before these starts?";
      if (!confirmed_by_name(question, change->topic)) {
        code = wrong_usage;
        return;
      }
    }
    print({.method = "POST", .target = target(path, false), .body = std::move(body)}, views::trimmed);
  });

  auto* remove = command(topic, "rm", "Deletes one and all its records", *change);
  remove->add_flag("-y,--yes", change->yes, "without being asked");
  remove->callback([change, print, &code] {
    const auto question = "Delete topic " + change->topic + " with all its records?";
    if (!change->yes && !confirmed_by_name(question, change->topic)) {
      code = wrong_usage;
      return;
    }
    print({.method = "DELETE", .target = target({"v1", "topics", change->topic}, false)}, views::changed_topic);
  });
}

}  // namespace millrace::cli
