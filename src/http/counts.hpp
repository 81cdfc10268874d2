#pragma once
// What the door counts. Shared: any thread adds, and any thread reads.

#include <algorithm>
#include <array>
#include <string_view>

#include "millrace/core/counting.hpp"

namespace millrace::http {

/// The kinds of problems that are told apart; any other is counted as the last.
inline constexpr std::array<std::string_view, 20> problem_kinds{
    "malformed",          "invalid",        "forbidden",      "not-found",       "method-not-allowed",
    "too-slow",           "already-exists", "body-too-large", "target-too-long", "fields-too-large",
    "media-type-unknown", "wrong-host",     "internal",       "method-unknown",  "coding-unknown",
    "version-unknown",    "no-coordinator", "in-use",         "storage",         "other"};

struct Counts {
  std::array<Counter, 5> answers;  ///< by the first digit of their status, from 1
  std::array<Counter, problem_kinds.size()> problems;
  Counter accepted;
  Counter refused_full;
  Counter refused_peer;
  Level open;

  /// `kind` is empty when nothing was wrong.
  void answer(unsigned status, std::string_view kind) noexcept {
    answers[std::clamp(status / 100, 1U, 5U) - 1].add();
    if (kind.empty()) return;
    const auto found = std::ranges::find(problem_kinds, kind);
    const auto index = static_cast<std::size_t>(found - problem_kinds.begin());
    problems[std::min(index, problem_kinds.size() - 1)].add();
  }
};

}  // namespace millrace::http
