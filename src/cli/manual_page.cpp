#include "manual_page.hpp"

#include <algorithm>

#include "millrace/core/manual.hpp"

namespace millrace::cli {

namespace {

std::string capitals(std::string text) {
  for (char& c : text) c = static_cast<char>(c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c);
  return text;
}

/// "A sentence." of "a sentence"; what is no word, as "key=value", stays as it is.
std::string sentence(std::string text) {
  const auto is_small = [](char c) { return c >= 'a' && c <= 'z'; };
  const auto end = std::ranges::find_if_not(text, is_small);
  const bool is_word = end != text.begin() && (end == text.end() || *end == ' ' || *end == ',' || *end == ';');
  if (is_word) text[0] = static_cast<char>(text[0] - 'a' + 'A');
  return text.empty() || text.ends_with('.') ? text : text + ".";
}

std::string value_of(const Argument& argument) {
  if (!argument.takes_value || argument.is_positional()) return "";
  if (argument.choices.empty()) return "VALUE";
  std::string out;
  for (const auto& choice : argument.choices) out += (out.empty() ? "" : "|") + choice;
  return out;
}

/// "TOPIC", "FILE..."
std::string placeholder(const Argument& argument) {
  return capitals(argument.names.front()) + (argument.is_repeated ? "..." : "");
}

void add_argument(ManualPage& page, const Argument& argument) {
  std::string names;
  for (const auto& name : argument.names) names += (names.empty() ? "" : ", ") + name;
  auto about = sentence(argument.about);
  if (!argument.variable.empty()) about += " Also the variable " + argument.variable + ".";
  if (argument.is_positional()) return page.item(placeholder(argument), "", about);
  page.item(names, value_of(argument), about);
}

void add_command(ManualPage& page, const Reached& reached) {
  std::string title = reached.path;
  for (const auto& argument : reached.command->arguments) {
    if (argument.is_positional()) title += " " + placeholder(argument);
  }
  page.subheading(title);
  page.paragraph(sentence(reached.command->about));
  for (const auto& argument : reached.command->arguments) {
    if (argument.names.back() != "--help") add_argument(page, argument);
  }
  if (!reached.command->footer.empty()) page.paragraph(reached.command->footer);
}

}  // namespace

std::string manual_page(const Command& root, const std::string& version) {
  ManualPage page("millrace", 1, "millrace " + version, "User commands");
  page.heading("NAME");
  page.paragraph("millrace - asks a broker what it holds, sends to it and reads from it");
  page.heading("SYNOPSIS");
  page.paragraph("millrace [OPTION]... NOUN [VERB] [ARGUMENT]...");
  page.heading("DESCRIPTION");
  page.paragraph(
      "Noun, then verb. What asks the broker does so over HTTP; produce and consume are Kafka clients; log reads the "
      "files of a broker that is stopped.");
  page.heading("OPTIONS");
  page.paragraph("They may stand before or behind the command.");
  for (const auto& argument : root.arguments) add_argument(page, argument);
  page.heading("COMMANDS");
  for (const auto& reached : all_commands(root)) {
    if (!reached.path.empty()) add_command(page, reached);
  }
  page.heading("EXIT STATUS");
  page.item("0", "", "Done.");
  page.item("1", "", "The broker says no, or something is wrong with what was asked for.");
  page.item("2", "", "The command is not understood, or nobody said yes.");
  page.item("3", "", "No broker answers.");
  page.heading("SEE ALSO");
  page.paragraph("millraced(8)");
  return page.text();
}

}  // namespace millrace::cli
