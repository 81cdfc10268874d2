#include "dialogue.hpp"

#include <iostream>

#include "addresses.hpp"
#include "confirm.hpp"
#include "problem_text.hpp"

namespace millrace::cli {

namespace {

/// For somebody who named what does not exist.
std::string list_hint(const std::string& target) {
  if (target.starts_with("/v1/topics")) return "\nmillrace topic ls tells which topics there are";
  if (target.starts_with("/v1/groups")) return "\nmillrace group ls tells which groups there are";
  if (target.starts_with("/v1/subscriptions/")) return "\nmillrace sub ls tells which subscriptions there are";
  if (target.starts_with("/v1/dead-letters")) return "\nmillrace dlq ls tells where dead letters are";
  if (target.starts_with("/v1/redrives/")) return "\nmillrace dlq jobs ls tells which jobs there are";
  if (target.starts_with("/v1/views/")) return "\nmillrace view ls tells which views there are";
  if (target.starts_with("/v1/rules/")) return "\nmillrace rule ls tells which rules there are";
  return "";
}

}  // namespace

std::optional<Answer> Dialogue::ask(Question question) const {
  if (common_.output == "raw") {
    fail(wrong_usage, "-o raw is for consume; this command has table, json, id");
    return std::nullopt;
  }
  const auto server = parse_server(common_.server.empty() ? default_server() : common_.server);
  if (!server) {
    fail(wrong_usage, server.error().message);
    return std::nullopt;
  }
  const auto hint = list_hint(question.target);
  auto answer = cli::ask(*server, std::move(question));
  if (!answer) {
    fail(unreachable, answer.error().message + "\n" + server_hint);
    return std::nullopt;
  }
  if (!is_problem(answer->body)) return std::move(*answer);
  if (common_.output == "json") std::cout << answer->body.dump(2) << "\n";
  fail(refused, problem_text(answer->body) + (answer->status == 404 ? hint : ""));
  return std::nullopt;
}

void Dialogue::show(const Json& body, const View& view) const {
  if (common_.output == "json") {
    std::cout << body.dump(2) << "\n";
  } else {
    std::cout << (common_.output == "id" ? view.ids(body) : view.text(body, paint()));
  }
}

void Dialogue::print(Question question, const View& view) const {
  const auto answer = ask(std::move(question));
  if (!answer) return;
  code_ = answer->status < 400 ? done : refused;
  if (!answer->body.is_null()) show(answer->body, view);
}

bool Dialogue::is_agreed(bool yes, const std::string& doubt) const {
  if (yes || confirmed(doubt)) return true;
  code_ = wrong_usage;
  return false;
}

}  // namespace millrace::cli
