// URLs of sinks, and the header fields that a subscription may have sent to them.

#include <gmock/gmock.h>

#include "millrace/subscriptions/limits.hpp"
#include "millrace/subscriptions/sink.hpp"

namespace millrace::subscriptions {
namespace {

using testing::HasSubstr;

std::string why_not(const std::string& text) {
  const auto url = read_url(text);
  return url ? "it is one" : url.error().message;
}

TEST(SinkUrl, IsReadIntoWhatAClientNeeds) {
  EXPECT_EQ(read_url("https://endpoint.example.com/webhook").value(),
            (SinkUrl{.is_secure = true, .host = "endpoint.example.com", .port = 443, .target = "/webhook"}));
  EXPECT_EQ(read_url("HTTP://Sink.Example:8080?key=a%2Fb").value(),
            (SinkUrl{.is_secure = false, .host = "sink.example", .port = 8080, .target = "/?key=a%2Fb"}));
  EXPECT_EQ(read_url("https://[2001:DB8::1]:65535/").value(), (SinkUrl{.is_secure = true,
                                                                       .host = "2001:db8::1",
                                                                       .port = 65535,
                                                                       .target = "/",
                                                                       .address = parse_address("2001:db8::1")}));
  EXPECT_EQ(read_url("http://127.0.0.1").value().address, parse_address("127.0.0.1"));
  EXPECT_EQ(read_url("http://my_sink.internal.").value().host, "my_sink.internal.");
}

TEST(SinkUrl, IsHttpAndNothingElse) {
  for (const char* const text : {"", "sink", "//sink/", "/hook", "ftp://sink/", "file:///etc/passwd", "https:sink",
                                 "gopher://sink/", "javascript:alert(1)", "httpsx://sink"}) {
    EXPECT_THAT(why_not(text), HasSubstr("must begin with https:// or http://")) << text;
  }
}

TEST(SinkUrl, IsJudgedAsFarAsItsTextTells) {
  const auto judge = [](const char* text, bool allows_http, const Allowed& allowed) {
    const auto judged = judge_url(read_url(text).value(), allows_http, allowed);
    return judged ? "" : judged.error().message;
  };
  EXPECT_EQ(judge("https://sink.example/", false, {}), "");
  EXPECT_EQ(judge("https://localhost/", false, {}), "") << "a name is judged by its addresses";
  EXPECT_THAT(judge("http://sink.example/", false, {}), HasSubstr("webhook_allow_http"));
  EXPECT_EQ(judge("http://sink.example/", true, {}), "");
  EXPECT_THAT(judge("http://127.0.0.1/", true, {}), HasSubstr("webhook_allow_loopback"));
  EXPECT_THAT(judge("https://[::ffff:10.0.0.1]/", false, {.loopback = true}),
              HasSubstr("webhook_allow_private_networks"));
  EXPECT_EQ(judge("http://127.0.0.1:8080/", true, {.loopback = true}), "");
}

TEST(SinkUrl, HasNeitherUserNorFragment) {
  EXPECT_THAT(why_not("https://user:secret@sink.example/"), HasSubstr("user information is not sent"));
  EXPECT_THAT(why_not("https://127.0.0.1@sink.example/"), HasSubstr("user information is not sent"));
  EXPECT_THAT(why_not("https://sink.example/#here"), HasSubstr("a fragment is not sent"));
}

TEST(SinkUrl, HasAHostThatIsANameOrAnAddress) {
  for (const char* const text : {"https:///hook", "https://:443/", "https://-a.example/", "https://a-.example/",
                                 "https://a..b/", "https://./", "https://sink%2eexample/", "https://a!b/"}) {
    EXPECT_THAT(why_not(text), HasSubstr("the host must be a name of DNS or an address")) << text;
  }
  EXPECT_THAT(why_not("https://" + std::string(64, 'a') + ".example/"), HasSubstr("a name of DNS"));
  EXPECT_EQ(why_not("https://" + std::string(63, 'a') + ".example/"), "it is one");
  EXPECT_THAT(why_not("https://[v1.sink]/"), HasSubstr("an address of IPv6"));
  EXPECT_THAT(why_not("https://[fe80::1%25eth0]/"), HasSubstr("no URI"));
}

TEST(SinkUrl, HasNoHostThatAResolverTakesForAnotherAddress) {
  for (const char* const text :
       {"http://2130706433/", "http://0x7f000001/", "http://0x7F.1/", "http://127.1/", "http://0177.0.0.1/",
        "http://127.0.0.01/", "http://sink.example.1/", "http://127.1./", "http://1.2.3.4.5/", "http://256.0.0.1/"}) {
    EXPECT_THAT(why_not(text), HasSubstr("ends in a number")) << text;
  }
  EXPECT_EQ(why_not("http://127.example/"), "it is one");
}

TEST(SinkUrl, HasAPortFrom1To65535) {
  for (const char* const text : {"https://sink:0/", "https://sink:65536/", "https://sink:/", "https://sink:4x/"}) {
    EXPECT_NE(why_not(text), "it is one") << text;
  }
  EXPECT_EQ(read_url("https://sink:1/").value().port, 1);
}

TEST(SinkUrl, IsBounded) {
  const std::string most = "https://sink.example/" + std::string(limits::sink_bytes_max - 21, 'a');
  EXPECT_EQ(why_not(most), "it is one");
  EXPECT_EQ(read_url(most + "a").error().code, Errc::too_large);
}

TEST(SinkUrl, IsToldEscaped) {
  EXPECT_EQ(why_not("https://sink/\n"), "\"https://sink/\\n\" can be no sink: it is no URI as RFC 3986 has it");
}

TEST(SinkHeaders, Sub13ThoseOfTheConnectionTheEventAndTheBrokerAreNotToBeSet) {
  for (const char* const name : {"Connection",
                                 "keep-alive",
                                 "Proxy-Authorization",
                                 "TE",
                                 "Trailer",
                                 "Transfer-Encoding",
                                 "Upgrade",
                                 "Host",
                                 "Content-Type",
                                 "content-length",
                                 "Content-Encoding",
                                 "ce-id",
                                 "CE-Anything",
                                 "WebHook-Request-Origin",
                                 "traceparent",
                                 "Millrace-Subscription",
                                 "Expect",
                                 "Authorization",
                                 "Cookie",
                                 "User-Agent"}) {
    EXPECT_TRUE(why_not_header(name)) << name;
  }
  for (const char* const name : {"", "a b", "a:b", "x\r\ny", "\xC3\xA9", "(x)"}) {
    EXPECT_EQ(why_not_header(name), "is no name of a header field (RFC 9110, section 5.1)") << name;
  }
  for (const char* const name : {"X-Tenant", "Accept", "x_1", "aeg-subscription-name", "cehello", "contents"}) {
    EXPECT_EQ(why_not_header(name), std::nullopt) << name;
  }
}

}  // namespace
}  // namespace millrace::subscriptions
