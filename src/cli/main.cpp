// millrace, the operator's command line: noun, then verb. It asks a running broker over HTTP and changes nothing
// itself.

#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdlib>
#include <iostream>

#include "commands.hpp"
#include "dialogue.hpp"
#include "millrace/core/escaped.hpp"

namespace millrace::cli {

int complain(int code, const std::string& what) {
  std::cerr << "millrace: " << what << "\n";
  return code;
}

std::string topic_hint(const Error& error, const std::string& topic) {
  if (error.code == Errc::not_found) {
    return error.message + "\nmillrace topic ls tells which do; millrace topic create " + escaped(topic) + " makes it";
  }
  if (error.code == Errc::io)
    return error.message + "\nIs it running? Name its Kafka address with --bootstrap host:port";
  return error.message;
}

Paint paint_of(const Common& common) {
  const auto wish = common.colour == "always"  ? Colour::always
                    : common.colour == "never" ? Colour::never
                                               : Colour::automatic;
  return Paint(is_painted(wish, ::isatty(STDOUT_FILENO) != 0, std::getenv("NO_COLOR"), std::getenv("TERM")));
}

void add_bootstrap(CLI::App& command, std::string& bootstrap) {
  command.add_option("--bootstrap", bootstrap, "host:port[,host:port] of Kafka; else what the server says")
      ->envname("MILLRACE_BOOTSTRAP");
}

namespace {

/// What is to be said when a noun stands there without its verb, or nothing at all.
std::optional<std::string> missing_word(const CLI::App& app) {
  const auto* last = &app;
  while (!last->get_subcommands().empty()) last = last->get_subcommands().front();
  std::string known;
  for (const auto* each : last->get_subcommands({})) known += (known.empty() ? "" : ", ") + each->get_name();
  if (known.empty() || last->get_name() == "cluster") return std::nullopt;
  return "after \"" + last->get_name() + "\" comes one of " + known + "; --help tells more";
}

int run(int count, char** arguments) {
  CLI::App app("Asks a millrace broker what it holds and who reads it.", "millrace");
  app.set_version_flag("--version", "millrace " MILLRACE_VERSION);
  app.require_subcommand(0, 1);
  Common common;
  app.add_option("--server", common.server, "host:port, or unix:/path/admin.sock")->envname("MILLRACE_SERVER");
  app.add_option("-o,--output", common.output, "names alone with id; raw: values, of consume")
      ->check(CLI::IsMember({"table", "json", "id", "raw"}));
  app.add_option("--color", common.colour, "on a terminal, unless NO_COLOR is set; or always, or never")
      ->check(CLI::IsMember({"auto", "always", "never"}));

  int code = done;
  const Dialogue dialogue(common, code);
  const auto print = [&dialogue](Question question, const View& view) { dialogue.print(std::move(question), view); };
  add_queries(app, print);
  add_config_commands(app, print);
  add_group_changes(*app.get_subcommand("group"), print, code);
  add_topic_changes(*app.get_subcommand("topic"), print, code);
  add_produce(app, common, code);
  add_consume(app, common, code);
  add_event_commands(app, print, code);
  add_subscriptions(app, dialogue);
  add_dead_letters(app, dialogue);
  add_views(app, dialogue);
  add_rules(app, dialogue);
  add_log(app, common, code);
  auto& generate = *app.add_subcommand("generate", "Files for other programs")->require_subcommand(0, 1)->fallthrough();
  add_generate_metrics(generate);
  add_generate(generate, app, code);
  try {
    app.parse(count, arguments);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) return app.exit(error);  // help, or the version
    return complain(wrong_usage, std::string(error.what()) + "\n--help tells what there is");
  } catch (const nlohmann::json::exception& missing) {
    return complain(unreachable, std::string("the broker's answer is not as expected: ") + missing.what());
  }
  if (const auto missing = missing_word(app)) return complain(wrong_usage, *missing);
  std::cout.flush();
  return std::cout ? code : complain(refused, "the output could not be written");
}

}  // namespace
}  // namespace millrace::cli

int main(int count, char** arguments) { return millrace::cli::run(count, arguments); }
