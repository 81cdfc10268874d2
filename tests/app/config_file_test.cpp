#include "config_file.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace millrace::app {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::vector<FileEntry> entries(std::string_view text) {
  auto read = read_config_file(text, "f");
  EXPECT_TRUE(read.has_value()) << read.error().message;
  return read ? *read : std::vector<FileEntry>{};
}

std::string refusal(std::string_view text) {
  const auto read = read_config_file(text, "f");
  return read ? std::string() : read.error().message;
}

TEST(ConfigFile, GivesEachKeyItsValueAndItsLine) {
  const auto read = entries("# a comment\n\na = 1\r\n  b= \"two # not a comment\"  # a comment\nc=true");
  ASSERT_EQ(read.size(), 3U);
  EXPECT_EQ(read[0].key, "a");
  EXPECT_THAT(read[0].values, ElementsAre("1"));
  EXPECT_EQ(read[0].line, 3);
  EXPECT_THAT(read[1].values, ElementsAre("two # not a comment"));
  EXPECT_EQ(read[1].line, 4);
  EXPECT_THAT(read[2].values, ElementsAre("true"));
  EXPECT_EQ(read[2].line, 5);
}

TEST(ConfigFile, ReadsListsOverSeveralLines) {
  const auto read = entries("a = [ \"x\", # first\n  'y',\n]\nb = []\n");
  ASSERT_EQ(read.size(), 2U);
  EXPECT_THAT(read[0].values, ElementsAre("x", "y"));
  EXPECT_EQ(read[0].line, 1);
  EXPECT_THAT(read[1].values, IsEmpty());
  EXPECT_EQ(read[1].line, 4);
}

TEST(ConfigFile, ReadsBothKindsOfQuotes) {
  const auto read = entries(R"(a = "say \"hi\" \\"
b = 'C:\path'
c = "")");
  ASSERT_EQ(read.size(), 3U);
  EXPECT_THAT(read[0].values, ElementsAre("say \"hi\" \\"));
  EXPECT_THAT(read[1].values, ElementsAre("C:\\path"));
  EXPECT_THAT(read[2].values, ElementsAre(""));
}

TEST(ConfigFile, AnEmptyFileSetsNothing) {
  EXPECT_THAT(entries(""), IsEmpty());
  EXPECT_THAT(entries("\n# only this\n"), IsEmpty());
}

TEST(ConfigFile, RefusesWhatItDoesNotUnderstandWithTheLine) {
  EXPECT_THAT(refusal("a = 1\nb\n"), HasSubstr("f:2: expected = after b"));
  EXPECT_THAT(refusal("a = fsync"), HasSubstr("f:1: expected a number, true, false, a list or a text in quotes"));
  EXPECT_THAT(refusal("a ="), HasSubstr("f:1: expected a number"));
  EXPECT_THAT(refusal("a = 1 2"), HasSubstr("unexpected text after the value of a"));
  EXPECT_THAT(refusal("\n[server]\n"), HasSubstr("f:2: sections are not used"));
  EXPECT_THAT(refusal("= 1"), HasSubstr("expected a key"));
  EXPECT_THAT(refusal("a = \"x"), HasSubstr("not closed"));
  EXPECT_THAT(refusal("a = 'x\n'"), HasSubstr("not closed"));
  EXPECT_THAT(refusal("a = [1, 2\n"), HasSubstr("the list is not closed"));
  EXPECT_THAT(refusal("a = [1 2]"), HasSubstr("expected , or ]"));
  EXPECT_THAT(refusal("a = \"\\q\""), HasSubstr("\\ stands only before"));
}

TEST(ConfigFile, RefusesAKeyThatStandsThereTwice) {
  EXPECT_EQ(refusal("a = 1\nb = 1\na = 2"), "f:3: a stands already on line 1; a key is set once");
}

TEST(ConfigFile, AnyCutOfAFileIsReadOrRefused) {
  const std::string_view whole = "a = [\"x\", 1]\nb = \"\\\\\" # c\nc = 'd'\n";
  for (std::size_t length = 0; length <= whole.size(); ++length) {
    const auto read = read_config_file(whole.substr(0, length), "f");
    const std::string message = read ? "f:" : read.error().message;
    EXPECT_THAT(message, HasSubstr("f:")) << length;
  }
}

}  // namespace
}  // namespace millrace::app
