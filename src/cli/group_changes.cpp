#include <memory>

#include "commands.hpp"
#include "confirm.hpp"
#include "places.hpp"

namespace millrace::cli {

namespace {

struct GroupChange {
  std::string group;
  std::string to;
  std::vector<std::string> topics;
  bool dry_run = false;
  bool yes = false;
};

std::string is_topic(const std::string& text) {
  Json unused;
  const auto read = add_partitions(unused, text);
  return read ? "" : read.error().message;
}

Json body_of(const GroupChange& change) {
  auto body = place_of(change.to);
  for (const auto& text : change.topics) static_cast<void>(add_partitions(body["topics"], text));
  return body;
}

CLI::App* command(CLI::App& group, const char* verb, const char* about, GroupChange& change) {
  auto* added = group.add_subcommand(verb, about)->fallthrough();
  added->add_option("group", change.group, "its name")->required();
  return added;
}

void add_reset(CLI::App& group, const Print& print, int& code, const std::shared_ptr<GroupChange>& change) {
  auto* reset = command(group, "reset", "Sets where it goes on reading, also while its members read", *change);
  reset->add_option("--to", change->to, "earliest, latest, an offset, a time (RFC 3339), or --to=-5 and --to=+5")
      ->required();
  reset->add_option("-t,--topic", change->topics, "TOPIC or TOPIC:0,2, as often as wanted; else all that it reads")
      ->check(is_topic);
  reset->add_flag("--dry-run", change->dry_run, "shows where it would go on");
  reset->add_flag("-y,--yes", change->yes, "without being asked");
  reset->callback([change, print, &code] {
    const auto path = path_of({"v1", "groups", change->group, "reset"});
    const auto body = body_of(*change);
    if (change->dry_run || !change->yes) {
      print({.method = "POST", .target = path + "?dry_run=true", .body = body}, views::reset);
      if (change->dry_run || code != done) return;
      if (!confirmed("Let group " + change->group + " go on there?")) {
        code = wrong_usage;
        return;
      }
    }
    print({.method = "POST", .target = path, .body = body}, views::reset);
  });
}

}  // namespace

void add_group_changes(CLI::App& group, const Print& print, int& code) {
  const auto change = std::make_shared<GroupChange>();
  add_reset(group, print, code, change);
  auto* remove = command(group, "rm", "Deletes one that has no members, and what it committed", *change);
  remove->add_flag("-y,--yes", change->yes, "without being asked");
  remove->callback([change, print, &code] {
    const auto question = "Delete group " + change->group + " with all offsets that it committed?";
    if (!change->yes && !confirmed_by_name(question, change->group)) {
      code = wrong_usage;
      return;
    }
    print({.method = "DELETE", .target = path_of({"v1", "groups", change->group})}, views::reset);
  });
}

}  // namespace millrace::cli
