#include "asking.hpp"

#include <algorithm>
#include <vector>

#include "millrace/delivery/policy.hpp"

namespace millrace::webhook {

namespace {

constexpr delivery::Backoff ask_again{.base = Milliseconds(1'000), .cap = Milliseconds(60'000)};

push::Proposal proposal_of(const Options& options) { return {.origin = options.origin}; }

/// No word about events, and what a gateway says for a server that is away: it is asked again, as after no answer.
bool is_away(const sender::Outcome& outcome, const push::Verdict& verdict) {
  return verdict.fate == push::Fate::failed &&
         (outcome.status == 408 || outcome.status == 429 || outcome.status >= 500);
}

}  // namespace

sender::Outgoing question_of(const Options& options, const std::string& credentials) {
  sender::Outgoing question;
  question.method = "OPTIONS";
  question.fields = push::fields_of(proposal_of(options));
  if (!credentials.empty()) question.fields.emplace_back("Authorization", credentials);
  return question;
}

Word word_of(const Options& options, const sender::Outcome& outcome, Timestamp now) {
  const auto verdict = push::judge(sender::attempt_of(outcome), {}, {}, now);
  if (outcome.ending != push::Ending::answered) {
    return {.means = Word::Means::away, .rate = {}, .at_least = verdict.at_least, .status = 0, .why = outcome.cause};
  }
  std::vector<cloudevents::HeaderField> fields;
  for (const auto& [name, value] : outcome.fields) fields.push_back({.name = name, .value = value});
  auto judgement = push::judge(proposal_of(options), fields);
  const bool is_granted = judgement.consent == push::Consent::granted;
  Word word{.means = Word::Means::granted,
            .rate = judgement.rate,
            .at_least = Milliseconds(0),
            .status = static_cast<std::int32_t>(outcome.status),
            .why = is_granted ? std::string() : std::move(judgement.why)};
  if (is_granted) return word;
  word.means = is_away(outcome, verdict) ? Word::Means::away : Word::Means::refused;
  word.at_least = std::max(verdict.at_least, verdict.pause);
  return word;
}

Milliseconds until_next_question(std::uint32_t unanswered, std::uint64_t chance) {
  return delivery::delay_after(ask_again, unanswered, chance);
}

}  // namespace millrace::webhook
