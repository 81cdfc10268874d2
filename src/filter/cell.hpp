#pragma once
// A value on the machine's stack: 16 bytes, not cleared before it is written. And the six casts of SQL-14.

#include <cstdint>
#include <string_view>

#include "millrace/filter/expression.hpp"

namespace millrace::filter {

struct Cell {
  Type type;
  std::uint32_t size;
  union {
    const char* data;
    std::int32_t number;
  };

  [[nodiscard]] std::string_view text() const noexcept { return {data, size}; }
  [[nodiscard]] bool is_true() const noexcept { return number != 0; }

  void set(bool value) noexcept {
    type = Type::boolean;
    number = value ? 1 : 0;
  }
  void set(std::int32_t value) noexcept {
    type = Type::integer;
    number = value;
  }
  /// Requires: less than 4 GiB.
  void set(std::string_view value) noexcept {
    type = Type::string;
    size = static_cast<std::uint32_t>(value.size());
    data = value.data();
  }
};

/// In place. EvaluationError::cast leaves the zero of the type; EvaluationError::function_evaluation says that the
/// scratch is full, which a number as a text may find.
[[nodiscard]] EvaluationError cast(Cell& cell, Type type, Scratch& scratch);

/// Whether cast() would succeed, room given.
[[nodiscard]] bool can_cast(const Cell& cell, Type type);

}  // namespace millrace::filter
