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

TEST(Uuid, AsACodeHasTheChanceOfEachByte) {
  const Uuid id = Uuid::from_random(0x0123456789abcdef, 0x0123456789abcdef);
  const auto code = id.to_code();
  EXPECT_EQ(code.size(), 15U);
  EXPECT_EQ(code.find_first_not_of("abcdefghijkmnpqrstuvwxyz23456789"), std::string::npos) << code;
  for (std::size_t byte = 0; byte < id.bytes.size(); ++byte) {
    constexpr std::size_t version_byte = 6;
    if (byte == version_byte) continue;
    auto other = id;
    other.bytes[byte] ^= std::byte{1};
    EXPECT_NE(other.to_code(), code) << byte;
  }
  EXPECT_EQ(Uuid().to_code(), "aaaaaaaaaaaaaaa");
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
