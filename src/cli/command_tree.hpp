#pragma once
// The commands as a tree of words with their options: what completions and the manual page are made of. It comes from
// the parser itself, so none of them can lag behind. Values.

#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace millrace::cli {

/// What stands for a value on the command line, as far as a shell can help with it.
enum class Kind {
  text,
  choice,
  topic,
  group,
  subscription,
  dead_letter_topic,
  redrive_job,
  view,
  rule,
  file,
  directory
};

struct Argument {
  std::vector<std::string> names;  ///< "-o", "--output"; one without dashes for what has no name on the line
  std::string about;
  bool takes_value = false;
  bool is_required = false;
  bool is_repeated = false;
  Kind kind = Kind::text;
  std::vector<std::string> choices;
  std::string variable;  ///< of the environment; empty: none

  [[nodiscard]] bool is_positional() const { return !names.front().starts_with('-'); }
};

struct Command {
  std::string name;
  std::string about;
  std::string footer;
  std::vector<Argument> arguments;
  std::vector<Command> children;
};

[[nodiscard]] Command command_tree(const CLI::App& app);

/// "topic describe" and the command it leads to, for each that can be reached; the root is "".
struct Reached {
  std::string path;
  const Command* command;
};
[[nodiscard]] std::vector<Reached> all_commands(const Command& root);

}  // namespace millrace::cli
