#include "sealing.hpp"

#include <gmock/gmock.h>

#include "millrace/core/base64.hpp"
#include "support/fake_disk.hpp"

namespace millrace::dispatch {
namespace {

using testing::HasSubstr;
using testing::Not;

SecretKey key_of(std::uint8_t seed) {
  SecretKey key{};
  for (std::size_t i = 0; i < key.size(); ++i) key[i] = static_cast<std::byte>(seed + i);
  return key;
}

TEST(Sealing, WhatIsSealedOpensAgain) {
  for (const std::string secret : {"", "s", "a long secret with ümlauts and \xff bytes"}) {
    const auto sealed = seal(key_of(1), secret, "a/secret").value();
    EXPECT_EQ(unseal(key_of(1), sealed, "a/secret").value(), secret);
    if (secret.size() > 1) {
      EXPECT_THAT(sealed, Not(HasSubstr(secret)));
    }
  }
}

TEST(Sealing, TheSameSecretIsSealedDifferentlyEachTime) {
  EXPECT_NE(seal(key_of(1), "secret", "a/secret").value(), seal(key_of(1), "secret", "a/secret").value());
}

TEST(Sealing, AnotherKeyOpensNothing) {
  const auto sealed = seal(key_of(1), "secret", "a/secret").value();
  EXPECT_EQ(unseal(key_of(2), sealed, "a/secret").error().code, Errc::corrupt);
}

TEST(Sealing, AnotherPlaceOpensNothing) {
  const auto sealed = seal(key_of(1), "secret", "a/secret").value();
  EXPECT_EQ(unseal(key_of(1), sealed, "b/secret").error().code, Errc::corrupt);
  EXPECT_EQ(unseal(key_of(1), sealed, "a/accesstoken").error().code, Errc::corrupt);
}

TEST(Sealing, EachByteThatIsChangedIsNoticed) {
  const auto sealed = seal(key_of(1), "secret", "a/secret").value();
  const auto bytes = from_base64(sealed.substr(3)).value();
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    auto changed = bytes;
    changed[i] = static_cast<char>(changed[i] ^ 1);
    EXPECT_EQ(unseal(key_of(1), "v1." + to_base64(changed), "a/secret").error().code, Errc::corrupt) << i;
  }
}

TEST(Sealing, OtherTextsAreNotUnderstood) {
  const auto sealed = seal(key_of(1), "secret", "a/secret").value();
  for (const std::string& text : {std::string(), std::string("secret"), "v2." + sealed.substr(3), std::string("v1."),
                                  std::string("v1.AAAA"), sealed + "!", "v1." + std::string(200'000, 'A')})
    EXPECT_EQ(unseal(key_of(1), text, "a/secret").error().code, Errc::unsupported) << text.substr(0, 40);
}

TEST(SecretFile, AKeyIsMadeOnceAndFoundAgain) {
  support::FakeDisk disk;
  SecretFile one(disk);
  EXPECT_EQ(one.key().error().code, Errc::not_found) << "nobody needed one";
  const auto key = one.key_or_fresh().value();
  EXPECT_EQ(one.key().value(), key);
  EXPECT_EQ(SecretFile(disk).key_or_fresh().value(), key);
  EXPECT_EQ(disk.content("secret.key")->size(), secret_key_bytes);
}

TEST(SecretFile, AKeyThatWasGivenOutliesACrash) {
  support::FakeDisk disk;
  const auto key = SecretFile(disk).key_or_fresh().value();
  disk.crash(support::Crash::lose, 1);
  EXPECT_EQ(SecretFile(disk).key().value(), key);
}

TEST(SecretFile, WhateverCallFailsThereIsNoHalfKey) {
  for (std::uint64_t nth = 1;; ++nth) {
    support::FakeDisk disk;
    disk.fail(nth);
    const auto key = SecretFile(disk).key_or_fresh();
    if (!disk.failed()) break;
    EXPECT_FALSE(key) << nth;
    disk.crash(support::Crash::random, nth);
    const auto later = SecretFile(disk).key_or_fresh();
    ASSERT_TRUE(later) << nth << ' ' << later.error().message;
    EXPECT_EQ(SecretFile(disk).key().value(), *later);
  }
}

TEST(SecretFile, OneThatIsTooShortIsNotReplaced) {
  support::FakeDisk disk;
  const auto file = disk.open("secret.key", disk::Open::create).value();
  ASSERT_TRUE(file->write_at(0, as_bytes("short")));
  EXPECT_EQ(SecretFile(disk).key_or_fresh().error().code, Errc::corrupt);
  EXPECT_EQ(disk.content("secret.key")->size(), 5U);
}

}  // namespace
}  // namespace millrace::dispatch
