#pragma once
// The source tree as the architecture tests see it: files, their folder, their lines. Values.

#include <string>
#include <vector>

namespace millrace::architecture {

struct SourceFile {
  std::string path;    ///< from the root of the tree, as in "src/log/log.cpp"
  std::string folder;  ///< "log"
  bool is_header = false;
  bool is_public = false;  ///< below include/
  std::vector<std::string> lines;
};

/// What a rule says of a file: printed as "src/log/log.cpp:12: …".
struct Violation {
  std::string path;
  std::size_t line = 0;  ///< from 1; 0 for the file as a whole
  std::string rule;
};
using Violations = std::vector<Violation>;

[[nodiscard]] std::string to_string(const Violations& violations);

/// A file of the tree, or one that a test makes up.
[[nodiscard]] SourceFile make_file(const std::string& path, const std::string& text);
/// Every .hpp and .cpp below include/millrace and src.
[[nodiscard]] const std::vector<SourceFile>& product_files();
/// Every .hpp and .cpp below tests.
[[nodiscard]] const std::vector<SourceFile>& test_files();
/// A text file of the tree. Fails the running test when it is not there.
[[nodiscard]] std::string text_of(const std::string& path);
/// Names of the directories directly below `path`.
[[nodiscard]] std::vector<std::string> folders_below(const std::string& path);

}  // namespace millrace::architecture
