#pragma once
// How the values of configuration keys are read from text and written as TOML: one pair of functions per type.
// Reading gives nothing when the text is not a value of that type; ranges are the caller's. Values; any thread.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "settings.hpp"

namespace millrace::app {

/// Decimal digits with an optional sign, the whole text; underscores may stand between digits.
[[nodiscard]] std::optional<std::int64_t> read_integer(std::string_view text);
[[nodiscard]] std::optional<bool> read_boolean(std::string_view text);
/// Decimal digits from 0 to 1, the whole text: "0", "0.25", "1.0".
[[nodiscard]] std::optional<double> read_fraction(std::string_view text);
/// "127.0.0.1:9092", "[::1]:9092", "broker.example:9092". The port may be 0.
[[nodiscard]] std::optional<Endpoint> read_endpoint(std::string_view text);
/// The parts between commas, without the blanks around them; none for an empty text.
[[nodiscard]] std::vector<std::string> split_list(std::string_view text);

/// In double quotes, with quotes and backslashes escaped. Requires: no control characters, which no key allows.
[[nodiscard]] std::string quoted(std::string_view text);
/// In as few digits as say which it is, with a point: "1.0".
[[nodiscard]] std::string print_fraction(double value);
[[nodiscard]] std::string print_list(const std::vector<Endpoint>& endpoints);
/// As Kafka writes lists, "PLAINTEXT://127.0.0.1:9092,PLAINTEXT://[::1]:9092"; nothing when there are none.
[[nodiscard]] std::optional<std::string> tell_list(const std::vector<Endpoint>& endpoints, std::string_view prefix);

/// `text` broken between words, each line with `indent` in front, ended, and no wider than `width` if words allow.
[[nodiscard]] std::string wrapped(const std::string& text, const std::string& indent, std::size_t width);

}  // namespace millrace::app
