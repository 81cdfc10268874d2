#pragma once
// Questions before something is lost. Whoever cannot be asked, because no terminal is there, must have said --yes.

#include <string>

namespace millrace::cli {

/// "Delete topic orders with all its records? Type its name: ". Says on standard error why nothing is done.
[[nodiscard]] bool confirmed_by_name(const std::string& question, const std::string& name);
/// "… [y/N] "
[[nodiscard]] bool confirmed(const std::string& question);

}  // namespace millrace::cli
