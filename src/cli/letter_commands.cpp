// millrace dlq: dead letters, looked at.

#include <unistd.h>

#include <algorithm>
#include <iostream>
#include <map>
#include <memory>
#include <set>

#include "dialogue.hpp"
#include "interruption.hpp"
#include "letter_pages.hpp"
#include "millrace/core/escaped.hpp"

namespace millrace::cli {

namespace {

constexpr std::uint64_t shown_unless_said = 100;
constexpr unsigned poll_seconds = 1;

struct Looking {
  std::string topic;
  std::string id;
  std::string state = "open";
  LetterSelection selection;
};

void list(const Looking& wish, const Dialogue& dialogue) {
  if (wish.topic.empty()) {
    if (!wish.selection.is_everything() || wish.state != "open") {
      return dialogue.fail(wrong_usage, "letters are selected in one topic: name it");
    }
    return dialogue.print({.target = path_of({"v1", "dead-letters"})}, views::letter_topics);
  }
  auto selection = wish.selection;
  if (selection.limit == 0) selection.limit = shown_unless_said;
  Json body{{"letters", Json::array()}, {"next", nullptr}};
  const auto next = each_page(dialogue, wish.topic, selection, wish.state, [&body](const Json& letter) {
    body["letters"].push_back(letter);
    return true;
  });
  if (!next) return;
  if (!next->empty()) body["next"] = *next;
  dialogue.show(body, views::letters);
}

void count(const Looking& wish, const Dialogue& dialogue) {
  const auto answer = dialogue.ask({.target = path_of({"v1", "dead-letters"})});
  if (!answer) return;
  Json body{{"topics", Json::array()}};
  for (const auto& each : answer->body.at("topics")) {
    if (wish.topic.empty() || each.at("topic") == wish.topic) body["topics"].push_back(each);
  }
  if (!wish.topic.empty() && body["topics"].empty()) {
    return dialogue.fail(refused,
                         "topic " + escaped(wish.topic) + " has no dead letters\nmillrace dlq ls tells which do");
  }
  dialogue.show(body, views::letter_counts);
}

std::string tail_line(const Json& letter, const Dialogue& dialogue) {
  if (dialogue.output() == "json") return letter.dump();
  const auto text = [&letter](const char* field) {
    const auto& value = letter.at(field);
    return escaped(value.is_string() ? value.get<std::string>() : value.is_null() ? "-" : value.dump());
  };
  if (dialogue.output() == "id") return text("id");
  return text("died_at") + "  " + dialogue.paint().cyan(text("id")) + "  " + text("reason") + "  " + text("code") +
         "  " + text("message");
}

/// When it died; empty for a letter of others that does not say.
std::string death_of(const Json& letter) {
  const auto& died_at = letter.at("died_at");
  return died_at.is_null() ? std::string() : died_at.get<std::string>();
}

/// Those that died at the newest moment, which a later look may find again.
class Seen {
 public:
  /// Whether it was not there before.
  bool add(const Json& letter) {
    const auto died_at = death_of(letter);
    if (died_at > newest_) {
      newest_ = died_at;
      ids_.clear();
    }
    return died_at >= newest_ && ids_.insert(letter.at("id").get<std::string>()).second;
  }
  [[nodiscard]] const std::string& newest() const { return newest_; }

 private:
  std::string newest_;
  std::set<std::string> ids_;
};

/// Letters as they come, until Ctrl-C. All have a time of the same form, so that texts compare as times do.
void tail(const Looking& wish, const Dialogue& dialogue) {
  notice_interruptions();
  auto selection = wish.selection;
  Seen seen;
  bool is_shown = !selection.since.empty();  // else what is there at the start is only taken note of
  for (;; ::sleep(poll_seconds)) {
    std::multimap<std::string, Json> fresh;  // by death; of one instant in their order
    const auto done_with = each_page(dialogue, wish.topic, selection, "all", [&fresh](const Json& letter) {
      fresh.emplace(death_of(letter), letter);
      return !is_interrupted();
    });
    if (!done_with || is_interrupted()) return;
    for (const auto& [death, letter] : fresh) {
      if (seen.add(letter) && is_shown) std::cout << tail_line(letter, dialogue) << "\n";
    }
    std::cout.flush();
    if (!std::cout || is_interrupted()) return;
    is_shown = true;
    if (!seen.newest().empty()) selection.since = seen.newest();
  }
}

}  // namespace

void add_dead_letters(CLI::App& app, const Dialogue& dialogue) {
  auto& dlq = *app.add_subcommand("dlq", "Dead letters: events that nobody could take")->require_subcommand(0, 1);
  dlq.fallthrough();
  const auto wish = std::make_shared<Looking>();
  auto* ls = dlq.add_subcommand("ls", "Where they are, how many, why, since when; of one topic each")->fallthrough();
  ls->add_option("dlq-topic", wish->topic, "its letters");
  ls->add_option("--state", wish->state, "which letters; open unless it is given")
      ->check(CLI::IsMember({"open", "redriving", "resolved", "discarded", "superseded", "revising", "all"}));
  add_letter_selection(*ls, wish->selection);
  ls->callback([wish, &dialogue] { list(*wish, dialogue); });

  auto* stats = dlq.add_subcommand("stats", "How many there are in each state, and why they died")->fallthrough();
  stats->add_option("dlq-topic", wish->topic, "of that one alone");
  stats->callback([wish, &dialogue] { count(*wish, dialogue); });

  auto* show = dlq.add_subcommand("show", "One: why it died, how often it was tried, and the event")->fallthrough();
  show->add_option("letter", wish->id, "its id")->required();
  show->add_option("--topic", wish->topic, "where it lies, if that is not dlq.GROUP.TOPIC");
  show->callback([wish, &dialogue] {
    const auto target = letter_target(wish->id, wish->topic);
    if (!target) {
      return dialogue.fail(wrong_usage,
                           "\"" + escaped(wish->id) + "\" does not tell where the letter lies: say --topic");
    }
    dialogue.print({.target = *target}, views::letter);
  });

  auto* follow = dlq.add_subcommand("tail", "Prints letters as they come, until Ctrl-C")->fallthrough();
  follow->add_option("dlq-topic", wish->topic, "its name")->required();
  add_letter_filters(*follow, wish->selection);
  follow->footer("With --since it begins with those that are there already.");
  follow->callback([wish, &dialogue] { tail(*wish, dialogue); });

  add_letter_changes(dlq, dialogue);
  add_letter_reject(dlq, dialogue);
  add_letter_editing(dlq, dialogue);
  add_letter_files(dlq, dialogue);
  add_redrive_jobs(dlq, dialogue);
  add_policy(dlq, dialogue);
}

}  // namespace millrace::cli
