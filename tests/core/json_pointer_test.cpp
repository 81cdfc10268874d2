#include "millrace/core/json_pointer.hpp"

#include <gtest/gtest.h>

#include "millrace/core/bounds.hpp"

namespace millrace {
namespace {

/// RFC 6901, section 5.
TEST(JsonPointer, WritesNamesAsItsStandardDoes) {
  EXPECT_EQ(pointer_token("a/b"), "a~1b");
  EXPECT_EQ(pointer_token("m~n"), "m~0n");
  EXPECT_EQ(pointer_token("~1"), "~01");
  EXPECT_EQ(pointer_token(""), "");
}

TEST(JsonPointer, IsFitToBePrinted) {
  EXPECT_EQ(pointer_token("a\nb"), "a\\nb");
  EXPECT_EQ(pointer_token("abcdef", 3), "abc…");
}

TEST(Bounds, NameTheFirstFieldThatIsOutOfThem) {
  const Bounds fine[] = {{"a", 1, 1, 3}, {"b", 3, 1, 3}};
  EXPECT_TRUE(check_bounds(fine));
  const Bounds not_fine[] = {{"a", 2, 1, 3}, {"b", 0, 1, 3}, {"c", 4, 1, 3}};
  const auto judged = check_bounds(not_fine);
  ASSERT_FALSE(judged);
  EXPECT_EQ(judged.error().code, Errc::invalid);
  EXPECT_EQ(judged.error().message, "b is 0; it may be from 1 to 3");
}

}  // namespace
}  // namespace millrace
