#include "millrace/redrive/found.hpp"

#include <array>
#include <charconv>

namespace millrace::redrive {

namespace {

constexpr std::array<std::string_view, letter_states> state_names{"open",      "redriving",  "resolved",
                                                                  "discarded", "superseded", "revising"};

/// A number that is written as place_id() writes it, and not negative.
template <class Number>
std::optional<Number> plain_number(std::string_view text) {
  Number value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || std::to_string(value) != text) return std::nullopt;
  return value < 0 ? std::nullopt : std::optional(value);
}

}  // namespace

std::string_view name_of(LetterState state) noexcept { return state_names[static_cast<std::size_t>(state)]; }

std::optional<LetterState> parse_letter_state(std::string_view text) noexcept {
  for (std::size_t i = 0; i < state_names.size(); ++i)
    if (state_names[i] == text) return static_cast<LetterState>(i);
  return std::nullopt;
}

std::string place_id(PartitionIndex partition, Offset offset) {
  return std::to_string(partition) + "~" + std::to_string(offset.value());
}

std::optional<std::pair<PartitionIndex, Offset>> parse_place_id(std::string_view id) {
  const auto tilde = id.find('~');
  if (tilde == std::string_view::npos) return std::nullopt;
  const auto partition = plain_number<PartitionIndex>(id.substr(0, tilde));
  const auto offset = plain_number<std::int64_t>(id.substr(tilde + 1));
  if (!partition || !offset) return std::nullopt;
  return std::pair(*partition, Offset(*offset));
}

}  // namespace millrace::redrive
