#include <memory>

#include "assignments.hpp"
#include "commands.hpp"

namespace millrace::cli {

namespace {

struct ConfigChange {
  std::string key;
  std::vector<std::string> words;
  bool dry_run = false;
};

void alter(const Print& print, const Json& configs, bool dry_run) {
  print({.method = "PATCH",
         .target = path_of({"v1", "config"}) + (dry_run ? "?dry_run=true" : ""),
         .body = Json{{"configs", configs}}},
        views::configs);
}

void add_changes(CLI::App& config, const Print& print, const std::shared_ptr<ConfigChange>& change) {
  auto* set = config.add_subcommand("set", "Sets what topics follow, while the broker runs")->fallthrough();
  set->add_option("assignments", change->words, "key=value, as often as wanted")->required()->check(is_assignment);
  set->add_flag("--dry-run", change->dry_run, "only judges it");
  set->callback([change, print] { alter(print, object_of(change->words), change->dry_run); });

  auto* unset = config.add_subcommand("unset", "Lets what was set go: the file's value counts again")->fallthrough();
  unset->add_option("keys", change->words, "as often as wanted")->required();
  unset->add_flag("--dry-run", change->dry_run, "only judges it");
  unset->callback([change, print] {
    auto configs = Json::object();
    for (const auto& key : change->words) configs[key] = nullptr;
    alter(print, configs, change->dry_run);
  });
}

}  // namespace

void add_config_commands(CLI::App& app, const Print& print) {
  const auto change = std::make_shared<ConfigChange>();
  auto& config = *app.add_subcommand("config", "Configurations of the broker")->require_subcommand(0, 1)->fallthrough();
  config.add_subcommand("ls", "All of them, with value, default and source")->fallthrough()->callback([print] {
    print({.target = path_of({"v1", "config"})}, views::configs);
  });
  auto* get = config.add_subcommand("get", "One, and what it means")->fallthrough();
  get->add_option("key", change->key, "its name, or the one that Kafka has for it")->required();
  get->callback([change, print] { print({.target = path_of({"v1", "config", change->key})}, views::config); });
  add_changes(config, print, change);
  auto* level = config.add_subcommand("log-level", "How much each folder says; sets it, until the broker stops");
  level->fallthrough()
      ->add_option("levels", change->words, "folder=error|warn|info|debug; else shows them")
      ->check(is_assignment);
  level->callback([change, print] {
    if (change->words.empty()) return print({.target = path_of({"v1", "loggers"})}, views::loggers);
    print({.method = "PATCH", .target = path_of({"v1", "loggers"}), .body = Json{{"levels", object_of(change->words)}}},
          views::loggers);
  });
}

}  // namespace millrace::cli
