// millrace dlq reject: one record, put aside for a group that cannot take it.

#include <charconv>
#include <limits>
#include <memory>

#include "dialogue.hpp"
#include "millrace/core/escaped.hpp"

namespace millrace::cli {

namespace {

struct Rejection {
  std::string record;
  std::string group;
  std::string reason;
  std::optional<int> code;
  bool skip = false;
};

std::optional<std::int64_t> number_in(std::string_view text, std::int64_t most) {
  std::int64_t number = -1;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const bool is_one = error == std::errc() && end == text.data() + text.size() && number >= 0 && number <= most;
  return is_one ? std::optional(number) : std::nullopt;
}

/// "orders/3/1042" as the broker is asked about it.
std::optional<Json> record_named(std::string_view text) {
  const auto before_offset = text.rfind('/');
  if (before_offset == std::string_view::npos || before_offset == 0) return std::nullopt;
  const auto before_partition = text.rfind('/', before_offset - 1);
  if (before_partition == std::string_view::npos || before_partition == 0) return std::nullopt;
  const auto middle = text.substr(before_partition + 1, before_offset - before_partition - 1);
  const auto partition = number_in(middle, std::numeric_limits<std::int32_t>::max());
  const auto offset = number_in(text.substr(before_offset + 1), std::numeric_limits<std::int64_t>::max());
  if (!partition || !offset) return std::nullopt;
  return Json{{"topic", std::string(text.substr(0, before_partition))}, {"partition", *partition}, {"offset", *offset}};
}

void reject(const Rejection& wish, const Dialogue& dialogue) {
  auto body = record_named(wish.record);
  if (!body) {
    return dialogue.fail(wrong_usage, "\"" + escaped(wish.record) + "\" is no record: TOPIC/PARTITION/OFFSET is");
  }
  if (wish.code) (*body)["code"] = *wish.code;
  if (!wish.reason.empty()) (*body)["message"] = wish.reason;
  if (wish.skip) (*body)["skip"] = true;
  const auto answer = dialogue.ask(
      {.method = "POST", .target = path_of({"v1", "groups", wish.group, "dead-letters"}), .body = *std::move(body)});
  if (!answer) return;
  dialogue.show(answer->body, views::rejected);
  if (!answer->body.value("skipped", true)) dialogue.fail(refused, escaped(answer->body.at("why").get<std::string>()));
}

}  // namespace

void add_letter_reject(CLI::App& dlq, const Dialogue& dialogue) {
  const auto wish = std::make_shared<Rejection>();
  auto* added = dlq.add_subcommand("reject", "Puts a record aside that a consumer group cannot take")->fallthrough();
  added->add_option("record", wish->record, "TOPIC/PARTITION/OFFSET")->required();
  added->add_option("--group", wish->group, "the group that cannot take it")->required();
  added->add_option("--reason", wish->reason, "what is wrong with it, for people");
  added->add_option("--code", wish->code, "of the failure, as the application has it");
  added->add_flag("--skip", wish->skip, "the group goes on behind it; it has to be stopped, and to stand there");
  added->footer("Asked again, it is the same letter. A subscription rejects what it has received: sub reject.");
  added->callback([wish, &dialogue] { reject(*wish, dialogue); });
}

}  // namespace millrace::cli
