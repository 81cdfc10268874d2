#include "functions.hpp"

#include <cstring>
#include <limits>

#include "cell.hpp"
#include "characters.hpp"

namespace millrace::filter {

namespace {

enum class Parameter : std::uint8_t { any, integer, string };

struct Entry {
  std::string_view name;
  Signature signature;
  std::uint8_t least;
  bool is_variadic;
  Parameter parameters[3];  ///< the last one of a variadic function is that of all further arguments
};

constexpr auto any = Parameter::any, integer = Parameter::integer, string = Parameter::string;

/// In the order of Function.
constexpr Entry entries[] = {
    {"abs", {Function::abs, Type::integer}, 1, false, {integer}},
    {"bool", {Function::to_bool, Type::boolean}, 1, false, {any}},
    {"concat", {Function::concat, Type::string}, 0, true, {string, string, string}},
    {"concat_ws", {Function::concat_ws, Type::string}, 1, true, {string, string, string}},
    {"int", {Function::to_int, Type::integer}, 1, false, {any}},
    {"is_bool", {Function::is_bool, Type::boolean}, 1, false, {any}},
    {"is_int", {Function::is_int, Type::boolean}, 1, false, {any}},
    {"left", {Function::left, Type::string}, 2, false, {string, integer}},
    {"length", {Function::length, Type::integer}, 1, false, {string}},
    {"lower", {Function::lower, Type::string}, 1, false, {string}},
    {"right", {Function::right, Type::string}, 2, false, {string, integer}},
    {"string", {Function::to_string, Type::string}, 1, false, {any}},
    {"substring", {Function::substring, Type::string}, 2, false, {string, integer}},
    {"substring", {Function::substring_of_length, Type::string}, 3, false, {string, integer, integer}},
    {"trim", {Function::trim, Type::string}, 1, false, {string}},
    {"upper", {Function::upper, Type::string}, 1, false, {string}},
};

constexpr bool are_in_order() {
  for (std::size_t at = 0; at < std::size(entries); ++at) {
    if (entries[at].signature.function != static_cast<Function>(at)) return false;
  }
  return true;
}
static_assert(are_in_order());

constexpr auto none = EvaluationError::none;
constexpr auto failed = EvaluationError::function_evaluation;

EvaluationError cast_arguments(const Entry& entry, Cell* arguments, std::size_t count, Scratch& scratch) {
  for (std::size_t at = 0; at < count; ++at) {
    const auto parameter = entry.parameters[at < 3 ? at : 2];
    if (parameter == any) continue;
    const auto error = cast(arguments[at], parameter == integer ? Type::integer : Type::string, scratch);
    if (error != none) return error;
  }
  return none;
}

void set_zero(Cell& cell, Type type) {
  if (type == Type::string) cell.set(std::string_view());
  if (type == Type::integer) cell.set(0);
  if (type == Type::boolean) cell.set(false);
}

/// Every argument behind `separator`, but for the first one.
EvaluationError join(Cell* arguments, std::size_t first, std::size_t count, std::string_view separator, Cell& into,
                     Scratch& scratch) {
  std::size_t size = 0;
  for (std::size_t at = first; at < count; ++at) size += arguments[at].size + (at > first ? separator.size() : 0);
  if (count == first + 1) {
    into = arguments[first];
    return none;
  }
  char* const room = scratch.take(size);
  if (room == nullptr) {
    into.set(std::string_view());
    return failed;
  }
  char* end = room;
  const auto put = [&end](std::string_view text) {
    if (!text.empty()) std::memcpy(end, text.data(), text.size());
    end += text.size();
  };
  for (std::size_t at = first; at < count; ++at) {
    if (at > first) put(separator);
    put(arguments[at].text());
  }
  into.set(std::string_view(room, size));
  return none;
}

/// Letters of ASCII from `first` on, 26 of them, in the other case.
EvaluationError change_case(Cell& cell, char first, Scratch& scratch) {
  const auto text = cell.text();
  const auto is_one = [first](char c) { return c >= first && c < first + 26; };
  const auto* const begin = std::find_if(text.begin(), text.end(), is_one);
  if (begin == text.end()) return none;
  char* const room = scratch.take(text.size());
  if (room == nullptr) {
    cell.set(std::string_view());
    return failed;
  }
  for (std::size_t at = 0; at < text.size(); ++at) {
    room[at] = is_one(text[at]) ? static_cast<char>(text[at] ^ 0x20) : text[at];
  }
  cell.set(std::string_view(room, text.size()));
  return none;
}

EvaluationError left(Cell* arguments) {
  if (arguments[1].number < 0) return failed;
  const auto text = arguments[0].text();
  arguments[0].set(text.substr(0, bytes_of_first(text, static_cast<std::size_t>(arguments[1].number))));
  return none;
}

EvaluationError right(Cell* arguments) {
  if (arguments[1].number < 0) return failed;
  const auto text = arguments[0].text();
  const auto bytes = bytes_of_last(text, static_cast<std::size_t>(arguments[1].number));
  arguments[0].set(text.substr(text.size() - bytes));
  return none;
}

EvaluationError substring(Cell* arguments, std::int32_t most) {
  const auto text = arguments[0].text();
  const std::int64_t position = arguments[1].number;
  const auto length = static_cast<std::int64_t>(characters_of(text));
  arguments[0].set(std::string_view());
  if (most < 0 || position > length || position < -length) return failed;
  if (position == 0) return none;
  const auto before = static_cast<std::size_t>(position > 0 ? position - 1 : length + position);
  const auto rest = text.substr(bytes_of_first(text, before));
  arguments[0].set(rest.substr(0, bytes_of_first(rest, static_cast<std::size_t>(most))));
  return none;
}

EvaluationError absolute(Cell& cell) {
  if (cell.number == std::numeric_limits<std::int32_t>::min()) {
    cell.set(std::numeric_limits<std::int32_t>::max());
    return EvaluationError::math;
  }
  if (cell.number < 0) cell.set(-cell.number);
  return none;
}

}  // namespace

std::optional<Signature> find_function(std::string_view name, std::size_t arguments) {
  for (const Entry& entry : entries) {
    const bool takes = entry.is_variadic ? arguments >= entry.least : arguments == entry.least;
    if (takes && entry.name == name) return entry.signature;
  }
  return std::nullopt;
}

EvaluationError call(Function function, Cell* arguments, std::size_t count, Scratch& scratch, Work& work) {
  const Entry& entry = entries[static_cast<std::size_t>(function)];
  Cell& value = arguments[0];
  auto error = cast_arguments(entry, arguments, count, scratch);
  for (std::size_t at = 0; error == none && at < count; ++at) {
    if (arguments[at].type == Type::string && !work.spend(arguments[at].size)) error = failed;
  }
  if (error != none) {
    set_zero(value, entry.signature.result);
    return error;
  }
  switch (function) {
    case Function::abs: return absolute(value);
    case Function::to_bool: return cast(value, Type::boolean, scratch);
    case Function::concat:
      if (count > 0) return join(arguments, 0, count, {}, value, scratch);
      value.set(std::string_view());
      return none;
    case Function::concat_ws:
      if (count > 1) return join(arguments, 1, count, value.text(), value, scratch);
      value.set(std::string_view());
      return none;
    case Function::to_int: return cast(value, Type::integer, scratch);
    case Function::is_bool: value.set(can_cast(value, Type::boolean)); return none;
    case Function::is_int: value.set(can_cast(value, Type::integer)); return none;
    case Function::left: return left(arguments);
    case Function::length: value.set(static_cast<std::int32_t>(characters_of(value.text()))); return none;
    case Function::lower: return change_case(value, 'A', scratch);
    case Function::right: return right(arguments);
    case Function::to_string: return cast(value, Type::string, scratch);
    case Function::substring: return substring(arguments, std::numeric_limits<std::int32_t>::max());
    case Function::substring_of_length: return substring(arguments, arguments[2].number);
    case Function::trim: value.set(trimmed(value.text())); return none;
    case Function::upper: return change_case(value, 'a', scratch);
  }
  return failed;
}

}  // namespace millrace::filter
