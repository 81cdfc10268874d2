// How files look: sizes, openings, names. What clang-format cannot hold.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <initializer_list>
#include <regex>
#include <string_view>

#include "tree.hpp"

namespace millrace::architecture {
namespace {

using testing::IsEmpty;
using testing::SizeIs;

constexpr std::size_t line_width_max = 120;
constexpr std::size_t source_lines_max = 400;

/// Characters, not bytes: comments may draw.
std::size_t width_of(const std::string& line) {
  return static_cast<std::size_t>(
      std::count_if(line.begin(), line.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xc0U) != 0x80; }));
}

Violations judge_size(const SourceFile& file) {
  Violations out;
  if (file.lines.size() > source_lines_max) {
    out.push_back({file.path, 0, std::to_string(file.lines.size()) + " lines; is it still one idea?"});
  }
  for (std::size_t at = 0; at < file.lines.size(); ++at) {
    if (width_of(file.lines[at]) > line_width_max) out.push_back({file.path, at + 1, "wider than 120 characters"});
  }
  return out;
}

/// Whether `word` stands in `line` and is not part of a longer one.
bool has_word(const std::string& line, std::string_view word) {
  const auto is_part = [](char c) { return c == '_' || std::isalnum(static_cast<unsigned char>(c)) != 0; };
  for (auto at = line.find(word); at != std::string::npos; at = line.find(word, at + 1)) {
    const auto end = at + word.size();
    if ((at == 0 || !is_part(line[at - 1])) && (end == line.size() || !is_part(line[end]))) return true;
  }
  return false;
}

Violations judge_words(const SourceFile& file, std::initializer_list<std::string_view> words, const std::string& rule) {
  Violations out;
  for (std::size_t at = 0; at < file.lines.size(); ++at) {
    for (const std::string_view word : words) {
      if (has_word(file.lines[at], word)) out.push_back({file.path, at + 1, rule + ": " + std::string(word)});
    }
  }
  return out;
}

Violations judge_leftovers(const SourceFile& file) {
  return judge_words(file,
                     {"TODO", "FIXME", "XXX", "HACK", "not implemented", "Not implemented", "not yet implemented",
                      "GTEST_SKIP", "DISABLED_"},
                     "unfinished");
}

Violations judge_tasks(const SourceFile& file) {
  return judge_words(file, {"detached", "detach"}, "every task is accounted for");
}

Violations judge_opening(const SourceFile& file) {
  if (!file.is_header) return {};
  if (file.lines.size() < 2 || file.lines[0] != "#pragma once") return {{file.path, 1, "opens with #pragma once"}};
  if (!file.lines[1].starts_with("// ")) return {{file.path, 2, "says first what it is and what it promises"}};
  return {};
}

/// Whether the namespace opened on line `at` holds nothing but forward declarations: those name the others' types.
bool only_declares(const SourceFile& file, std::size_t at) {
  static const std::regex on_one_line(R"(.*\{ (class|struct) \w+; *\}.*)");
  static const std::regex declaration(R"((class|struct) \w+;)");
  if (std::regex_match(file.lines[at], on_one_line)) return true;
  for (++at; at < file.lines.size() && !file.lines[at].starts_with("}"); ++at) {
    if (!std::regex_match(file.lines[at], declaration)) return false;
  }
  return at < file.lines.size();
}

Violations judge_namespaces(const SourceFile& file) {
  static const std::regex opening(R"(^namespace millrace(?:::(?:inline )?(\w+))?(?:::\w+)* \{.*)");
  Violations out;
  for (std::size_t at = 0; at < file.lines.size(); ++at) {
    std::smatch parts;
    if (file.lines[at].starts_with("namespace millrace") && std::regex_match(file.lines[at], parts, opening) &&
        parts[1] != file.folder && !(file.folder == "core" && parts[1] == "limits") && !only_declares(file, at)) {
      out.push_back({file.path, at + 1, "the namespace is not the folder"});
    }
    if (file.is_header && has_word(file.lines[at], "using namespace")) {
      out.push_back({file.path, at + 1, "a header opens no namespace for whoever includes it"});
    }
  }
  return out;
}

