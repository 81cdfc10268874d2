#include "millrace/core/ids.hpp"

#include <gtest/gtest.h>

#include <set>

#include "millrace/core/error_code.hpp"

namespace millrace {
namespace {

TEST(Uuid, PrintsAsUnpaddedUrlSafeBase64) {
  Uuid id;
  for (std::size_t i = 0; i < id.bytes.size(); ++i) id.bytes[i] = static_cast<std::byte>(i * 17);
  EXPECT_EQ(id.to_string(), "ABEiM0RVZneImaq7zN3u_w");  // base64.urlsafe_b64encode of 00 11 22 … ff
  EXPECT_EQ(Uuid::parse("ABEiM0RVZneImaq7zN3u_w"), id);
  EXPECT_EQ(id.to_hyphenated(), "00112233-4455-6677-8899-aabbccddeeff");
}

TEST(Uuid, RefusesTextThatIsNotAnId) {
  EXPECT_FALSE(Uuid::parse(""));
  EXPECT_FALSE(Uuid::parse("ABEiM0RVZneImaq7zN3u_"));    // a character short
  EXPECT_FALSE(Uuid::parse("ABEiM0RVZneImaq7zN3u_ww"));  // one too many
  EXPECT_FALSE(Uuid::parse("ABEiM0RVZneImaq7zN3u+w"));   // the other base64
  EXPECT_FALSE(Uuid::parse("ABEiM0RVZneImaq7zN3u_x"));   // spare bits set
}

TEST(Uuid, MadeOfChanceCarriesVersionAndVariant) {
  for (std::uint64_t seed : {std::uint64_t{0}, ~std::uint64_t{0}, std::uint64_t{0x123456789abcdef0}}) {
    const auto id = Uuid::from_random(seed, seed);
    EXPECT_EQ(std::to_integer<int>(id.bytes[6]) >> 4, 4);
    EXPECT_EQ(std::to_integer<int>(id.bytes[8]) >> 6, 2);
    EXPECT_FALSE(id.is_zero());
  }
}

TEST(ErrorCode, SpellsTheProtocolsNames) {
  EXPECT_EQ(name_of(ErrorCode::none), "NONE");
  EXPECT_EQ(name_of(ErrorCode::unknown_server_error), "UNKNOWN_SERVER_ERROR");
  EXPECT_EQ(static_cast<int>(ErrorCode::member_id_required), 79);
  EXPECT_EQ(static_cast<int>(ErrorCode::invalid_record), 87);
  EXPECT_EQ(name_of(static_cast<ErrorCode>(9999)), "UNDEFINED");
}

}  // namespace
}  // namespace millrace
