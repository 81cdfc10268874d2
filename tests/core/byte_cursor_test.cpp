#include "millrace/core/byte_cursor.hpp"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace millrace {
namespace {

using namespace std::string_view_literals;

ByteCursor cursor_of(std::string_view bytes) { return ByteCursor(as_bytes(bytes)); }

TEST(ByteCursor, ReadsNumbersWithTheirGreatestByteFirst) {
  auto cursor = cursor_of("\x01\x02\xff\xff\xff\xfe"sv);
  EXPECT_EQ(cursor.integer<std::uint16_t>(), 0x0102U);
  EXPECT_FALSE(cursor.at_end());
  EXPECT_EQ(cursor.integer<std::int32_t>(), -2);
  EXPECT_TRUE(cursor.at_end());
}

TEST(ByteCursor, FailsOnceForAll) {
  auto cursor = cursor_of("\x07\x08"sv);
  EXPECT_EQ(cursor.integer<std::uint32_t>(), 0U);
  EXPECT_EQ(cursor.integer<std::uint8_t>(), 0U) << "though a byte is there";
  EXPECT_FALSE(cursor.ok());
  EXPECT_FALSE(cursor.at_end());
}

TEST(ByteCursor, TakesNoPieceThatIsNotThere) {
  for (const std::int64_t length : {std::int64_t{-1}, std::int64_t{4}, INT64_MAX}) {
    auto cursor = cursor_of("abc"sv);
    EXPECT_TRUE(cursor.take(length).empty());
    EXPECT_FALSE(cursor.ok()) << length;
  }
  auto cursor = cursor_of("abc"sv);
  EXPECT_TRUE(cursor.take(0).empty());
  EXPECT_EQ(as_text(cursor.take(3)), "abc");
  EXPECT_TRUE(cursor.at_end());
}

/// The examples of protobuf's page on its encoding (150) and of its bounds.
TEST(ByteCursor, ReadsVarints) {
  EXPECT_EQ(cursor_of("\x96\x01"sv).uvarint<std::uint32_t>(), 150U);
  EXPECT_EQ(cursor_of("\xff\xff\xff\xff\x0f"sv).uvarint<std::uint32_t>(), UINT32_MAX);
  EXPECT_EQ(cursor_of("\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"sv).uvarint<std::uint64_t>(), UINT64_MAX);
}

TEST(ByteCursor, RefusesVarintsWithMoreBitsThanThereIsRoomFor) {
  auto narrow = cursor_of("\xff\xff\xff\xff\x10"sv), wide = cursor_of("\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02"sv);
  EXPECT_EQ(narrow.uvarint<std::uint32_t>(), 0U);
  EXPECT_FALSE(narrow.ok());
  EXPECT_EQ(wide.uvarint<std::uint64_t>(), 0U);
  EXPECT_FALSE(wide.ok());
  auto cut_off = cursor_of("\x80\x80"sv);
  EXPECT_EQ(cut_off.uvarint<std::uint32_t>(), 0U);
  EXPECT_FALSE(cut_off.ok());
}

}  // namespace
}  // namespace millrace
