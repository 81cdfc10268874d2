// millrace dlq export, import: dead letters as a batch of CloudEvents in JSON, and back.

#include <iostream>
#include <memory>

#include "dialogue.hpp"
#include "event_files.hpp"
#include "file_content.hpp"
#include "json_text.hpp"
#include "letter_events.hpp"
#include "letter_pages.hpp"
#include "millrace/cloudevents/media_type.hpp"
#include "millrace/core/escaped.hpp"
#include "millrace/core/limits.hpp"

namespace millrace::cli {

namespace {

constexpr std::size_t batch_bytes_max = 512 * limits::KiB;  // half of what the broker takes as one body

struct FileWish {
  std::string topic;
  std::string file = "-";
  std::string state = "open";
  LetterSelection selection;
};

/// Prints the events of letters as an array, one after the other.
class Export {
 public:
  Export(const FileWish& wish, const Dialogue& dialogue) : wish_(wish), dialogue_(dialogue) {}

  void run() {
    const auto take = [this](const Json& letter) { return add(letter.at("id").get<std::string>()); };
    if (!each_page(dialogue_, wish_.topic, wish_.selection, wish_.state, take) || !dialogue_.is_fine()) return;
    std::cout << (count_ == 0 ? "[]\n" : "\n]\n");
    if (left_out_ == 0) return;
    dialogue_.fail(refused, std::to_string(left_out_) +
                                (left_out_ == 1 ? " letter is no event and was" : " letters are no events and were") +
                                " left out: millrace consume " + escaped(wish_.topic) + " reads them");
  }

 private:
  /// The list has no whole events: each letter is asked for.
  bool add(const std::string& id) {
    const auto answer = dialogue_.ask({.target = path_of({"v1", "dead-letters", wish_.topic, "letters", id})});
    if (!answer) return false;
    const auto event = answer->body.find("event");
    if (event == answer->body.end() || event->is_null()) {
      ++left_out_;
      return true;
    }
    std::cout << (count_++ == 0 ? "[\n" : ",\n") << in_one_line(*written_member(answer->text, "event"));
    return static_cast<bool>(std::cout);
  }

  const FileWish& wish_;
  const Dialogue& dialogue_;
  std::size_t count_ = 0;
  std::size_t left_out_ = 0;
};

void import(const FileWish& wish, const Dialogue& dialogue) {
  const auto content = content_of(wish.file);
  if (!content) return dialogue.fail(refused, escaped(wish.file) + " cannot be read");
  auto read = read_events(*content);
  if (!read) {
    for (const auto& fault : read.error()) dialogue.fail(refused, fault);
    return;
  }
  for (auto& event : read->events) remove_marks(event);
  for (auto& batch : batches_of(read->events, batch_bytes_max)) {
    if (!dialogue.is_fine()) return;
    dialogue.print({.method = "POST",
                    .target = path_of({"v1", "topics", wish.topic, "events"}),
                    .text = std::move(batch),
                    .type = std::string(cloudevents::batch_type)},
                   views::published);
  }
}

}  // namespace

void add_letter_files(CLI::App& dlq, const Dialogue& dialogue) {
  const auto wish = std::make_shared<FileWish>();
  auto* out = dlq.add_subcommand("export", "Prints the events of letters as an array in JSON")->fallthrough();
  out->add_option("dlq-topic", wish->topic, "where the letters are")->required();
  out->add_option("--state", wish->state, "which letters; open unless it is given")
      ->check(CLI::IsMember({"open", "redriving", "resolved", "discarded", "superseded", "revising", "all"}));
  add_letter_selection(*out, wish->selection);
  out->footer("Letters that are no events are counted, and left out; then the exit code is 1.");
  out->callback([wish, &dialogue] { Export(*wish, dialogue).run(); });

  auto* in = dlq.add_subcommand("import", "Publishes events of letters to a topic, for all who read it")->fallthrough();
  in->add_option("topic", wish->topic, "where to")->required();
  in->add_option("file", wish->file, "an array of events, or one a line; standard input unless it is given");
  in->footer("What dead letters say of themselves (dlid, dlreason and the like) is taken away.");
  in->callback([wish, &dialogue] { import(*wish, dialogue); });
}

}  // namespace millrace::cli
