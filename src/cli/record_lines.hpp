#pragma once
// What `millrace produce` makes of a line of its input: a record, nothing, or a rule that the line breaks. Pure.

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "millrace/core/result.hpp"
#include "record.hpp"

namespace millrace::cli {

enum class LineForm { plain, json, cloudevents };

struct LineRules {
  LineForm form = LineForm::plain;
  std::string key_separator = {};                                 ///< plain: what stands between key and value
  std::vector<std::pair<std::string, std::string>> headers = {};  ///< added to each record
  std::optional<std::string> key = {};                            ///< of those that have none themselves
  std::int32_t partition = -1;                                    ///< likewise
};

/// Nothing for a blank line of JSON. Errc::invalid with the field, its value and the rule.
[[nodiscard]] Result<std::optional<Record>> record_of(std::string_view line, const LineRules& rules);

/// "name=value"
[[nodiscard]] Result<std::pair<std::string, std::string>> parse_header(std::string_view text);

}  // namespace millrace::cli
