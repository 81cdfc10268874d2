#pragma once
// CloudEvents SQL 1.0 → an expression (rows SQL-1 to SQL-19 of docs/filters.md). Pure, any thread.

#include <cstdint>
#include <string_view>

#include "millrace/core/result.hpp"
#include "millrace/filter/expression.hpp"

namespace millrace::filter {

/// What becomes of a call of a function that there is not. By the text it is an error of the evaluation (SQL-17); but a
/// filter whose author has mistyped it would be silent for ever.
enum class UnknownFunctions : std::uint8_t { fail_when_called, refused };

/// Errc::invalid says where, counted in characters from 1, what was expected, and what was found; Errc::too_large names
/// the limit. Takes time and memory in proportion to the text, which has at most limits::expression_bytes_max.
[[nodiscard]] Result<Expression> parse_cesql(std::string_view text,
                                             UnknownFunctions unknown = UnknownFunctions::fail_when_called);

}  // namespace millrace::filter
