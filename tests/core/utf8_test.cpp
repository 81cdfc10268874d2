// UTF-8: the ends of each length, and what looks like it and is none (RFC 3629, section 4; Unicode 15, table 3-7).

#include "millrace/core/utf8.hpp"

#include <gtest/gtest.h>

namespace millrace {
namespace {

using namespace std::string_view_literals;

void expect(std::string_view text, char32_t code, std::size_t length) {
  const auto found = first_of(text);
  EXPECT_EQ(found.length, length) << text;
  if (length > 0) {
    EXPECT_EQ(static_cast<std::uint32_t>(found.code), static_cast<std::uint32_t>(code)) << text;
  }
}

TEST(Utf8, ReadsTheEndsOfEachLength) {
  expect("\0"sv, 0, 1);
  expect("\x7f", 0x7f, 1);
  expect("\xc2\x80", 0x80, 2);
  expect("\xdf\xbf", 0x7ff, 2);
  expect("\xe0\xa0\x80", 0x800, 3);
  expect("\xed\x9f\xbf", 0xd7ff, 3);
  expect("\xee\x80\x80", 0xe000, 3);
  expect("\xef\xbf\xbf", 0xffff, 3);
  expect("\xf0\x90\x80\x80", 0x10000, 4);
  expect("\xf4\x8f\xbf\xbf and more", 0x10ffff, 4);
}

TEST(Utf8, KnowsWhatIsNone) {
  for (const auto text : {"\x80"sv, "\xbf"sv, "\xc0\x80"sv, "\xc1\xbf"sv, "\xe0\x9f\xbf"sv, "\xed\xa0\x80"sv,
                          "\xed\xbf\xbf"sv, "\xf0\x8f\xbf\xbf"sv, "\xf4\x90\x80\x80"sv, "\xf8\x88\x80\x80\x80"sv,
                          "\xff"sv, "\xc2"sv, "\xe2\x82"sv, "\xf0\x9f\x98"sv, "\xc2 "sv, "\xe2\x82\xc2"sv}) {
    expect(text, 0, 0);
  }
}

}  // namespace
}  // namespace millrace
