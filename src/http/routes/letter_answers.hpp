#pragma once
// What is answered where dead letters cannot be told or changed.

#include "millrace/core/result.hpp"
#include "problem.hpp"

namespace millrace::http::routes {

[[nodiscard]] inline Problem problem_of_letters(const Error& why) {
  if (why.code == Errc::not_found) return problems::not_found(why.message);
  if (why.code == Errc::invalid || why.code == Errc::too_large) return problems::invalid(why.message);
  Problem problem{503, "not-available", "The log cannot be read or written now", why.message};
  problem.fields.emplace_back("Retry-After", "1");
  return problem;
}

}  // namespace millrace::http::routes
