#pragma once
// The texts of configurations: numbers, words, lists of words. Pure.
//
// Allowed words stand between blanks, as in ConfigKey::words. Two of them stand for many: <attribute> for any name of
// an attribute of CloudEvents, <field> for a header field that may be kept beside an event.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace millrace::broker {

[[nodiscard]] std::optional<std::int64_t> whole_number(std::string_view text);
[[nodiscard]] std::optional<double> real_number(std::string_view text);
[[nodiscard]] bool is_word_of(std::string_view words, std::string_view value);
/// What stands between commas.
[[nodiscard]] std::vector<std::string> split(std::string_view list);
/// Words between commas, none of them twice.
[[nodiscard]] bool is_list_of(std::string_view words, std::string_view value);
/// The words for people: what stands for many is explained.
[[nodiscard]] std::string explained(std::string_view words);

}  // namespace millrace::broker
