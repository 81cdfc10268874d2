#include "document.hpp"

#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "support/fake_disk.hpp"

namespace millrace::dispatch {
namespace {

using testing::HasSubstr;
using testing::Not;

Kept kept_of(const std::string& json) {
  auto read = subscriptions::read(json);
  if (!read) throw std::runtime_error(read.error().front().detail);
  read->id = "s-1";
  return {.subscription = std::make_shared<const subscriptions::Subscription>(*std::move(read)),
          .topic = Uuid::from_random(1, 2),
          .begin_at = {Offset(3), Offset(0)}};
}

const std::string with_password =
    R"({"sink":"https://sink.example/","protocol":"HTTP","config":{"topic":"orders"},)"
    R"("sinkcredential":{"credentialtype":"PLAIN","identifier":"me","secret":"open sesame"}})";
const std::string with_token = R"({"sink":"https://sink.example/","protocol":"HTTP","config":{"topic":"orders"},)"
                               R"("sinkcredential":{"credentialtype":"ACCESSTOKEN","accesstoken":"open-sesame"}})";

TEST(Document, IsReadAsItWasWritten) {
  support::FakeDisk disk;
  SecretFile secrets(disk);
  for (const auto& json : {with_password, with_token, std::string(R"({"config":{"topic":"orders"}})")}) {
    auto kept = kept_of(json);
    kept.suspended = "sink-retired";
    kept.is_removing = true;
    const auto read = read_document(write_document(kept, secrets).value(), secrets);
    ASSERT_TRUE(read) << read.error().message;
    EXPECT_EQ(*read->subscription, *kept.subscription);
    EXPECT_EQ(read->topic, kept.topic);
    EXPECT_EQ(read->begin_at, kept.begin_at);
    EXPECT_EQ(read->suspended, "sink-retired");
    EXPECT_TRUE(read->is_removing);
    EXPECT_EQ(read->locked_credential, "");
  }
}

TEST(Document, HasNoSecretInClear) {
  support::FakeDisk disk;
  SecretFile secrets(disk);
  EXPECT_THAT(write_document(kept_of(with_password), secrets).value(), Not(HasSubstr("sesame")));
  EXPECT_THAT(write_document(kept_of(with_token), secrets).value(), Not(HasSubstr("sesame")));
}

TEST(Document, NeedsNoKeyWithoutASecret) {
  support::FakeDisk disk;
  SecretFile secrets(disk);
  (void)write_document(kept_of(R"({"config":{"topic":"orders"}})"), secrets).value();
  EXPECT_FALSE(disk.content("secret.key"));
}

TEST(Document, KeepsACredentialThatCannotBeOpened) {
  support::FakeDisk disk, other;
  SecretFile secrets(disk), others(other);
  const auto written = write_document(kept_of(with_password), secrets).value();
  const auto locked = read_document(written, others);
  ASSERT_TRUE(locked);
  EXPECT_NE(locked->locked_credential, "");
  EXPECT_EQ(locked->subscription->credential, subscriptions::Credential());
  const auto again = write_document(*locked, others).value();
  EXPECT_EQ(*read_document(again, secrets)->subscription, *kept_of(with_password).subscription);
}

TEST(Document, WhatIsNotUnderstoodIsSaid) {
  support::FakeDisk disk;
  SecretFile secrets(disk);
  auto good = nlohmann::json::parse(write_document(kept_of(with_password), secrets).value());
  const auto why = [&](const std::string& name, const nlohmann::json& value) {
    auto changed = good;
    changed[name] = value;
    const auto read = read_document(changed.dump(), secrets);
    return read ? "" : read.error().message;
  };
  EXPECT_THAT(why("later", 1), HasSubstr("\"later\""));
  EXPECT_THAT(why("begin_at", {-1}), HasSubstr("\"begin_at\""));
  EXPECT_THAT(why("topic_id", "x"), HasSubstr("topic_id"));
  EXPECT_THAT(why("subscription", 1), HasSubstr("subscription"));
  EXPECT_THAT(why("subscription", {{"id", "s-1"}, {"config", {{"topic", "orders"}, {"newer", "1"}}}}),
              HasSubstr("newer"));
  EXPECT_FALSE(read_document("[]", secrets));
  EXPECT_FALSE(read_document("{", secrets));
}

}  // namespace
}  // namespace millrace::dispatch
