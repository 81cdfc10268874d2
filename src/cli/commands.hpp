#pragma once
// The commands: which words, and what each asks the broker.

#include <CLI/CLI.hpp>
#include <functional>

#include "client.hpp"
#include "paint.hpp"
#include "views.hpp"

namespace millrace::cli {

// Stable, and written down in docs/millrace.md.
inline constexpr int done = 0, refused = 1, wrong_usage = 2, unreachable = 3;

/// What stands before or behind any command.
struct Common {
  std::string server;  ///< empty: default_server()
  std::string output = "table";
  std::string colour = "auto";
};

/// Says on standard error what is wrong; gives `code`.
int complain(int code, const std::string& what);
/// 3 when nobody answered, else 1.
[[nodiscard]] inline int exit_code_of(const Error& error) { return error.code == Errc::io ? unreachable : refused; }
/// Of an address that was not to be had: 3 when nobody answered, else it was not understood.
[[nodiscard]] inline int address_code(const Error& error) { return error.code == Errc::io ? unreachable : wrong_usage; }
/// What is wrong with the topic, and what to do about it.
[[nodiscard]] std::string topic_hint(const Error& error, const std::string& topic);
/// For standard output.
[[nodiscard]] Paint paint_of(const Common& common);
/// --bootstrap, for commands that are Kafka clients.
void add_bootstrap(CLI::App& command, std::string& bootstrap);

/// Asks the broker and prints the answer.
using Print = std::function<void(Question question, const View& view)>;

/// Asks the broker more than once; dialogue.hpp.
class Dialogue;

/// What shows and changes nothing.
void add_queries(CLI::App& app, const Print& print);
/// config ls, get, set, unset, log-level.
void add_config_commands(CLI::App& app, const Print& print);
/// group reset, rm.
void add_group_changes(CLI::App& group, const Print& print, int& code);
/// topic create, alter, trim, rm. `code` is set when a command ends without asking.
void add_topic_changes(CLI::App& topic, const Print& print, int& code);
/// event send, validate, convert.
void add_event_commands(CLI::App& app, const Print& print, int& code);
/// sub, with sub receive and what settles; `dialogue` outlives the commands, as it does below.
void add_subscriptions(CLI::App& app, const Dialogue& dialogue);
void add_deliveries(CLI::App& sub, const Dialogue& dialogue);
/// dlq, and in it redrive and discard, reject, edit and adopt, export and import, jobs, policy.
void add_dead_letters(CLI::App& app, const Dialogue& dialogue);
void add_letter_changes(CLI::App& dlq, const Dialogue& dialogue);
void add_letter_reject(CLI::App& dlq, const Dialogue& dialogue);
void add_letter_editing(CLI::App& dlq, const Dialogue& dialogue);
void add_letter_files(CLI::App& dlq, const Dialogue& dialogue);
void add_redrive_jobs(CLI::App& dlq, const Dialogue& dialogue);
void add_policy(CLI::App& dlq, const Dialogue& dialogue);
/// view ls, show, create, delete.
void add_views(CLI::App& app, const Dialogue& dialogue);

/// rule ls, show, create, delete.
void add_rules(CLI::App& app, const Dialogue& dialogue);
/// generate dashboard, alerts, prometheus: files, made without a broker.
void add_generate_metrics(CLI::App& generate);
/// produce and consume: as a Kafka client.
void add_produce(CLI::App& app, const Common& common, int& code);
void add_consume(CLI::App& app, const Common& common, int& code);
/// log dump, log verify: files of a stopped broker, without one that is running.
void add_log(CLI::App& app, const Common& common, int& code);
/// generate systemd, completion, man: the last two from the tree of all commands, `app`.
void add_generate(CLI::App& generate, const CLI::App& app, int& code);

}  // namespace millrace::cli
