// millrace dlq edit, adopt: a letter that says something else, and topics whose letters others have written.

#include <unistd.h>

#include <memory>

#include "assignments.hpp"
#include "dialogue.hpp"
#include "editor.hpp"
#include "file_content.hpp"
#include "letter_edit.hpp"
#include "letter_selection.hpp"
#include "millrace/core/escaped.hpp"

namespace millrace::cli {

namespace {

struct Editing {
  std::string id;
  std::string topic;
  std::string file;
  LetterEdit edit;
};

struct Adopting {
  std::string topic;
  std::string group;
  std::string source_topic;
  bool forget = false;
};

/// By hand, in an editor.
void edit_by_hand(const Answer& letter, const std::string& target, const Dialogue& dialogue) {
  if (::isatty(STDIN_FILENO) == 0)
    return dialogue.fail(wrong_usage, "--data, --set or --unset is needed where nobody is at a terminal");
  const auto before = editable_event(letter);
  if (!before) {
    return dialogue.fail(wrong_usage,
                         "the letter is no event, which an editor could be given: --data FILE is its value");
  }
  auto file = EditedFile::make(*before);
  if (!file) return dialogue.fail(refused, file.error().message);
  auto after = file->edit();
  if (!after) return dialogue.fail(refused, after.error().message);
  if (*after == *before) return dialogue.fail(refused, "nothing was changed");
  auto question = edited_event(*std::move(after));
  if (!question)
    return dialogue.fail(
        refused, "it is no event any more: " + question.error().message + "\nwhat was written is in " + file->keep());
  question->target = target + ":edit";
  const auto answer = dialogue.ask(*std::move(question));
  if (!answer) return dialogue.fail(refused, "what was written is in " + file->keep());
  dialogue.show(answer->body, views::letter);
}

void edit(Editing wish, const Dialogue& dialogue) {
  const auto target = letter_target(wish.id, wish.topic);
  if (!target) {
    return dialogue.fail(wrong_usage, "\"" + escaped(wish.id) + "\" does not tell where the letter lies: say --topic");
  }
  if (!wish.file.empty()) {
    wish.edit.data = content_of(wish.file);
    if (!wish.edit.data) return dialogue.fail(refused, escaped(wish.file) + " cannot be read");
  }
  const auto letter = dialogue.ask({.target = *target});
  if (!letter) return;
  if (wish.edit.is_empty()) return edit_by_hand(*letter, *target, dialogue);
  auto question = edited_letter(*letter, wish.edit);
  if (!question) return dialogue.fail(refused, question.error().message);
  question->target = *target + ":edit";
  dialogue.print(*std::move(question), views::letter);
}

void adopt(const Adopting& wish, const Dialogue& dialogue) {
  const auto target = path_of({"v1", "dead-letters", wish.topic, "adoption"});
  if (wish.forget) {
    if (!wish.group.empty() || !wish.source_topic.empty())
      return dialogue.fail(wrong_usage, "--forget stands alone: what an adoption says goes with it");
    return dialogue.print({.method = "DELETE", .target = target}, views::letter_topics);
  }
  Json body = Json::object();
  if (!wish.group.empty()) body["group"] = wish.group;
  if (!wish.source_topic.empty()) body["source_topic"] = wish.source_topic;
  dialogue.print({.method = "PUT", .target = target, .body = std::move(body)}, views::letter_topics);
}

}  // namespace

void add_letter_editing(CLI::App& dlq, const Dialogue& dialogue) {
  const auto wish = std::make_shared<Editing>();
  auto* change = dlq.add_subcommand("edit", "Writes a newer letter in place of one: its event mended")->fallthrough();
  change->add_option("letter", wish->id, "its id")->required();
  change->add_option("--topic", wish->topic, "where it lies, if that is not dlq.GROUP.TOPIC");
  change->add_option("--data", wish->file, "a file with the data of the event, or the value of a record that is none");
  change
      ->add_option("--set", wish->edit.assignments,
                   "name=value: an attribute, or a header of a record that is no event")
      ->check(is_assignment)
      ->allow_extra_args(false);
  change->add_option("--unset", wish->edit.unset, "an attribute or header that is to go")->allow_extra_args(false);
  change->footer("Without --data, --set and --unset the event comes into $VISUAL, $EDITOR or vi.");
  change->callback([wish, &dialogue] { edit(*wish, dialogue); });

  const auto adopted = std::make_shared<Adopting>();
  auto* take = dlq.add_subcommand("adopt", "Has letters count that others have written to a topic")->fallthrough();
  take->add_option("dlq-topic", adopted->topic, "where they lie")->required();
  take->add_option("--group", adopted->group, "whose they are, where they do not say it");
  take->add_option("--source-topic", adopted->source_topic, "where they come from, where they do not say it");
  take->add_flag("--forget", adopted->forget, "they count no longer; nothing in the topic changes");
  take->callback([adopted, &dialogue] { adopt(*adopted, dialogue); });
}

}  // namespace millrace::cli
