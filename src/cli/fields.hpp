#pragma once
// Fields of an answer as text for people. Pure. What a stranger may have named is escaped.

#include <string>

#include "client.hpp"

namespace millrace::cli {

/// A field as text, not escaped; "-" when there is none.
[[nodiscard]] std::string text_of(const Json& object, const char* field);
/// The title and the text in one line.
[[nodiscard]] std::string line(const char* title, const std::string& text);
/// A field in a line of its own, for a pipe.
[[nodiscard]] std::string id_of(const Json& object, const char* field);
[[nodiscard]] std::string ids_of(const Json& body, const char* list, const char* field);
/// "1.5 MiB"; "-" for what is no number.
[[nodiscard]] std::string bytes_text(const Json& value);

}  // namespace millrace::cli
