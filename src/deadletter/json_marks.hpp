#pragma once
// Members of a JSON event, taken away and added without touching a byte of the others. Pure.
//
// Both require: cloudevents::parse_json() has accepted the text.

#include <span>
#include <string>
#include <string_view>

#include "marks.hpp"

namespace millrace::deadletter {

/// The text without the members that are to go.
[[nodiscard]] std::string without_json_marks(std::string_view event, const IsMark& is_mark);

/// Directly behind the last member, in their order: what is around it stays.
[[nodiscard]] std::string with_json_marks(std::string_view event, std::span<const Mark> marks);

}  // namespace millrace::deadletter
