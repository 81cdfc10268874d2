// millrace sub receive, ack and the like: the events of a subscription that is asked for them, over HTTP.

#include <iostream>
#include <memory>

#include "dialogue.hpp"
#include "durations.hpp"
#include "millrace/core/escaped.hpp"
#include "received_lines.hpp"

namespace millrace::cli {

namespace {

constexpr std::uint64_t answer_events_max = 1'000;  // of :receive, docs/http.md
constexpr std::int64_t wait_ms_max = 20'000;        // likewise

struct Receiving {
  std::string id;
  std::uint64_t max = 100;
  std::string wait = "0s";
  std::string consumer;
  bool ack = false;
};

struct Settling {
  std::string id;
  std::vector<std::string> tokens;
  std::string delay;
  std::string message;
  std::optional<int> code;
};

std::string target_of(const std::string& id, const char* verb) {
  return path_of({"v1", "subscriptions", id}) + ":" + verb;
}

std::string is_wait(const std::string& text) {
  const auto wait = milliseconds_of(text);
  if (!wait) return is_duration(text);
  return *wait <= wait_ms_max ? "" : "is more than 20s";
}

/// The answer to what was settled; says of each token that it was not.
std::optional<Answer> settle(const std::string& target, Json body, const Dialogue& dialogue) {
  auto answer = dialogue.ask({.method = "POST", .target = target, .body = std::move(body)});
  if (!answer) return std::nullopt;
  for (const auto& each : answer->body.at("failed")) {
    dialogue.fail(refused, "token " + escaped(each.at("token").get<std::string>()) + ": " +
                               escaped(each.at("error").get<std::string>()));
  }
  return answer;
}

void receive(const Receiving& wish, const Dialogue& dialogue) {
  auto wait = milliseconds_of(wish.wait).value_or(0);
  for (auto left = wish.max; left > 0 && dialogue.is_fine();) {
    auto target = target_of(wish.id, "receive");
    target += "?max_events=" + std::to_string(std::min(left, answer_events_max)) + "&wait_ms=" + std::to_string(wait);
    if (!wish.consumer.empty()) target += "&consumer=" + escaped_for_query(wish.consumer);
    const auto answer = dialogue.ask({.method = "POST", .target = target});
    if (!answer || answer->body.is_null()) return;
    const auto lines = received_lines(answer->text, dialogue.output());
    if (lines.empty()) return;
    auto tokens = Json::array();
    for (const auto& line : lines) {
      std::cout << line.text << "\n";
      tokens.push_back(line.token);
    }
    std::cout.flush();
    if (!std::cout) return;  // what was not printed is not acknowledged
    if (wish.ack) static_cast<void>(settle(target_of(wish.id, "acknowledge"), {{"tokens", tokens}}, dialogue));
    left -= std::min<std::uint64_t>(left, lines.size());
    wait = 0;
  }
}

void add_receive(CLI::App& sub, const Dialogue& dialogue) {
  const auto wish = std::make_shared<Receiving>();
  auto* command = sub.add_subcommand("receive", "Takes events, and prints each in a line")->fallthrough();
  command->add_option("subscription", wish->id, "its id")->required();
  command->add_option("--max", wish->max, "how many at most; 100 unless it is given")->check(CLI::PositiveNumber);
  command->add_option("--wait", wish->wait, "for the first one, up to 20s; not at all unless it is given")
      ->check(is_wait);
  command->add_option("--consumer", wish->consumer, "who takes them, for those who look");
  command->add_flag("--ack", wish->ack, "acknowledges what was printed");
  command->footer(
      "What is not acknowledged comes again when its lock runs out. -o json prints the lock and the record with each "
      "event, -o id the tokens alone, for sub ack.");
  command->callback([wish, &dialogue] { receive(*wish, dialogue); });
}

enum class Takes { nothing, delay, reason, reason_and_delay };

void add_settling(CLI::App& sub, const char* verb, const char* route, const char* about, Takes takes,
                  const Dialogue& dialogue) {
  const auto wish = std::make_shared<Settling>();
  auto* command = sub.add_subcommand(verb, about)->fallthrough();
  command->add_option("subscription", wish->id, "its id")->required();
  command->add_option("tokens", wish->tokens, "of what was received")->required();
  if (takes == Takes::delay || takes == Takes::reason_and_delay) {
    command->add_option("--delay", wish->delay, "how long it is put off, as 30s")->check(is_duration);
  }
  if (takes == Takes::reason || takes == Takes::reason_and_delay) {
    command->add_option("--code", wish->code, "of the failure, as the application has it");
    command->add_option("--message", wish->message, "what went wrong");
  }
  command->callback([wish, route, &dialogue] {
    Json body{{"tokens", wish->tokens}};
    if (wish->code) body["code"] = *wish->code;
    if (!wish->message.empty()) body["message"] = wish->message;
    if (const auto delay = milliseconds_of(wish->delay)) body["delay_ms"] = *delay;
    const auto answer = settle(target_of(wish->id, route), std::move(body), dialogue);
    if (answer) dialogue.show(answer->body, views::settled);
  });
}

}  // namespace

void add_deliveries(CLI::App& sub, const Dialogue& dialogue) {
  add_receive(sub, dialogue);
  add_settling(sub, "ack", "acknowledge", "Says that events are done", Takes::nothing, dialogue);
  add_settling(sub, "renew", "renew", "Keeps events for another lock time", Takes::nothing, dialogue);
  add_settling(sub, "release", "release", "Gives events back; that is no failure", Takes::delay, dialogue);
  add_settling(sub, "fail", "fail", "Says that events have failed; they are tried again", Takes::reason_and_delay,
               dialogue);
  add_settling(sub, "reject", "reject", "Says that events will never work; they are dead", Takes::reason, dialogue);
}

}  // namespace millrace::cli
