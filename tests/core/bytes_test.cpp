#include "millrace/core/bytes.hpp"

#include <gtest/gtest.h>

namespace millrace {
namespace {

TEST(Bytes, BigEndianIsTheMostSignificantByteFirst) {
  Bytes out;
  append_be<std::int32_t>(out, 0x01020304);
  append_be<std::int16_t>(out, -2);
  EXPECT_EQ(as_text(out), std::string_view("\x01\x02\x03\x04\xff\xfe", 6));
  EXPECT_EQ(load_be<std::int32_t>(out.data()), 0x01020304);
  EXPECT_EQ(load_be<std::int16_t>(out.data() + 4), -2);
}

TEST(Bytes, EveryWidthComesBack) {
  std::byte room[8];
  store_be<std::int64_t>(room, INT64_MIN + 7);
  EXPECT_EQ(load_be<std::int64_t>(room), INT64_MIN + 7);
  store_be<std::uint8_t>(room, 200);
  EXPECT_EQ(load_be<std::uint8_t>(room), 200);
}

}  // namespace
}  // namespace millrace
