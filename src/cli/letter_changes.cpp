// millrace dlq redrive, discard: dead letters back to work, or given up.

#include <memory>

#include "dialogue.hpp"
#include "letter_pages.hpp"

namespace millrace::cli {

namespace {

constexpr std::uint64_t letters_without_asking = 100;

struct LettersWish {
  std::string topic;
  LetterSelection selection;
  std::string to = "group";
  std::string sink;
  double rate = 0;  ///< letters a second; 0: as fast as may be
  std::string order;
  bool reset_attempts = false;
  bool dry_run = false;
  bool yes = false;
};

CLI::App* command(CLI::App& dlq, const char* verb, const char* about, LettersWish& wish) {
  auto* added = dlq.add_subcommand(verb, about)->fallthrough();
  added->add_option("dlq-topic", wish.topic, "where the letters are")->required();
  add_letter_selection(*added, wish.selection);
  added->add_option("--id", wish.selection.ids, "these letters, as often as wanted")->allow_extra_args(false);
  added->add_flag("--dry-run", wish.dry_run, "only counts them");
  added->add_flag("-y,--yes", wish.yes, "without being asked");
  return added;
}

std::string letters_text(std::uint64_t count) { return std::to_string(count) + (count == 1 ? " letter" : " letters"); }

/// How many letters are meant. Nothing when it ends here: the broker said no, or that number was all that was wanted.
std::optional<std::uint64_t> counted(const Question& question, const LettersWish& wish, const Dialogue& dialogue) {
  auto trial = question;
  trial.target += "?dry_run=true";
  const auto answer = dialogue.ask(std::move(trial));
  if (!answer) return std::nullopt;
  const auto selected = answer->body.at("selected").get<std::uint64_t>();
  if (!wish.dry_run && selected > 0) return selected;
  dialogue.show(answer->body, views::selected);
  return std::nullopt;
}

void redrive(const LettersWish& wish, const Dialogue& dialogue) {
  auto body = json_of(wish.selection);
  body["topic"] = wish.topic;
  body["to"] = wish.to;
  if (!wish.sink.empty()) body["sink"] = wish.sink;
  if (wish.rate > 0) body["rate"] = wish.rate;
  if (!wish.order.empty()) body["order"] = wish.order;
  if (wish.reset_attempts) body["reset_attempts"] = true;
  Question question{.method = "POST", .target = path_of({"v1", "redrives"}), .body = std::move(body)};
  if (wish.dry_run || !wish.yes) {
    const auto count = counted(question, wish, dialogue);
    if (!count) return;
    const auto doubt = "Redrive " + letters_text(*count) + " of " + wish.topic + " to the " + wish.to + "?";
    if (!dialogue.is_agreed(*count <= letters_without_asking, doubt)) return;
  }
  dialogue.print(std::move(question), views::redrive_job);
}

void discard(const LettersWish& wish, const Dialogue& dialogue) {
  Question question{.method = "POST",
                    .target = path_of({"v1", "dead-letters", wish.topic, "discard"}),
                    .body = json_of(wish.selection)};
  if (wish.dry_run || !wish.yes) {
    const auto count = counted(question, wish, dialogue);
    if (!count || !dialogue.is_agreed(false, "Discard " + letters_text(*count) + " of " + wish.topic + "?")) return;
  }
  dialogue.print(std::move(question), views::discarded);
}

}  // namespace

void add_letter_changes(CLI::App& dlq, const Dialogue& dialogue) {
  const auto wish = std::make_shared<LettersWish>();
  auto* again = command(dlq, "redrive", "Has letters tried again, by those who could not take them", *wish);
  again
      ->add_option("--to", wish->to, "the group that failed, which is the default; the topic, for all who read; a sink")
      ->check(CLI::IsMember({"group", "topic", "sink"}));
  again->add_option("--sink", wish->sink, "the URL, with --to sink");
  again->add_option("--rate", wish->rate, "letters a second")->check(CLI::PositiveNumber);
  again->add_option("--order", wish->order, "one letter of a key after the other")->check(CLI::IsMember({"key"}));
  again->add_flag("--reset-attempts", wish->reset_attempts, "their failures so far do not count");
  again->footer("More than 100 letters are redriven when somebody says yes, or has said --yes.");
  again->callback([wish, &dialogue] {
    if ((wish->to == "sink") == wish->sink.empty()) {
      return dialogue.fail(wrong_usage, "--to sink and --sink URL come together");
    }
    redrive(*wish, dialogue);
  });
  command(dlq, "discard", "Gives letters up: they hold back nothing any more", *wish)->callback([wish, &dialogue] {
    discard(*wish, dialogue);
  });
}

}  // namespace millrace::cli
