#pragma once
// Dead letters of a topic, page by page, and the options that select them.

#include <functional>
#include <optional>

#include "dialogue.hpp"
#include "letter_selection.hpp"

namespace millrace::cli {

/// Takes one letter; false ends it.
using TakeLetter = std::function<bool(const Json& letter)>;

/// Asks for the letters of a topic until there are no more, or selection.limit were taken. Gives the cursor of what is
/// behind, which is empty at the end; nothing when the broker was not to be asked: that was said.
std::optional<std::string> each_page(const Dialogue& dialogue, const std::string& topic,
                                     const LetterSelection& selection, const std::string& state,
                                     const TakeLetter& take);

/// --where, --reason, --since.
void add_letter_filters(CLI::App& command, LetterSelection& selection);
/// And --until, --limit.
void add_letter_selection(CLI::App& command, LetterSelection& selection);

}  // namespace millrace::cli
