#include "millrace/core/escaped.hpp"

#include <gtest/gtest.h>

namespace millrace {
namespace {

TEST(Escaped, LeavesOrdinaryTextAlone) {
  EXPECT_EQ(escaped("orders-2024_eu.west"), "orders-2024_eu.west");
  EXPECT_EQ(escaped("Zürich 東京 🌋"), "Zürich 東京 🌋");
  EXPECT_EQ(escaped(""), "");
}

TEST(Escaped, CannotForgeASecondLine) {
  EXPECT_EQ(escaped("a\r\nERROR disk on fire"), "a\\r\\nERROR disk on fire");
  EXPECT_EQ(escaped("a\xe2\x80\xa8"
                    "b"),
            "a\\u2028b");
  EXPECT_EQ(escaped("a\xc2\x85"
                    "b"),
            "a\\u0085b");
}

TEST(Escaped, CannotDriveATerminalOrTurnTheDirection) {
  EXPECT_EQ(escaped("\x1b[31mred"), "\\x1b[31mred");
  EXPECT_EQ(escaped(std::string_view("\0\x7f", 2)), "\\x00\\x7f");
  EXPECT_EQ(escaped("\xe2\x80\xae"
                    "evil"),
            "\\u202eevil");
}

TEST(Escaped, ShowsBytesThatAreNotUtf8AsHex) {
  EXPECT_EQ(escaped("\xff\xfe"), "\\xff\\xfe");
  EXPECT_EQ(escaped("a\xc3"), "a\\xc3") << "a cut character";
  EXPECT_EQ(escaped("\xc0\xaf"), "\\xc0\\xaf") << "an overlong slash";
  EXPECT_EQ(escaped("\xed\xa0\x80"), "\\xed\\xa0\\x80") << "a surrogate";
}

TEST(Utf8, IsToldFromOtherBytes) {
  for (const std::string_view good : {"", "group", "gr\xc3\xbcppe", "\xf0\x9f\x90\x9f", "\n"})
    EXPECT_TRUE(is_utf8(good)) << good;
  for (const std::string_view bad : {"\xff", "a\xc3", "\xc0\xaf", "\xed\xa0\x80", "\x80"}) EXPECT_FALSE(is_utf8(bad));
}

TEST(Escaped, ABackslashIsNotMistakenForAnEscape) { EXPECT_EQ(escaped("\\n"), "\\\\n"); }

TEST(Escaped, CutsLongTextBetweenCharactersAndSaysSo) {
  EXPECT_EQ(escaped("abcdef", 3), "abc…");
  EXPECT_EQ(escaped("abc", 3), "abc");
  EXPECT_EQ(escaped("aü", 2), "a…") << "two bytes do not hold one and a half characters";
  const std::string hostile(1'000'000, '\n');
  EXPECT_LE(escaped(hostile).size(), 2 * limits::client_text_max + 3);
}

}  // namespace
}  // namespace millrace
