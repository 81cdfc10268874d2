#include "letter_pages.hpp"

#include <limits>

#include "event_filter.hpp"

namespace millrace::cli {

namespace {

constexpr std::uint64_t page_letters_max = 1'000;  // docs/http.md

}  // namespace

std::optional<std::string> each_page(const Dialogue& dialogue, const std::string& topic,
                                     const LetterSelection& selection, const std::string& state,
                                     const TakeLetter& take) {
  auto left = selection.limit > 0 ? selection.limit : std::numeric_limits<std::uint64_t>::max();
  std::string cursor;
  while (left > 0) {
    const auto page = std::min(left, page_letters_max);
    const auto answer = dialogue.ask({.target = page_target(topic, selection, state, page, cursor)});
    if (!answer) return std::nullopt;
    for (const auto& letter : answer->body.at("letters")) {
      if (!take(letter)) return std::string();
      --left;
    }
    const auto next = answer->body.find("next");
    if (next == answer->body.end() || next->is_null()) return std::string();
    cursor = next->get<std::string>();
  }
  return cursor;
}

void add_letter_filters(CLI::App& command, LetterSelection& selection) {
  command.add_option("--where", selection.where, "only events for which this CloudEvents SQL is true: docs/filters.md")
      ->check(is_expression);
  command.add_option("--reason", selection.reasons, "why they died, one or several: max-deliveries,expired")
      ->delimiter(',')
      ->allow_extra_args(false);
  command.add_option("--since", selection.since, "died at this time (RFC 3339) or later");
}

void add_letter_selection(CLI::App& command, LetterSelection& selection) {
  add_letter_filters(command, selection);
  command.add_option("--until", selection.until, "died before this time");
  command.add_option("--limit", selection.limit, "so many at most")->check(CLI::PositiveNumber);
}

}  // namespace millrace::cli
