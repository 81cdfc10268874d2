#pragma once
// Spans of time as people type them: "500ms", "30s", "5m", "12h", "7d". Pure.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace millrace::cli {

/// In milliseconds. Nothing for a text that is no whole number with one of these units, or is beyond 2^53 ms.
[[nodiscard]] std::optional<std::int64_t> milliseconds_of(std::string_view text);

/// What is wrong with the text, for CLI11's check(); empty when it is a span.
[[nodiscard]] std::string is_duration(const std::string& text);

}  // namespace millrace::cli
