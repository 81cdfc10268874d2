#include "tree.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace millrace::architecture {
namespace {

namespace fs = std::filesystem;

const fs::path root = MILLRACE_SOURCE_ROOT;

std::vector<SourceFile> files_below(const std::string& path) {
  std::vector<SourceFile> files;
  for (const auto& entry : fs::recursive_directory_iterator(root / path)) {
    const std::string extension = entry.path().extension().string();
    if (!entry.is_regular_file() || (extension != ".hpp" && extension != ".cpp")) continue;
    const std::string relative = fs::relative(entry.path(), root).string();
    files.push_back(make_file(relative, text_of(relative)));
  }
  std::sort(files.begin(), files.end(), [](const auto& a, const auto& b) { return a.path < b.path; });
  return files;
}

}  // namespace

std::string to_string(const Violations& violations) {
  std::string out;
  for (const Violation& each : violations) {
    out += "\n" + each.path + (each.line == 0 ? "" : ":" + std::to_string(each.line)) + ": " + each.rule;
  }
  return out;
}

SourceFile make_file(const std::string& path, const std::string& text) {
  SourceFile file;
  file.path = path;
  file.is_header = path.ends_with(".hpp");
  file.is_public = path.starts_with("include/");
  std::string rest = path.substr(path.find('/') + 1);
  if (file.is_public) rest = rest.substr(rest.find('/') + 1);
  file.folder = rest.substr(0, rest.find('/'));
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) file.lines.push_back(line);
  return file;
}

const std::vector<SourceFile>& product_files() {
  static const std::vector<SourceFile> files = [] {
    std::vector<SourceFile> all = files_below("include/millrace");
    const std::vector<SourceFile> sources = files_below("src");
    all.insert(all.end(), sources.begin(), sources.end());
    return all;
  }();
  return files;
}

const std::vector<SourceFile>& test_files() {
  static const std::vector<SourceFile> files = files_below("tests");
  return files;
}

std::string text_of(const std::string& path) {
  std::ifstream file(root / path, std::ios::binary);
  EXPECT_TRUE(file.good()) << path;
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

std::vector<std::string> folders_below(const std::string& path) {
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(root / path)) {
    if (entry.is_directory()) names.push_back(entry.path().filename().string());
  }
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace millrace::architecture
