#pragma once
// A filter as it is typed: an expression of CloudEvents SQL. Pure.

#include <optional>
#include <string>

#include "millrace/core/result.hpp"
#include "millrace/filter/expression.hpp"

namespace millrace::cli {

/// Nothing for an empty text. Errc::invalid and Errc::too_large: "--filter: at character 8: …".
[[nodiscard]] Result<std::optional<filter::Expression>> filter_of(const std::string& text);

/// What is wrong with the text, for CLI11's check(); empty when it is an expression, or there is none.
[[nodiscard]] std::string is_expression(const std::string& text);

}  // namespace millrace::cli
