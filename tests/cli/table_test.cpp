#include "table.hpp"

#include <gtest/gtest.h>

namespace millrace::cli {
namespace {

TEST(Table, HasColumnsAsWideAsTheirLongestCell) {
  EXPECT_EQ(table({{"TOPIC"}, {"LAG", true}, {"STATE"}}, {{"orders", "5", "ok"}, {"a", "12345", ""}}),
            "TOPIC     LAG  STATE\n"
            "orders      5  ok\n"
            "a       12345\n");
}

TEST(Table, CountsCharactersAndNotBytes) {
  EXPECT_EQ(table({{"A"}, {"B"}}, {{"äö", "x"}, {"abc", "y"}}), "A    B\näö   x\nabc  y\n");
}

TEST(Table, ShowsWhatATerminalWouldObeyEscaped) {
  EXPECT_EQ(table({{"A"}}, {{"\x1b[31mred"}, {"two\nlines"}}), "A\n\\x1b[31mred\ntwo\\nlines\n");
}

TEST(Table, HasBoldTitlesIfWanted) {
  EXPECT_EQ(table({{"A"}, {"B"}}, {{"x", "y"}}, Paint(true)), "\x1b[1mA  B\x1b[0m\nx  y\n");
}

TEST(Table, WithoutRowsIsItsTitles) { EXPECT_EQ(table({{"A"}, {"B", true}}, {}), "A  B\n"); }

}  // namespace
}  // namespace millrace::cli
