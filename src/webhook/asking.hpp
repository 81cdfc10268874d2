#pragma once
// The question whether a sink wants events, and what its answer means for whoever has asked. Pure.

#include <string>

#include "millrace/push/handshake.hpp"
#include "millrace/sender/sender.hpp"
#include "millrace/webhook/web_hooks.hpp"

namespace millrace::webhook {

/// `credentials` are for Authorization; empty: none.
[[nodiscard]] sender::Outgoing question_of(const Options& options, const std::string& credentials);

struct Word {
  enum class Means : std::uint8_t {
    granted,
    refused,
    away,  ///< no word about events: to be asked again, after `at_least` or later
  };
  Means means = Means::away;
  push::Rate rate{};  ///< that was granted
  Milliseconds at_least{0};
  std::int32_t status = 0;  ///< of the answer; 0: there was none
  std::string why{};        ///< for people; empty when it was granted
};
[[nodiscard]] Word word_of(const Options& options, const sender::Outcome& outcome, Timestamp now);

/// Between questions that nobody answers, so many in a row.
[[nodiscard]] Milliseconds until_next_question(std::uint32_t unanswered, std::uint64_t chance);

}  // namespace millrace::webhook
