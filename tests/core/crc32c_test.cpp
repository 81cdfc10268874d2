#include "millrace/core/crc32c.hpp"

#include <gtest/gtest.h>

namespace millrace {
namespace {

// RFC 3720, B.4: 32 bytes of zeros, of ones, and ascending.
TEST(Crc32c, MatchesTheExamplesOfRfc3720) {
  Bytes zeros(32, std::byte{0}), ones(32, std::byte{0xff}), ascending(32);
  for (std::size_t i = 0; i < ascending.size(); ++i) ascending[i] = static_cast<std::byte>(i);
  EXPECT_EQ(crc32c(zeros), 0x8a9136aaU);
  EXPECT_EQ(crc32c(ones), 0x62a8ab43U);
  EXPECT_EQ(crc32c(ascending), 0x46dd794eU);
}

TEST(Crc32c, GoesOnFromTheSumOfWhatCameBefore) {
  const auto whole = as_bytes("123456789");
  EXPECT_EQ(crc32c(whole), 0xe3069283U);  // the check value of the CRC catalogue
  for (std::size_t cut = 0; cut <= whole.size(); ++cut) {
    EXPECT_EQ(crc32c(whole.subspan(cut), crc32c(whole.first(cut))), 0xe3069283U) << "cut at " << cut;
  }
}

}  // namespace
}  // namespace millrace
