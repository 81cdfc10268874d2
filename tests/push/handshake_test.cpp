// What a sink is asked before it is sent anything, and what counts as its consent: rows WH-9 to WH-13 of
// docs/push.md. Names and examples of fields are the specification's own.

#include "millrace/push/handshake.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace millrace::push {
namespace {

using namespace std::chrono_literals;
using cloudevents::HeaderField;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Pair;

Proposal proposal() { return {.origin = "eventemitter.example.com"}; }

Proposal with_rate() {
  Proposal out = proposal();
  out.rate = 120;
  return out;
}

Proposal with_callback() {
  Proposal out = proposal();
  out.callback_url = "https://example.com/confirm?id=12345&key=ab";
  return out;
}

Judgement judge_fields(const Proposal& asked, std::initializer_list<HeaderField> fields) {
  return judge(asked, std::vector<HeaderField>(fields));
}

TEST(HandshakeRequest, AsksWithOriginRateAndCallback) {
  EXPECT_THAT(fields_of(proposal()), ElementsAre(Pair("WebHook-Request-Origin", "eventemitter.example.com")));
  Proposal all = with_callback();
  all.rate = 120;
  EXPECT_THAT(
      fields_of(all),
      ElementsAre(Pair("WebHook-Request-Origin", "eventemitter.example.com"), Pair("WebHook-Request-Rate", "120"),
                  Pair("WebHook-Request-Callback", "https://example.com/confirm?id=12345&key=ab")));
  EXPECT_TRUE(check(all).has_value());
}

TEST(HandshakeRequest, NeedsADnsNameARateAndACallbackOverHttps) {
  for (const char* const origin : {"", "https://a.example", "a.example:8080", "a..example", "-a.example", "a-.example",
                                   "a_b.example", "a b", "*", "a.example\r\nX: y", "caf\xC3\xA9.example"}) {
    EXPECT_EQ(check(Proposal{.origin = origin}).error().code, Errc::invalid) << origin;
  }
  EXPECT_TRUE(check(Proposal{.origin = "localhost"}).has_value());
  EXPECT_FALSE(check(Proposal{.origin = std::string(64, 'a') + ".example"}).has_value());
  Proposal none = proposal();
  none.rate = 0;
  EXPECT_THAT(check(none).error().message, HasSubstr("at least 1"));
  for (const char* const url : {"http://a.example/", "https://", "https://a b", "https://a\r\nX: y", "ftp://a", ""}) {
    Proposal wrong = proposal();
    wrong.callback_url = url;
    EXPECT_EQ(check(wrong).error().code, Errc::invalid) << url;
  }
}

TEST(HandshakeAnswer, ConsentsWithOurOriginOrAnAsterisk) {
  for (const char* const origin : {"eventemitter.example.com", "*", "EventEmitter.Example.COM", " * "}) {
    const auto judged = judge_fields(proposal(), {{"webhook-allowed-origin", origin}});
    EXPECT_EQ(judged.consent, Consent::granted) << origin;
    EXPECT_EQ(judged.rate, Rate{}) << "no limit was said";
  }
}

TEST(HandshakeAnswer, WithoutTheFieldIsARefusalWhateverItsStatus) {
  const auto judged = judge_fields(proposal(), {{"Allow", "POST, OPTIONS"}, {"Content-Length", "0"}});
  EXPECT_EQ(judged.consent, Consent::refused) << "the status is not even asked for";
  EXPECT_EQ(judged.why, "WebHook-Allowed-Origin is not there; it must be 'eventemitter.example.com' or '*'");
}

TEST(HandshakeAnswer, WithAnotherOriginIsARefusal) {
  for (const char* const origin :
       {"example.com", "a.eventemitter.example.com", "", "**", "eventemitter.example.com, *", "https://a.example"}) {
    EXPECT_EQ(judge_fields(proposal(), {{"WebHook-Allowed-Origin", origin}}).consent, Consent::refused) << origin;
  }
  EXPECT_EQ(
      judge_fields(proposal(), {{"WebHook-Allowed-Origin", "*"}, {"WebHook-Allowed-Origin", "other.example"}}).consent,
      Consent::refused)
      << "two answers are none";
  EXPECT_EQ(judge_fields(proposal(), {{"WebHook-Allowed-Origin", "*"}, {"webhook-allowed-origin", "*"}}).consent,
            Consent::granted);
  EXPECT_THAT(judge_fields(proposal(), {{"WebHook-Allowed-Origin", "a\x1b[31m"}}).why, HasSubstr("a\\x1b"));
}

TEST(HandshakeAnswer, SaysARateIfOneWasAskedFor) {
  const auto at = [](const Proposal& asked, const char* rate) {
    return judge_fields(asked, {{"WebHook-Allowed-Origin", "*"}, {"WebHook-Allowed-Rate", rate}});
  };
  EXPECT_EQ(at(with_rate(), "100").rate, Rate{100});
  EXPECT_EQ(at(with_rate(), "1000").rate, Rate{1000}) << "it may be more";
  EXPECT_EQ(at(with_rate(), "*").rate, Rate{});
  EXPECT_EQ(at(proposal(), "7").rate, Rate{7}) << "and may be said without";
  EXPECT_EQ(at(with_rate(), "99999999999999999999").rate, Rate{UINT32_MAX});
  for (const char* const rate : {"0", "-1", "+5", "1.5", "100/min", "", "1 2", "many"}) {
    EXPECT_EQ(at(with_rate(), rate).consent, Consent::refused) << rate;
    EXPECT_EQ(at(proposal(), rate).consent, Consent::refused) << rate;
  }
  const auto without = judge_fields(with_rate(), {{"WebHook-Allowed-Origin", "*"}});
  EXPECT_EQ(without.consent, Consent::refused);
  EXPECT_EQ(without.why, "WebHook-Allowed-Rate is not there; it must be '*' or a number of requests a minute");
}

TEST(HandshakeAnswer, ThatSaysNothingMayBeFollowedByTheCallback) {
  EXPECT_EQ(judge_fields(with_callback(), {}).consent, Consent::awaited);
  EXPECT_EQ(judge_fields(with_callback(), {{"WebHook-Allowed-Origin", "other.example"}}).consent, Consent::refused);
  EXPECT_EQ(judge_fields(with_callback(), {{"WebHook-Allowed-Origin", "*"}}).consent, Consent::granted);
}

struct Callbacks : testing::Test {
  CallbackKeys keys{10min, 3};
  std::uint64_t chance = 0;

