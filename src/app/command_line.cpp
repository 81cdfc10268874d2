#include "command_line.hpp"

#include <CLI/App.hpp>
#include <CLI/Config.hpp>  // App.hpp alone does not link
#include <CLI/Formatter.hpp>
#include <algorithm>
#include <optional>

#include "config_file.hpp"
#include "keys.hpp"
#include "millrace/core/escaped.hpp"
#include "value_text.hpp"

namespace millrace::app {
namespace {

constexpr std::string_view variable_prefix = "MILLRACE_";
constexpr std::string_view config_variable = "MILLRACE_CONFIG";
constexpr std::size_t help_width = 80;  ///< of the words beside the flags

/// Variables with our prefix that are not ours: an orchestrator sets MILLRACE_SERVICE_HOST, MILLRACE_PORT_9092_TCP and
/// the like for a service of this name, our own tests have theirs, and the command line has two.
bool is_foreign_variable(std::string_view name) {
  name.remove_prefix(variable_prefix.size());
  return name.starts_with("SERVICE_") || name == "PORT" || name.starts_with("PORT_") || name.starts_with("TEST_") ||
         name.starts_with("E2E_") || name.starts_with("SEED") || name == "SERVER" || name == "BOOTSTRAP";
}

struct Given {
  Texts values;
  std::string origin;
};

using GivenByKey = std::map<std::string, Given>;

std::string joined(const Texts& texts, std::string_view separator) {
  std::string out;
  for (const std::string& text : texts) out += (out.empty() ? "" : std::string(separator)) + text;
  return out;
}

std::string unknown(const std::string& what, const std::string& name, const Texts& known) {
  const std::string meant = nearest(name, known);
  return "unknown " + what + " " + escaped(name) +
         (meant.empty() ? "; --print-config lists all keys" : "; did you mean " + meant + "?");
}

class Loader {
 public:
  explicit Loader(const Inputs& inputs) : inputs_(inputs) {}

  Result<Loaded> load() {
    if (auto parsed = read_flags(); !parsed) return failure_of(parsed);
    if (loaded_.action == Action::help || loaded_.action == Action::version) return std::move(loaded_);
    read_environment();
    if (auto read = read_file(); !read) return failure_of(read);
    apply();
    if (wrong_.empty()) wrong_ = broken_rules(loaded_.settings);
    if (!wrong_.empty()) return failure(Errc::invalid, joined(wrong_, "\n"));
    return std::move(loaded_);
  }

 private:
  Result<void> read_flags();
  void read_environment();
  Result<void> read_file();
  void apply();
  std::string default_data_dir() const;

  std::optional<std::string> variable(std::string_view name) const {
    const auto found = inputs_.environment.find(std::string(name));
    if (found == inputs_.environment.end() || found->second.empty()) return std::nullopt;
    return found->second;
  }

