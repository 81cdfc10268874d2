#include "problem_text.hpp"

#include "fields.hpp"
#include "millrace/core/escaped.hpp"

namespace millrace::cli {

namespace {

std::string error_text(const Json& error) {
  const auto* place = error.contains("pointer") ? "pointer" : error.contains("header") ? "header" : nullptr;
  std::string out = place == nullptr ? "" : text_of(error, place) + ": ";
  out += text_of(error, "detail");
  if (error.contains("rule")) out += " (" + text_of(error, "rule") + ")";
  return escaped(out);
}

}  // namespace

std::string problem_text(const Json& problem) {
  const auto title = escaped(text_of(problem, "title")) + ":";
  const auto errors = problem.find("errors");
  if (errors == problem.end() || !errors->is_array() || errors->empty()) {
    return title + " " + escaped(text_of(problem, "detail"));
  }
  if (errors->size() == 1) return title + " " + error_text(errors->front());
  auto out = title;
  for (const auto& error : *errors) out += "\n  " + error_text(error);
  return out;
}

}  // namespace millrace::cli