  std::string issue(std::string_view subscription, Instant now = {}) {
    return keys.issue(subscription, Rate{120}, {0xfeed, ++chance}, now).value();
  }
  CallbackAnswer redeem(const std::string& key, Instant now = {}, std::initializer_list<HeaderField> fields = {},
                        std::string_view method = "GET") {
    return keys.redeem(method, key, std::vector<HeaderField>(fields), now);
  }
};

TEST_F(Callbacks, AKeyIsTheWholeOfItsChance) { EXPECT_EQ(issue("billing"), "000000000000feed0000000000000001"); }

TEST_F(Callbacks, GetAndPostConsentToTheRateThatWasAskedFor) {
  for (const char* const method : {"GET", "POST"}) {
    const auto answer = redeem(issue("billing"), {}, {}, method);
    EXPECT_EQ(answer.status, 200U);
    EXPECT_EQ(answer.subscription, "billing");
    EXPECT_EQ(answer.rate, Rate{120});
  }
}

TEST_F(Callbacks, TheCallerMayNameTheRate) {
  EXPECT_EQ(redeem(issue("billing"), {}, {{"WebHook-Allowed-Rate", "30"}}).rate, Rate{30});
  EXPECT_EQ(redeem(issue("billing"), {}, {{"webhook-allowed-rate", "*"}}).rate, Rate{});
  const auto key = issue("billing");
  const auto wrong = redeem(key, {}, {{"WebHook-Allowed-Rate", "0"}});
  EXPECT_EQ(wrong.error, CallbackError::rate);
  EXPECT_EQ(wrong.status, 400U);
  EXPECT_EQ(redeem(key).status, 200U) << "a slip of the pen does not use up the key";
}

TEST_F(Callbacks, AKeyIsGoodOnce) {
  const auto key = issue("billing");
  EXPECT_EQ(redeem(key).status, 200U);
  const auto again = redeem(key);
  EXPECT_EQ(again.error, CallbackError::unknown_key);
  EXPECT_EQ(again.status, 404U);
  EXPECT_THAT(again.subscription, IsEmpty());
}

TEST_F(Callbacks, AKeyExpires) {
  const auto key = issue("billing");
  EXPECT_EQ(keys.next_deadline(), Instant(10min));
  EXPECT_EQ(redeem(key, Instant(10min)).status, 404U) << "also before anybody has looked";
  EXPECT_THAT(keys.tick(Instant(10min - 1ms)), IsEmpty());
  EXPECT_THAT(keys.tick(Instant(10min)), ElementsAre("billing"));
  EXPECT_EQ(keys.size(), 0U);
  EXPECT_EQ(keys.next_deadline(), std::nullopt);
  EXPECT_EQ(redeem(issue("billing"), Instant(10min - 1ms)).status, 200U);
}

TEST_F(Callbacks, ANewKeyReplacesTheOldOneAndRevokingEndsBoth) {
  const auto first = issue("billing");
  const auto second = issue("billing");
  EXPECT_EQ(redeem(first).status, 404U);
  keys.revoke("billing");
  EXPECT_EQ(redeem(second).status, 404U);
  keys.revoke("nobody");
}

TEST_F(Callbacks, OtherMethodsAreRefusedAndUseUpNothing) {
  const auto key = issue("billing");
  for (const char* const method : {"HEAD", "PUT", "OPTIONS", "get", ""}) {
    const auto answer = redeem(key, {}, {}, method);
    EXPECT_EQ(answer.status, 405U) << method;
    EXPECT_THAT(answer.fields, ElementsAre(Pair("Allow", "GET, POST")));
  }
  EXPECT_EQ(redeem(key).status, 200U);
}

TEST_F(Callbacks, AGuessIsNoKey) {
  const auto key = issue("billing");
  for (const std::string& guess : {std::string(), key.substr(1), key + "0", std::string(32, '0')}) {
    EXPECT_EQ(redeem(guess).status, 404U) << guess;
  }
}

TEST_F(Callbacks, NoMoreAreAwaitedThanMayBe) {
  const auto first = issue("one");
  issue("two");
  issue("three");
  EXPECT_EQ(keys.issue("four", {}, {0, 1}, {}).error().code, Errc::busy);
  issue("three");
  EXPECT_EQ(redeem(first).status, 200U);
  EXPECT_TRUE(keys.issue("four", {}, {0, 1}, {}).has_value());
  keys.revoke("two");
  EXPECT_EQ(keys.issue("five", {}, {0, 1}, {}).error().code, Errc::exists) << "chance that came twice";
}

}  // namespace
}  // namespace millrace::push
