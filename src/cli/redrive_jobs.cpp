// millrace dlq jobs: what redrives dead letters, one after the other.

#include <memory>

#include "dialogue.hpp"

namespace millrace::cli {

namespace {

using Id = std::shared_ptr<std::string>;

CLI::App* command(CLI::App& jobs, const char* verb, const char* about, const Id& id) {
  auto* added = jobs.add_subcommand(verb, about)->fallthrough();
  added->add_option("job", *id, "its id")->required();
  return added;
}

void add_order(CLI::App& jobs, const char* verb, const char* about, const Id& id, const Dialogue& dialogue) {
  command(jobs, verb, about, id)->callback([id, verb, &dialogue] {
    dialogue.print({.method = "POST", .target = path_of({"v1", "redrives", *id}) + ":" + verb}, views::redrive_job);
  });
}

}  // namespace

void add_redrive_jobs(CLI::App& dlq, const Dialogue& dialogue) {
  auto& jobs = *dlq.add_subcommand("jobs", "Jobs that redrive letters")->require_subcommand(0, 1)->fallthrough();
  jobs.add_subcommand("ls", "All of them, and how far they are")->fallthrough()->callback([&dialogue] {
    dialogue.print({.target = path_of({"v1", "redrives"})}, views::redrive_jobs);
  });
  const auto id = std::make_shared<std::string>();
  command(jobs, "show", "How far one is", id)->callback([id, &dialogue] {
    dialogue.print({.target = path_of({"v1", "redrives", *id})}, views::redrive_job);
  });
  add_order(jobs, "pause", "Stops one for a while", id, dialogue);
  add_order(jobs, "resume", "Lets one go on that was stopped", id, dialogue);
  add_order(jobs, "cancel", "Ends one; what it has not redriven stays a dead letter", id, dialogue);
  command(jobs, "rm", "Forgets one that has ended", id)->callback([id, &dialogue] {
    dialogue.print({.method = "DELETE", .target = path_of({"v1", "redrives", *id})}, views::redrive_job);
  });
}

}  // namespace millrace::cli
