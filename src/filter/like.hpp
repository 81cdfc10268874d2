#pragma once
// LIKE's patterns: % is any run of characters, _ one, \% and \_ are themselves (SQL-9).
//
// A pattern is a list of runs with a % between each two. The first run stands at the beginning and the last at the end;
// each of the others is taken where it first is, and nothing is ever tried again: in what comes before, another choice
// would only leave less. So the time is linear in the text; a run in the middle with _ in it costs up to
// limits::like_run_max comparisons for each character.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "millrace/core/result.hpp"
#include "work.hpp"

namespace millrace::filter {

class LikePattern {
 public:
  /// `text` is the literal's, UTF-8. Errc::too_large: limits::like_run_max.
  [[nodiscard]] static Result<LikePattern> of(std::string_view text);

  /// Nothing when that took more than `work`.
  [[nodiscard]] std::optional<bool> matches(std::string_view text, Work& work) const;

 private:
  struct Run {
    std::string bytes{};            ///< what it is, if there is no _ in it …
    std::vector<char32_t> codes{};  ///< … else its characters, `any_code` for a _
  };

  [[nodiscard]] static std::size_t match_here(const Run& run, std::string_view text, std::size_t& compared);
  [[nodiscard]] static bool match_end(const Run& run, std::string_view text);
  [[nodiscard]] static std::optional<std::size_t> end_of_first(const Run& run, std::string_view text, Work& work);

  std::vector<Run> runs_;  ///< one: no % at all
};

}  // namespace millrace::filter
