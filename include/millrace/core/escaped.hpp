#pragma once
// A stranger's text made safe to print: one line, no terminal sequences, valid UTF-8, bounded.
//
// Client ids, topic names and header values reach diagnostics and error messages; whatever prints them goes through
// here, so that nobody can forge a second line, colour a terminal, or fill a disk with one name.
// A value in, a value out; any thread.

#include <cstddef>
#include <string>
#include <string_view>

#include "millrace/core/limits.hpp"

namespace millrace::inline core {

/// `client_text` with control characters, line separators and direction overrides written as \n, \r, \t, \x1b or
/// \u202e, bytes that are not UTF-8 as \xNN, and a backslash as two. At most `bytes_max` bytes of the text are shown;
/// "…" stands for the rest.
[[nodiscard]] std::string escaped(std::string_view client_text, std::size_t bytes_max = limits::client_text_max);

/// Shortest forms only, no surrogates, at most U+10FFFF.
[[nodiscard]] bool is_utf8(std::string_view text);

}  // namespace millrace::inline core
