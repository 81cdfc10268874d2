#pragma once
// What killed an event, and how often: the history that a dead letter carries, as a text that stays small.
//
// One entry for each group and reason, with a count and the first and the last time, as RabbitMQ's x-death has it: so
// it does not grow with the failures. The grammar of the text is in docs/dead_letters.md. Values, callable from
// anywhere.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "millrace/core/limits.hpp"
#include "millrace/core/time.hpp"
#include "millrace/delivery/event.hpp"

namespace millrace::deadletter {

/// Of the text. An entry has some 80 bytes, so it is the memory of fifty groups and reasons.
inline constexpr std::size_t history_bytes_max = 4 * limits::KiB;

/// All failures of one event in one group for one reason.
struct Death {
  std::string group;
  delivery::Reason reason = delivery::Reason::none;
  std::uint32_t count = 0;
  Timestamp first = no_timestamp;
  Timestamp last = no_timestamp;
  bool operator==(const Death&) const = default;
};

struct History {
  std::vector<Death> deaths;  ///< what happened last stands first
  std::uint32_t omitted = 0;  ///< entries that had no room; the oldest ones
  bool operator==(const History&) const = default;
};

/// Adds to the entry of the same group and reason, or makes one, and keeps the order.
void note(History& history, const Death& death);

/// At most `bytes_max` and history_bytes_max; empty for no history, and where there is no room for a word of it.
/// Entries whose reason is none are left out.
[[nodiscard]] std::string to_text(const History& history, std::size_t bytes_max = history_bytes_max);

/// Nothing for a text that breaks the grammar, or is longer than history_bytes_max.
[[nodiscard]] std::optional<History> parse_history(std::string_view text);

}  // namespace millrace::deadletter
