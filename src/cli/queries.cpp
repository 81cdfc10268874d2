#include "commands.hpp"

namespace millrace::cli {

namespace {

using Path = std::vector<std::string>;

CLI::App* query(CLI::App& noun, const char* verb, const char* about, Path path, const View& view, const Print& print) {
  auto* command = noun.add_subcommand(verb, about)->fallthrough();
  command->callback([path = std::move(path), &view, print] { print({.target = path_of(path)}, view); });
  return command;
}

/// Of one thing, which is named.
void query_one(CLI::App& noun, const char* verb, const char* about, Path path, const char* what, const View& view,
               const Print& print) {
  auto* command = noun.add_subcommand(verb, about)->fallthrough();
  auto* name = command->add_option(what, "its name")->required();
  command->callback([path = std::move(path), name, &view, print]() mutable {
    path.push_back(name->as<std::string>());
    print({.target = path_of(path)}, view);
  });
}

}  // namespace

void add_queries(CLI::App& app, const Print& print) {
  auto& cluster = *app.add_subcommand("cluster", "Ids, version, topics, free space");
  cluster.require_subcommand(0, 1)->fallthrough()->callback([&cluster, print] {
    if (cluster.get_subcommands().empty()) print({.target = path_of({"v1", "cluster"})}, views::cluster);
  });
  query(cluster, "connections", "Who is connected, since when, and what it did", {"v1", "connections"},
        views::connections, print);
  query(cluster, "log-dirs", "Where the logs are, and what takes the room", {"v1", "log-directories"},
        views::log_directories, print);
  query(app, "health", "Whether it serves; the exit code says so, too", {"health", "ready"}, views::health, print)
      ->footer("Exit code 0 when the broker is ready, 1 when it is not, 3 when nobody answers.");
  auto& topic = *app.add_subcommand("topic", "Topics")->require_subcommand(0, 1)->fallthrough();
  query(topic, "ls", "All of them", {"v1", "topics"}, views::topics, print);
  query_one(topic, "describe", "Partitions, sizes and configurations of one", {"v1", "topics"}, "topic", views::topic,
            print);
  auto& group = *app.add_subcommand("group", "Consumer groups")->require_subcommand(0, 1)->fallthrough();
  query(group, "ls", "All of them", {"v1", "groups"}, views::groups, print);
  query_one(group, "describe", "Members and lag of one", {"v1", "groups"}, "group", views::group, print);
}

}  // namespace millrace::cli
