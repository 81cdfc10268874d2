// LIKE (SQL-9): its wildcards, and that no text and no pattern make it slow.

#include "like.hpp"

#include <gmock/gmock.h>

#include "support/seeded_random.hpp"

namespace millrace::filter {
namespace {

bool matches(std::string_view text, std::string_view pattern) {
  Work work;
  return LikePattern::of(pattern).value().matches(text, work).value();
}

TEST(Like, TakesTheWholeText) {
  EXPECT_TRUE(matches("", ""));
  EXPECT_TRUE(matches("", "%"));
  EXPECT_TRUE(matches("", "%%%"));
  EXPECT_FALSE(matches("", "_"));
  EXPECT_FALSE(matches("abc", "b"));
  EXPECT_TRUE(matches("abc", "%b%"));
  EXPECT_FALSE(matches("abc", "%b"));
  EXPECT_TRUE(matches("ababc", "%abc"));
  EXPECT_TRUE(matches("abcabd", "ab%abd"));
  EXPECT_FALSE(matches("aba", "ab%ba")) << "the two may not share a letter";
}

TEST(Like, AnUnderscoreIsOneCharacterHoweverManyBytesItHas) {
  EXPECT_TRUE(matches("\xC3\xA9", "_"));
  EXPECT_TRUE(matches("\xF0\x9F\x98\x80", "_"));
  EXPECT_FALSE(matches("\xC3\xA9", "__"));
  EXPECT_TRUE(matches("x\xC3\xA9z", "%_z"));
  EXPECT_TRUE(
      matches("a\xE2\x82\xAC"
              "b\xE2\x82\xAC"
              "c",
              "%a_b%_c"));
  EXPECT_FALSE(matches("abc", "%____%"));
}

TEST(Like, ABackslashStaysUnlessItStandsBeforeAWildcard) {
  EXPECT_TRUE(matches("50%", "50\\%"));
  EXPECT_FALSE(matches("505", "50\\%"));
  EXPECT_TRUE(matches("a_b", "a\\_b"));
  EXPECT_FALSE(matches("axb", "a\\_b"));
  EXPECT_TRUE(matches("a\\b", "a\\b"));
  EXPECT_TRUE(matches("\\%", "\\\\%")) << "the second backslash takes the wildcard";
}

TEST(Like, RunsInTheMiddleHaveABound) {
  const std::string longest(limits::like_run_max - 1, 'a');
  EXPECT_TRUE(LikePattern::of("%_" + longest + "%"));
  EXPECT_EQ(LikePattern::of("%_" + longest + "a%").error().code, Errc::too_large);
  EXPECT_TRUE(LikePattern::of("%_" + longest + "a")) << "at the end there is one place";
  EXPECT_TRUE(LikePattern::of("%" + longest + longest + "%")) << "without _ there is a faster way";
}

TEST(Like, WhatWouldNeverEndIsGivenUp) {
  const std::string text(200'000, 'a');
  Work work;
  EXPECT_EQ(LikePattern::of("%_" + std::string(62, 'a') + "b%")->matches(text, work), std::nullopt);
  EXPECT_EQ(work.left(), 0U);
}

/// Patterns that make backtracking take years: each is answered within the work that one evaluation may cost.
TEST(Like, ManyWildcardsDoNotMultiply) {
  const std::string text(20'000, 'a');
  std::string pattern;
  for (int at = 0; at < 100; ++at) pattern += "%a_a";
  Work work;
  EXPECT_EQ(LikePattern::of(pattern + "%b")->matches(text, work), false);
  EXPECT_GT(work.left(), limits::characters_max / 2);
}

/// As the text of the standard puts it, with every choice tried.
bool naive(std::u32string_view text, std::u32string_view pattern) {
  if (pattern.empty()) return text.empty();
  if (pattern[0] == U'%') return naive(text, pattern.substr(1)) || (!text.empty() && naive(text.substr(1), pattern));
  const bool is_escaped = pattern[0] == U'\\' && pattern.size() > 1 && (pattern[1] == U'%' || pattern[1] == U'_');
  const auto wanted = pattern[is_escaped ? 1 : 0];
  if (text.empty() || ((is_escaped || wanted != U'_') && text[0] != wanted)) return false;
  return naive(text.substr(1), pattern.substr(is_escaped ? 2 : 1));
}

std::string utf8(std::u32string_view text) {
  std::string bytes;
  for (const char32_t c : text)
    bytes += c == U'\u00e9' ? std::string("\xC3\xA9") : std::string(1, static_cast<char>(c));
  return bytes;
}

TEST(Like, IsWhatTryingEveryChoiceFinds) {
  support::SeededRandom random(support::seed_from_env(9));
  const auto text_of = [&random](std::u32string_view letters, std::uint64_t most) {
    std::u32string text;
    for (auto left = random.below(most); left > 0; --left) text += letters[random.below(letters.size())];
    return text;
  };
  int found = 0;
  for (int round = 0; round < 100'000; ++round) {
    const auto text = text_of(U"aab\u00e9%_\\", 9), pattern = text_of(U"aab\u00e9%%%__\\", 8);
    const bool expected = naive(text, pattern);
    ASSERT_EQ(matches(utf8(text), utf8(pattern)), expected) << utf8(text) << " LIKE " << utf8(pattern);
    found += expected ? 1 : 0;
  }
  EXPECT_GT(found, 5'000);
}

}  // namespace
}  // namespace millrace::filter
