#pragma once
// JSON that others wrote, handled with care: bounded in depth, and shown without changing a digit. Pure.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "client.hpp"

namespace millrace::cli {

inline constexpr int json_depth_max = 100;

/// Errc::invalid for what is no JSON in UTF-8, or is nested deeper than json_depth_max.
[[nodiscard]] Result<Json> parse_json(std::string_view text);
/// The same JSON with a line for each member and element, two blanks a level; numbers and texts stay as they are.
/// Nothing for what parse_json() refuses.
[[nodiscard]] std::optional<std::string> indented(std::string_view text);
/// A member of an object as it is written there, so that no digit of a number changes. Nothing when there is none under
/// that very name. Requires: parse_json() takes `object`, and it is one.
[[nodiscard]] std::optional<std::string> written_member(std::string_view object, std::string_view name);
/// The elements of an array, each as it is written there. Requires: parse_json() takes `array`, and it is one.
[[nodiscard]] std::vector<std::string> written_elements(std::string_view array);
/// The same JSON in one line: a line break that is no part of a text is white space. Requires: parse_json() takes it.
[[nodiscard]] std::string in_one_line(std::string json);

}  // namespace millrace::cli