template <class Rule>
Violations over(const std::vector<SourceFile>& files, Rule rule) {
  Violations out;
  for (const SourceFile& file : files) {
    const Violations found = rule(file);
    out.insert(out.end(), found.begin(), found.end());
  }
  return out;
}

TEST(Shape, SourcesAreShortAndLinesFit) {
  ASSERT_GT(product_files().size(), 50U) << "the tree was not found";
  const Violations violations = over(product_files(), judge_size);
  EXPECT_EQ(to_string(violations), "");
}

TEST(Shape, NothingIsLeftUnfinished) {
  Violations violations = over(product_files(), judge_leftovers);
  for (const SourceFile& file : test_files()) {
    if (file.folder == "architecture") continue;  // It names the words.
    const Violations found = judge_leftovers(file);
    violations.insert(violations.end(), found.begin(), found.end());
  }
  EXPECT_EQ(to_string(violations), "");
}

TEST(Shape, NoTaskIsLetGo) {
  const Violations violations = over(product_files(), judge_tasks);
  EXPECT_EQ(to_string(violations), "");
}

TEST(Shape, EveryHeaderSaysWhatItIs) {
  const Violations violations = over(product_files(), judge_opening);
  EXPECT_EQ(to_string(violations), "");
}

TEST(Shape, TheNamespaceIsTheFolder) {
  const Violations violations = over(product_files(), judge_namespaces);
  EXPECT_EQ(to_string(violations), "");
}

TEST(ShapeJudge, CatchesWhatItIsFor) {
  EXPECT_THAT(judge_size(make_file("src/log/x.cpp", std::string(121, 'x'))), SizeIs(1));
  EXPECT_THAT(judge_size(make_file("src/log/x.cpp", "// ─" + std::string(116, 'x'))), IsEmpty());
  std::string tall;
  for (int line = 0; line < 401; ++line) tall += "x\n";
  EXPECT_THAT(judge_size(make_file("src/log/x.cpp", tall)), SizeIs(1));
  EXPECT_THAT(judge_leftovers(make_file("src/log/x.cpp", "// TODO: later\n// Not implemented.\n")), SizeIs(2));
  EXPECT_THAT(judge_tasks(make_file("src/kafka/x.cpp", "co_spawn(e, f(), detached);\nthread.detach();\n")), SizeIs(2));
  EXPECT_THAT(judge_opening(make_file("src/log/x.hpp", "#pragma once\n#include <map>\n")), SizeIs(1));
  EXPECT_THAT(judge_opening(make_file("src/log/x.hpp", "#pragma once\n// What.\n")), IsEmpty());
}

TEST(ShapeJudge, KnowsWhoseNamespaceItIs) {
  EXPECT_THAT(judge_namespaces(make_file("src/log/x.cpp", "namespace millrace::broker {\n")), SizeIs(1));
  EXPECT_THAT(judge_namespaces(make_file("src/log/x.cpp", "namespace millrace {\n")), SizeIs(1));
  EXPECT_THAT(judge_namespaces(make_file("src/log/x.cpp", "namespace millrace::log {\n")), IsEmpty());
  EXPECT_THAT(judge_namespaces(make_file("src/app/x.cpp", "namespace millrace::app::diagnostics {\n")), IsEmpty());
  EXPECT_THAT(judge_namespaces(make_file("src/core/x.cpp", "namespace millrace::inline core {\n")), IsEmpty());
  EXPECT_THAT(judge_namespaces(make_file("src/log/x.hpp", "namespace millrace::disk { class Disk; }\n")), IsEmpty());
  EXPECT_THAT(judge_namespaces(make_file("src/log/x.hpp", "namespace millrace::disk {\nclass Disk;\n}\n")), IsEmpty());
  EXPECT_THAT(judge_namespaces(make_file("src/log/x.hpp", "namespace millrace::disk {\nint f();\n}\n")), SizeIs(1));
  EXPECT_THAT(judge_namespaces(make_file("src/log/x.hpp", "using namespace std;\n")), SizeIs(1));
}

}  // namespace
}  // namespace millrace::architecture
