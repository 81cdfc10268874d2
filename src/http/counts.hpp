#pragma once
// What the door counts. Shared: any thread adds, and any thread reads.

#include <algorithm>
#include <array>
#include <string_view>

#include "millrace/cloudevents/http.hpp"
#include "millrace/core/counting.hpp"

namespace millrace::http {

/// The kinds of problems that are told apart; any other is counted as the last.
inline constexpr std::array<std::string_view, 20> problem_kinds{
    "malformed",          "invalid",        "forbidden",      "not-found",       "method-not-allowed",
    "too-slow",           "already-exists", "body-too-large", "target-too-long", "fields-too-large",
    "media-type-unknown", "wrong-host",     "internal",       "method-unknown",  "coding-unknown",
    "version-unknown",    "no-coordinator", "in-use",         "storage",         "other"};

/// What is forgiven in header fields of events.
struct LeniencyKind {
  std::string_view name;
  std::uint64_t cloudevents::Leniencies::* count;
};
inline constexpr std::array<LeniencyKind, 6> leniency_kinds{
    {{"raw_percent", &cloudevents::Leniencies::raw_percent},
     {"raw_space_or_quote", &cloudevents::Leniencies::raw_space_or_quote},
     {"raw_utf8", &cloudevents::Leniencies::raw_utf8},
     {"raw_latin1", &cloudevents::Leniencies::raw_latin1},
     {"ce_datacontenttype", &cloudevents::Leniencies::ce_datacontenttype},
     {"relative_dataschema", &cloudevents::Leniencies::relative_dataschema}}};

struct Counts {
  std::array<Counter, 5> answers;  ///< by the first digit of their status, from 1
  std::array<Counter, problem_kinds.size()> problems;
  std::array<Counter, leniency_kinds.size()> forgiven;
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
  void forgive(const cloudevents::Leniencies& leniencies) noexcept {
    for (std::size_t i = 0; i < leniency_kinds.size(); ++i) forgiven[i].add(leniencies.*leniency_kinds[i].count);
  }
};

}  // namespace millrace::http
