#pragma once
// Completion of the commands for three shells: nouns, verbs, options, what may be chosen, and names of topics,
// groups and the like, for which the script asks the broker when Tab is pressed. Pure: a tree in, a script out.

#include <string>

#include "command_tree.hpp"

namespace millrace::cli {

[[nodiscard]] std::string bash_completion(const Command& root);
[[nodiscard]] std::string zsh_completion(const Command& root);
[[nodiscard]] std::string fish_completion(const Command& root);

}  // namespace millrace::cli
