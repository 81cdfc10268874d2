#pragma once
// The filters of CloudEvents' Subscriptions API, an array of JSON objects, → an expression (rows SUB-6 to SUB-11 of
// docs/filters.md). Pure, any thread.
//
// Dialects: exact, prefix, suffix, all, any, not, and sql, which some spell cesql. All filters of the array have to let
// an event pass; an empty array lets all of them. An attribute that is not there is equal to nothing, so that `not` of
// it is true; an sql filter that fails is false.

#include <string>
#include <string_view>

#include "millrace/core/result.hpp"
#include "millrace/filter/expression.hpp"

namespace millrace::filter {

struct FilterFault {
  std::string pointer{};  ///< into the array (RFC 6901): "/0/all/1/exact/type"; empty for the whole
  std::string detail{};   ///< the value and the rule
};

/// Takes time and memory in proportion to the text, which has at most limits::filters_bytes_max.
[[nodiscard]] tl::expected<Expression, FilterFault> parse_filters(std::string_view json);

}  // namespace millrace::filter
