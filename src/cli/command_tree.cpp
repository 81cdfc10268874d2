#include "command_tree.hpp"

#include <CLI/CLI.hpp>

namespace millrace::cli {

namespace {

/// CLI11 describes what may be chosen as "TEXT:{table,json}".
std::vector<std::string> choices_in(const std::string& type) {
  std::vector<std::string> choices;
  const auto open = type.find('{'), close = type.find('}');
  if (open == std::string::npos || close == std::string::npos) return choices;
  for (auto at = open + 1; at < close;) {
    const auto comma = std::min(type.find(',', at), close);
    choices.push_back(type.substr(at, comma - at));
    at = comma + 1;
  }
  return choices;
}

Kind kind_of(const std::string& name, bool has_choices) {
  if (has_choices) return Kind::choice;
  if (name == "topic") return Kind::topic;
  if (name == "group") return Kind::group;
  if (name == "subscription") return Kind::subscription;
  if (name == "dlq-topic") return Kind::dead_letter_topic;
  if (name == "job") return Kind::redrive_job;
  if (name == "view") return Kind::view;
  if (name == "rule") return Kind::rule;
  if (name == "directory" || name == "data-dir") return Kind::directory;
  if (name == "file" || name == "config" || name == "program") return Kind::file;
  return Kind::text;
}

Argument argument_of(const CLI::Option& option) {
  Argument argument;
  for (const auto& name : option.get_snames()) argument.names.push_back("-" + name);
  for (const auto& name : option.get_lnames()) argument.names.push_back("--" + name);
  if (argument.names.empty()) argument.names.push_back(option.get_name());
  argument.about = option.get_description();
  argument.takes_value = option.get_expected_max() > 0 && option.get_items_expected_max() > 0;
  argument.is_required = option.get_required();
  argument.is_repeated = option.get_items_expected_max() > 1;
  argument.choices = argument.takes_value ? choices_in(option.get_type_name()) : std::vector<std::string>();
  const auto& last = argument.names.back();
  argument.kind = kind_of(last.starts_with("--") ? last.substr(2) : last, !argument.choices.empty());
  argument.variable = option.get_envname();
  return argument;
}

void reach(const Command& command, const std::string& path, std::vector<Reached>& all) {
  all.push_back({path, &command});
  for (const auto& child : command.children) reach(child, path.empty() ? child.name : path + " " + child.name, all);
}

}  // namespace

Command command_tree(const CLI::App& app) {
  Command command{.name = app.get_name(),
                  .about = app.get_description(),
                  .footer = app.get_footer(),
                  .arguments = {},
                  .children = {}};
  for (const auto* option : app.get_options([](const CLI::Option*) { return true; })) {
    command.arguments.push_back(argument_of(*option));
  }
  for (const auto* child : app.get_subcommands([](const CLI::App*) { return true; })) {
    command.children.push_back(command_tree(*child));
  }
  return command;
}

std::vector<Reached> all_commands(const Command& root) {
  std::vector<Reached> all;
  reach(root, "", all);
  return all;
}

}  // namespace millrace::cli
