#pragma once
// Regular expressions of RE2, which a stranger may choose: matching takes time in proportion to the text, and compiling
// is bounded in memory. Pure.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "millrace/groups/topics.hpp"

namespace millrace::groups {

/// Why it is none; nothing when it is.
[[nodiscard]] std::optional<std::string> regex_fault(std::string_view expression);
/// The names of topics that it matches from end to end, in order. Requires: regex_fault() finds none.
[[nodiscard]] std::vector<std::string> matching_topics(std::string_view expression, const Topics& topics);

}  // namespace millrace::groups
