#pragma once
// Every bound of filters, each with its reason. Who writes a filter is a stranger, and what it is asked of is written
// by another: both may mean ill, and an event must not cost more than a few milliseconds.

#include <cstddef>
#include <cstdint>

#include "millrace/core/limits.hpp"

namespace millrace::filter::limits {

using millrace::limits::KiB;
using millrace::limits::MiB;

// Of an expression, judged when it is parsed.
inline constexpr std::size_t expression_bytes_max = 8 * KiB;  ///< a line of HTTP has no more
inline constexpr std::size_t depth_max = 64;                  ///< parentheses, signs and calls inside of each other
inline constexpr std::size_t nodes_max = 2'048;               ///< a list of a thousand values, and then some
inline constexpr std::size_t values_max = 256;                ///< held at once: half the arguments of a long CONCAT
inline constexpr std::size_t names_max = 64;     ///< of attributes; each is looked up once, among as many as there are
inline constexpr std::size_t like_run_max = 64;  ///< characters between two % of a pattern, if one of them is _

// Of filter objects, judged when they are parsed.
inline constexpr std::size_t filters_bytes_max = 64 * KiB;
inline constexpr std::size_t filters_depth_max = 16;  ///< all, any and not inside of each other
inline constexpr std::size_t filters_max = 256;       ///< objects in all; exact with many members counts for each

// Of one evaluation. What would take more is FunctionEvaluationError, so that the filter does not let the event pass.
inline constexpr std::size_t built_bytes_max = 64 * KiB;  ///< of texts that it makes: CONCAT, UPPER, numbers as texts
inline constexpr std::size_t characters_max = 4 * MiB;    ///< that it looks at: LIKE, functions, equal texts

}  // namespace millrace::filter::limits
