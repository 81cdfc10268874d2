#pragma once
// "key=value", as often as wanted: what commands take that change configurations. Pure.

#include <string>
#include <vector>

#include "client.hpp"

namespace millrace::cli {

/// What is wrong with the text, for CLI11's check(); empty when it is an assignment.
[[nodiscard]] std::string is_assignment(const std::string& text);

/// {"key": "value"} of texts that are assignments; the last of equal keys wins.
[[nodiscard]] Json object_of(const std::vector<std::string>& assignments);

}  // namespace millrace::cli
