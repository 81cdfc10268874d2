#pragma once
// What a command is given whole: a file, or standard input as "-".

#include <optional>
#include <string>

namespace millrace::cli {

/// Nothing when it cannot be read.
[[nodiscard]] std::optional<std::string> content_of(const std::string& file);

}  // namespace millrace::cli
