// TLS: who is believed, and who is not.

#include <openssl/ssl.h>

#include "fixture.hpp"

namespace millrace::sender {
namespace {

using push::Ending;
using testing::HasSubstr;

class TlsTest : public SenderTest {
 protected:
  /// To a sink that shows `identity`, and must not hear anything of the request.
  Outcome refused(const Identity& identity, const std::string& host = "hooks.test", int tls_max = 0) {
    std::atomic<bool> has_heard = false;
    Outcome outcome;
    {
      ScriptedSink sink({[&](Visit& visit) { has_heard = !visit.request().empty(); }}, identity, tls_max);
      outcome = send(secure_url_of(sink, host), {.fields = {{"Authorization", "Bearer t"}}});
    }
    EXPECT_FALSE(has_heard);
    return outcome;
  }
};

TEST_F(TlsTest, ASinkThatIsTheOneIsSentToAndKept) {
  std::promise<std::string> name;
  std::promise<std::string> request;
  ScriptedSink sink({[&](Visit& visit) {
                      name.set_value(visit.asked_name());
                      request.set_value(visit.request());
                      visit.say(ok);
                      always(ok)(visit);
                    }},
                    authority_.issue({.names = "DNS:hooks.test"}));
  const std::string body(100'000, 'x');
  EXPECT_EQ(send(secure_url_of(sink), {.body = body}).status, 200U);
  EXPECT_EQ(name.get_future().get(), "hooks.test");
  EXPECT_THAT(request.get_future().get(), testing::EndsWith("\r\n\r\n" + body));
  EXPECT_EQ(send(secure_url_of(sink)).status, 200U);
  EXPECT_EQ(sink.connections(), 1U);
}

TEST_F(TlsTest, AKeptConnectionThatIsClosedIsReplaced) {
  const auto close_at_second = [](Visit& visit) {
    visit.request();
    visit.say(ok);
    visit.request();
  };
  ScriptedSink sink({close_at_second, always(ok)}, authority_.issue({.names = "DNS:hooks.test"}));
  EXPECT_EQ(send(secure_url_of(sink)).status, 200U);
  EXPECT_EQ(send(secure_url_of(sink)).status, 200U);
  EXPECT_EQ(sink.connections(), 2U);
}

TEST_F(TlsTest, PlacesAreKeptApart) {
  ScriptedSink sink({always(ok), always(ok)}, authority_.issue({.names = "DNS:hooks.test,DNS:other.test"}));
  EXPECT_EQ(send(secure_url_of(sink, "hooks.test")).status, 200U);
  EXPECT_EQ(send(secure_url_of(sink, "other.test")).status, 200U);
  EXPECT_EQ(sink.connections(), 2U) << "one certificate for two hosts makes no host of them";
}

TEST_F(TlsTest, AnAddressHasItsCertificateToo) {
  ScriptedSink sink({always(ok)}, authority_.issue({.names = "IP:127.0.0.1"}));
  EXPECT_EQ(send(secure_url_of(sink, "127.0.0.1")).status, 200U);
}

TEST_F(TlsTest, ADotAtTheEndOfANameIsOfDns) {
  auto dotted = options();
  dotted.lookup = [](const std::string&) { return std::vector{*subscriptions::parse_address("127.0.0.1")}; };
  open(dotted);
  ScriptedSink sink({always(ok)}, authority_.issue({.names = "DNS:hooks.test"}));
  EXPECT_EQ(send(secure_url_of(sink, "hooks.test.")).status, 200U);
}

TEST_F(TlsTest, ACertificateForAnotherHostIsRefused) {
  const auto outcome = refused(authority_.issue({.names = "DNS:other.test"}));
  EXPECT_EQ(outcome.ending, Ending::tls_error);
  EXPECT_EQ(outcome.cause, "no TLS with hooks.test: its certificate is refused: hostname mismatch");
  EXPECT_EQ(refused(authority_.issue({.names = "DNS:hooks.test"}), "127.0.0.1").ending, Ending::tls_error);
}

TEST_F(TlsTest, ACertificateOfAnybodyIsRefused) {
  const Authority stranger("a stranger");
  const auto outcome = refused(stranger.issue({.names = "DNS:hooks.test"}));
  EXPECT_EQ(outcome.ending, Ending::tls_error);
  EXPECT_THAT(outcome.cause, HasSubstr("its certificate is refused: unable to get local issuer certificate"));
}

TEST_F(TlsTest, TheSystemsAuthoritiesDoNotKnowTheTests) {
  auto usual = options();
  usual.ca_file.clear();
  open(usual);
  EXPECT_EQ(refused(authority_.issue({.names = "DNS:hooks.test"})).ending, Ending::tls_error);
}

TEST_F(TlsTest, ACertificateOfYesterdayIsRefused) {
  const auto outcome =
      refused(authority_.issue({.names = "DNS:hooks.test", .valid_from_s = -7'200, .valid_to_s = -3'600}));
  EXPECT_EQ(outcome.ending, Ending::tls_error);
  EXPECT_THAT(outcome.cause, HasSubstr("certificate has expired"));
}

TEST_F(TlsTest, OldVersionsAreRefused) {
  const auto outcome = refused(authority_.issue({.names = "DNS:hooks.test"}), "hooks.test", TLS1_1_VERSION);
  EXPECT_EQ(outcome.ending, Ending::tls_error);
}

TEST_F(TlsTest, ThePreviousVersionIsGoodEnough) {
  ScriptedSink sink({always(ok)}, authority_.issue({.names = "DNS:hooks.test"}), TLS1_2_VERSION);
  for (int i = 0; i < 2; ++i) EXPECT_EQ(send(secure_url_of(sink)).status, 200U);
  EXPECT_EQ(sink.connections(), 1U);
}

TEST_F(TlsTest, WhoSpeaksPlainlyWhereTlsIsExpectedIsRefused) {
  ScriptedSink sink({[](Visit& visit) {
    visit.say("HTTP/1.1 400 This is HTTP\r\nContent-Length: 0\r\n\r\n");
    visit.wait_for_end();
  }});
  const auto outcome = send(secure_url_of(sink));
  EXPECT_EQ(outcome.ending, Ending::tls_error);
  EXPECT_THAT(outcome.cause, HasSubstr("wrong version number"));
}

TEST_F(TlsTest, WhoSpeaksTlsWherePlainTextIsExpectedGivesNoAnswer) {
  ScriptedSink sink({always(ok)}, authority_.issue({.names = "DNS:hooks.test"}));
  EXPECT_EQ(send(url_of(sink)).ending, Ending::connect_error);
}

TEST_F(TlsTest, AHandshakeThatNeverEndsIsATimeout) {
  ScriptedSink sink({[](Visit& visit) { visit.wait_for_end(); }});
  const auto outcome = send(secure_url_of(sink), {}, told_timeout);
  EXPECT_EQ(outcome.ending, Ending::timeout);
  EXPECT_EQ(outcome.cause, "no TLS with hooks.test in time");
}

TEST_F(TlsTest, TheBrokersEndIsTheEndOfAHandshake) {
  std::promise<void> came;
  ScriptedSink sink({[&](Visit& visit) {
    came.set_value();
    visit.wait_for_end();
  }});
  auto waiting = begin(secure_url_of(sink));
  came.get_future().wait();
  stop();
  EXPECT_EQ(waiting.get().cause, "the broker stops");
}

TEST_F(TlsTest, AnAnswerThatNeverComesIsATimeoutAndOneThatIsCutOffIsNone) {
  const auto identity = authority_.issue({.names = "DNS:hooks.test"});
  ScriptedSink silent({take_and_wait}, identity);
  EXPECT_EQ(send(secure_url_of(silent), {}, short_timeout).ending, Ending::timeout);
  ScriptedSink cut({[](Visit& visit) {
                     visit.request();
                     visit.say("HTTP/1.1 200 OK\r\n");
                   }},
                   identity);
  EXPECT_EQ(send(secure_url_of(cut)).ending, Ending::connect_error);
}

}  // namespace
}  // namespace millrace::sender
