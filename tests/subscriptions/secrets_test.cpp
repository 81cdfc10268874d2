// Credentials: who may see them, and what becomes of them when a subscription is replaced (SUB-12).

#include <gmock/gmock.h>

#include "subscriptions.hpp"

namespace millrace::subscriptions {
namespace {

using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

std::string with(const std::string& credential) { return pushed(R"(,"sinkcredential":)" + credential); }

const std::string plain = R"({"credentialtype":"PLAIN","identifier":"me","secret":"hunter2"})";
const std::string token =
    R"({"credentialtype":"ACCESSTOKEN","accesstoken":"ey.J","accesstokenexpiresutc":"2026-05-01T12:00:00Z"})";

TEST(SubscriptionSecrets, Sub12ThoseThatAreTaken) {
  EXPECT_EQ(read(with(plain)).value().credential, Credential(PlainCredential{"me", "hunter2"}));
  EXPECT_EQ(read(with(token)).value().credential, Credential(AccessToken{"ey.J", 1'777'636'800'000}));
  EXPECT_THAT(faults_of(with(R"({"credentialtype":"REFRESHTOKEN","accesstoken":"a","refreshtoken":"b"})")),
              StartsWith("/sinkcredential/credentialtype SUB-12: credentialtype is REFRESHTOKEN, but this version"));
  EXPECT_THAT(faults_of(with(R"({"credentialtype":"plain"})")), HasSubstr("must be PLAIN or ACCESSTOKEN, in capitals"));
  EXPECT_THAT(faults_of(copied(R"(,"sinkcredential":)" + plain)), StartsWith("/sinkcredential SUB-12: "));
  EXPECT_THAT(faults_of(pulled(R"(,"sinkcredential":)" + plain)), StartsWith("/sinkcredential SUB-12: "));
}

TEST(SubscriptionSecrets, Sub12TheyHaveRules) {
  EXPECT_THAT(faults_of(with(R"({"credentialtype":"PLAIN","identifier":"a:b","secret":"x"})")),
              StartsWith("/sinkcredential/identifier SUB-12: "));
  EXPECT_THAT(faults_of(with(R"({"credentialtype":"PLAIN","identifier":"me"})")),
              StartsWith("/sinkcredential/secret SUB-12: "));
  EXPECT_THAT(faults_of(with(R"({"credentialtype":"ACCESSTOKEN","accesstoken":"a b"})")),
              StartsWith("/sinkcredential/accesstoken SUB-12: "));
  EXPECT_THAT(faults_of(with(R"({"credentialtype":"ACCESSTOKEN","accesstoken":"a","accesstokentype":"mac"})")),
              StartsWith("/sinkcredential/accesstokentype SUB-12: "));
  EXPECT_EQ(faults_of(with(R"({"credentialtype":"ACCESSTOKEN","accesstoken":"a","accesstokentype":"Bearer"})")),
            "none");
  EXPECT_THAT(faults_of(with(R"({"credentialtype":"ACCESSTOKEN","accesstoken":"a","accesstokenexpiresutc":"soon"})")),
              StartsWith("/sinkcredential/accesstokenexpiresutc SUB-12: "));
  EXPECT_THAT(faults_of(with(R"({"credentialtype":"PLAIN","identifier":"me","secret":"x","password":"y"})")),
              StartsWith("/sinkcredential/password SUB-12: "));
}

TEST(SubscriptionSecrets, Sub12AreNotShown) {
  for (const auto& [json, secret] : {std::pair(plain, "hunter2"), std::pair(token, "ey.J")}) {
    const auto subscription = read(with(json)).value();
    EXPECT_THAT(to_json(subscription, Secrets::hidden), Not(HasSubstr(secret)));
    EXPECT_THAT(to_json(subscription, Secrets::kept), HasSubstr(secret));
  }
  EXPECT_THAT(to_json(read(with(plain)).value(), Secrets::hidden),
              HasSubstr(R"("sinkcredential":{"credentialtype":"PLAIN","identifier":"me"})"));
}

TEST(SubscriptionSecrets, Sub12AreNotInFaultsEither) {
  for (const char* const credential :
       {R"({"credentialtype":"PLAIN","identifier":"me","secret":"hunter2\n"})", R"({"secret":"hunter2"})",
        R"({"credentialtype":"ACCESSTOKEN","accesstoken":"hunter2 "})",
        R"({"credentialtype":"PLAIN","identifier":"me","secret":["hunter2"]})"}) {
    EXPECT_THAT(faults_of(with(credential)), Not(HasSubstr("hunter2"))) << credential;
    EXPECT_NE(faults_of(with(credential)), "none") << credential;
  }
}

TEST(SubscriptionUpdate, Sub12ASecretThatIsLeftOutIsKept) {
  for (const auto& credential : {plain, token}) {
    auto before = read(with(credential)).value();
    before.id = "s1";
    EXPECT_EQ(read_update(to_json(before, Secrets::hidden), before), before) << "what was shown changes nothing";
  }
}

TEST(SubscriptionUpdate, Sub12ASecretDoesNotFollowToAnotherSink) {
  const auto before = read(with(plain)).value();
  auto hidden = to_json(before, Secrets::hidden);
  hidden.replace(hidden.find("sink.example"), 12, "evil.example");
  EXPECT_THAT(faults_of(read_update(hidden, before)), StartsWith("/sinkcredential/secret SUB-12: "));
  const auto other = read_update(with(R"({"credentialtype":"PLAIN","identifier":"you"})"), before);
  EXPECT_THAT(faults_of(other), StartsWith("/sinkcredential/secret SUB-12: "));
  EXPECT_THAT(faults_of(read_update(with(R"({"credentialtype":"ACCESSTOKEN"})"), before)),
              StartsWith("/sinkcredential/accesstoken SUB-12: "));
}

TEST(SubscriptionUpdate, Sub12ACredentialThatIsLeftOutIsGone) {
  const auto before = read(with(plain)).value();
  EXPECT_EQ(read_update(pushed(), before).value().credential, Credential());
}

TEST(SubscriptionUpdate, Sub3TheIdStays) {
  auto before = read(pulled()).value();
  before.id = "s1";
  EXPECT_EQ(read_update(pulled(), before).value().id, "s1");
  EXPECT_EQ(read_update(pulled(R"(,"id":"s1")"), before).value().id, "s1");
  EXPECT_EQ(faults_of(read_update(pulled(R"(,"id":"s2")"), before)), "/id SUB-3: id is \"s1\" and stays so");
}

TEST(SubscriptionUpdate, Sub14TopicAndStartStay) {
  const auto before = read(pulled("", R"(,"startfrom":"earliest")")).value();
  EXPECT_EQ(read_update(pulled(), before).value().config.start.at, Start::At::earliest);
  EXPECT_THAT(faults_of(read_update(pulled("", R"(,"startfrom":"latest")"), before)),
              StartsWith("/config/startfrom SUB-14: "));
  EXPECT_EQ(faults_of(read_update(R"({"config":{"topic":"other"}})", before)),
            "/config/topic SUB-14: topic is \"orders\" and stays so");
}

TEST(SubscriptionUpdate, ReplacesAllTheRest) {
  const auto before = read(pushed(R"(,"source":"/a","types":["t"])", R"(,"maxattempts":3)")).value();
  EXPECT_EQ(read_update(pulled(), before), read(pulled()));
}

}  // namespace
}  // namespace millrace::subscriptions
