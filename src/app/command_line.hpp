#pragma once
// From flags, environment and file to Settings, and where each value came from.
//
// The first of these that sets a key wins: flag, environment, file, default. Everything is judged before anything is
// used: an unknown key or variable, a value that is not allowed, a rule between keys that does not hold; each is named
// with its place and what is allowed, all of them at once. There is no file unless --config or MILLRACE_CONFIG names
// it.
//
// CLI11 reads the flags and prints --help. It takes neither the environment nor the file from us: its order is file
// before environment, and its file reader keeps no line numbers and skips what it does not understand.
// Pure but for the file, which is read through the function given.

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "millrace/core/result.hpp"
#include "settings.hpp"

namespace millrace::app {

struct Inputs {
  std::vector<std::string> arguments;              ///< without the program's name
  std::map<std::string, std::string> environment;  ///< all of it
  std::function<Result<std::string>(const std::string& path)> read_file;
};

enum class Action { run, check_config, print_config, version, help };

struct Loaded {
  Action action = Action::run;
  Settings settings;
  /// Where each value came from, in the order of keys(): "default", "millrace.toml:12", "MILLRACE_THREADS",
  /// "--threads".
  std::vector<std::string> origins;
  std::string config_file;  ///< empty when there was none
  std::string help;         ///< for Action::help; nothing else is looked at then, nor for version
};

/// Errc::invalid with one line per thing that is wrong; whatever read_file fails with.
[[nodiscard]] Result<Loaded> load(const Inputs& inputs);

}  // namespace millrace::app
