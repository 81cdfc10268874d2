#include "confirm.hpp"

#include <unistd.h>

#include <iostream>

#include "millrace/core/escaped.hpp"

namespace millrace::cli {

namespace {

/// Nothing when nobody is there.
std::string answer_to(const std::string& question, const std::string& how) {
  if (::isatty(STDIN_FILENO) == 0) {
    std::cerr << "millrace: nobody is there to be asked: \"" << escaped(question) << "\"; say --yes\n";
    return {};
  }
  std::cout.flush();
  std::cerr << escaped(question) << how << std::flush;
  std::string typed;
  std::getline(std::cin, typed);
  return typed;
}

bool is(bool yes) {
  if (!yes) std::cerr << "millrace: nothing was changed\n";
  return yes;
}

}  // namespace

bool confirmed_by_name(const std::string& question, const std::string& name) {
  return is(answer_to(question, " Type its name: ") == name);
}

bool confirmed(const std::string& question) {
  const auto typed = answer_to(question, " [y/N] ");
  return is(typed == "y" || typed == "Y" || typed == "yes");
}

}  // namespace millrace::cli