  const Inputs& inputs_;
  Loaded loaded_;
  GivenByKey flags_;
  GivenByKey environment_;
  GivenByKey file_;
  Texts wrong_;
};

Result<void> Loader::read_flags() {
  CLI::App app("millraced keeps events in partitioned logs and serves them to Kafka clients.", "millraced");
  app.footer(
      "Every key is also MILLRACE_KEY in the environment and key = value in the file. Flags win over the\n"
      "environment, the environment over the file.");
  app.allow_extras();
  app.set_help_flag("--help", "This page");
  const CLI::Option* const version = app.add_flag("--version")->description("The version, and nothing else");
  const CLI::Option* const check = app.add_flag("--check-config")->description("Judge the configuration and stop");
  const CLI::Option* const print =
      app.add_flag("--print-config")->description("Show each value and where it came from, and stop");
  app.add_option("--config", loaded_.config_file, "The configuration file")->type_name("PATH");
  std::map<std::string, const CLI::Option*> options;
  for (const Key& key : keys()) {
    const std::string about =
        wrapped(key.about, "", help_width) + wrapped("Must be " + key.allowed + ".", "", help_width);
    options[key.name] =
        app.add_option(key.flag(), CLI::callback_t{}, about)->group(key.section)->type_name("VALUE")->take_all();
  }

  try {
    app.parse(std::vector<std::string>(inputs_.arguments.rbegin(), inputs_.arguments.rend()));
  } catch (const CLI::CallForHelp&) {
    loaded_.action = Action::help;
    loaded_.help = app.help();
    return {};
  } catch (const CLI::ParseError& error) {
    return failure(Errc::invalid, "command line: " + escaped(error.what()));
  }

  if (const Texts extras = app.remaining(); !extras.empty()) {
    Texts known{"--config", "--check-config", "--print-config", "--version", "--help"};
    for (const Key& key : keys()) known.push_back(key.flag());
    return failure(Errc::invalid, "command line: " + unknown("argument", extras.front(), known));
  }
  for (const auto& [name, option] : options) {
    if (option->count() > 0) flags_[name] = {option->results(), find_key(name)->flag()};
  }
  if (version->count() > 0) {
    loaded_.action = Action::version;
  } else if (check->count() > 0) {
    loaded_.action = Action::check_config;
  } else if (print->count() > 0) {
    loaded_.action = Action::print_config;
  }
  return {};
}

void Loader::read_environment() {
  Texts known;
  for (const Key& key : keys()) known.push_back(key.variable());
  for (const auto& [name, value] : inputs_.environment) {
    if (!name.starts_with(variable_prefix) || name == config_variable || is_foreign_variable(name)) continue;
    const auto found = std::find(known.begin(), known.end(), name);
    if (found == known.end()) {
      wrong_.push_back("environment: " + unknown("variable", name, known));
    } else {
      environment_[keys()[static_cast<std::size_t>(found - known.begin())].name] = {{value}, name};
    }
  }
}

Result<void> Loader::read_file() {
  if (loaded_.config_file.empty()) loaded_.config_file = variable(config_variable).value_or("");
  if (loaded_.config_file.empty()) return {};
  const std::string& path = loaded_.config_file;
  const auto text = inputs_.read_file(path);
  if (!text) return Failure(text.error().within("configuration file " + escaped(path)));
  auto entries = read_config_file(*text, path);
  if (!entries) return failure_of(entries);
  Texts known;
  for (const Key& key : keys()) known.push_back(key.name);
  for (FileEntry& entry : *entries) {
    const std::string origin = path + ":" + std::to_string(entry.line);
    if (find_key(entry.key) == nullptr) {
      wrong_.push_back(origin + ": " + unknown("key", entry.key, known));
    } else {
      file_[entry.key] = {std::move(entry.values), origin};
    }
  }
  return {};
}

void Loader::apply() {
  for (const Key& key : keys()) {
    // Each source is judged, also where another one wins: a mistake in the file does not wait for a flag to go away.
    std::string origin = "default";
    for (const GivenByKey* source : {&file_, &environment_, &flags_}) {
      const auto given = source->find(key.name);
      if (given == source->end()) continue;
      origin = given->second.origin;
      if (key.read(loaded_.settings, given->second.values)) continue;
      wrong_.push_back(origin + ": " + key.name + " = " + escaped(joined(given->second.values, ", ")) + ": must be " +
                       key.allowed);
    }
    loaded_.origins.push_back(std::move(origin));
  }
  if (loaded_.settings.data_dir.empty()) loaded_.settings.data_dir = default_data_dir();
  if (loaded_.settings.data_dir.empty()) {
    wrong_.push_back("data_dir: there is no default without HOME or XDG_DATA_HOME; set it");
  }
}

std::string Loader::default_data_dir() const {
  // systemd gives a list with colons when a unit has several; ours has one.
  if (const auto state = variable("STATE_DIRECTORY")) return state->substr(0, state->find(':'));
  if (const auto data = variable("XDG_DATA_HOME")) return *data + "/millrace";
  if (const auto home = variable("HOME")) return *home + "/.local/share/millrace";
  return {};
}

}  // namespace

Result<Loaded> load(const Inputs& inputs) { return Loader(inputs).load(); }

}  // namespace millrace::app
