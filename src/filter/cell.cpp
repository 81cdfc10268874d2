#include "cell.hpp"

#include <charconv>
#include <cstring>
#include <optional>

namespace millrace::filter {

namespace {

/// `small` is in lower case.
bool equals_ignoring_case(std::string_view text, std::string_view small) {
  if (text.size() != small.size()) return false;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const char c = text[at];
    if ((c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c) != small[at]) return false;
  }
  return true;
}

std::optional<bool> boolean_of(std::string_view text) {
  if (equals_ignoring_case(text, "true")) return true;
  if (equals_ignoring_case(text, "false")) return false;
  return std::nullopt;
}

std::optional<std::int32_t> integer_of(std::string_view text) {
  if (text.starts_with('+')) {
    text.remove_prefix(1);
    if (text.starts_with('-')) return std::nullopt;
  }
  std::int32_t number = 0;
  const auto* const end = text.data() + text.size();
  const auto [at, error] = std::from_chars(text.data(), end, number);
  return error == std::errc{} && at == end ? std::optional(number) : std::nullopt;
}

EvaluationError cast_to_string(Cell& cell, Scratch& scratch) {
  if (cell.type == Type::boolean) {
    cell.set(cell.is_true() ? std::string_view("true") : std::string_view("false"));
    return EvaluationError::none;
  }
  char digits[12];
  const auto [end, error] = std::to_chars(digits, digits + sizeof digits, cell.number);
  const auto size = static_cast<std::size_t>(end - digits);
  char* const room = scratch.take(size);
  if (room == nullptr) {
    cell.set(std::string_view());
    return EvaluationError::function_evaluation;
  }
  std::memcpy(room, digits, size);
  cell.set(std::string_view(room, size));
  return EvaluationError::none;
}

}  // namespace

EvaluationError cast(Cell& cell, Type type, Scratch& scratch) {
  if (cell.type == type) return EvaluationError::none;
  if (type == Type::string) return cast_to_string(cell, scratch);
  if (type == Type::boolean) {
    if (cell.type == Type::integer) {
      cell.set(cell.number != 0);
      return EvaluationError::none;
    }
    const auto value = boolean_of(cell.text());
    cell.set(value.value_or(false));
    return value ? EvaluationError::none : EvaluationError::cast;
  }
  if (cell.type == Type::boolean) {
    cell.set(cell.number);
    return EvaluationError::none;
  }
  const auto value = integer_of(cell.text());
  cell.set(value.value_or(0));
  return value ? EvaluationError::none : EvaluationError::cast;
}

bool can_cast(const Cell& cell, Type type) {
  if (cell.type != Type::string || type == Type::string) return true;
  return type == Type::boolean ? boolean_of(cell.text()).has_value() : integer_of(cell.text()).has_value();
}

}  // namespace millrace::filter
