#pragma once
// The functions of CESQL (SQL-17, SQL-19): found by name and number of arguments when an expression is parsed, called
// with cells when it is evaluated.

#include <cstdint>
#include <optional>
#include <string_view>

#include "millrace/filter/expression.hpp"
#include "work.hpp"

namespace millrace::filter {

struct Cell;

enum class Function : std::uint8_t {
  abs,
  to_bool,
  concat,
  concat_ws,
  to_int,
  is_bool,
  is_int,
  left,
  length,
  lower,
  right,
  to_string,
  substring,
  substring_of_length,
  trim,
  upper,
};

struct Signature {
  Function function{};
  Type result{};
};

/// `name` in lower case. Nothing when no function of this name takes so many arguments (SQL-18).
[[nodiscard]] std::optional<Signature> find_function(std::string_view name, std::size_t arguments);

/// Puts the value in place of the first argument; there is room for it when there is none. With an error the value is
/// the one that SQL-17 names.
[[nodiscard]] EvaluationError call(Function function, Cell* arguments, std::size_t count, Scratch& scratch, Work& work);

}  // namespace millrace::filter
