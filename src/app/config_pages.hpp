#pragma once
// The configuration written out for people, all from the table of keys: the file that is shipped, the reference page,
// and what --print-config shows. Pure.

#include <string>

#include "command_line.hpp"

namespace millrace::app {

/// config/millrace.toml: every key with its meaning and its default value.
[[nodiscard]] std::string config_file_text();
/// docs/configuration.md.
[[nodiscard]] std::string config_reference_page();
/// `key = value  # where it came from`, one a line: a file that would give the same settings again.
[[nodiscard]] std::string effective_config(const Loaded& loaded);

}  // namespace millrace::app
