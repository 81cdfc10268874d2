#pragma once
// The configuration file as text: which keys it sets, to what, and on which line.
//
// The file is TOML without tables: comments, `key = value`, and values that are strings, whole numbers, booleans or
// lists of them. Whatever is outside of that is refused with its line, never skipped: a setting that is silently not
// read is worse than a broker that does not start. Knows nothing of which keys there are. Pure.

#include <string>
#include <string_view>
#include <vector>

#include "millrace/core/result.hpp"

namespace millrace::app {

struct FileEntry {
  std::string key;
  std::vector<std::string> values;  ///< without quotes; several only for a list
  int line = 0;                     ///< from 1: where the key stands
};

/// `name` is the file's, for messages: "millrace.toml:12: …". Errc::invalid at the first line that is not understood,
/// and for a key that stands there twice.
[[nodiscard]] Result<std::vector<FileEntry>> read_config_file(std::string_view text, const std::string& name);

}  // namespace millrace::app
