#pragma once
// Texts counted in characters: code points of UTF-8. A byte that is no part of one counts as one, so that all of this
// has an answer for any bytes.

#include <cstddef>
#include <string_view>

namespace millrace::filter {

/// Requires: !text.empty(). From 1 to 4.
[[nodiscard]] std::size_t bytes_of_character(std::string_view text) noexcept;
[[nodiscard]] std::size_t characters_of(std::string_view text) noexcept;
/// Of the first characters, or of all when there are not so many.
[[nodiscard]] std::size_t bytes_of_first(std::string_view text, std::size_t characters) noexcept;
[[nodiscard]] std::size_t bytes_of_last(std::string_view text, std::size_t characters) noexcept;
/// Without Unicode's white space around.
[[nodiscard]] std::string_view trimmed(std::string_view text) noexcept;

}  // namespace millrace::filter
