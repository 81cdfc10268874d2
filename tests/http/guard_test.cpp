// What the guard lets through and what it refuses; tests/e2e/test_http.py does the same with a real connection.

#include "guard.hpp"

#include <gtest/gtest.h>

namespace millrace::http {
namespace {

unsigned status_of(const std::optional<Problem>& problem) { return problem ? problem->status : 0; }

unsigned section(const std::string& lines, const HeaderLimits& limits = {}) {
  const auto text = lines + "\r\n\r\n";
  EXPECT_EQ(header_section_length(text), text.size());
  return status_of(refuse_section(text, limits));
}

std::vector<Field> fields(std::vector<Field> more) {
  more.insert(more.begin(), Field{.name = "host", .value = "localhost"});
  return more;
}

Checked check(std::vector<Field> more, unsigned minor = 1) { return check_fields(fields(std::move(more)), minor, {}); }

TEST(HeaderSection, EndsWithAnEmptyLine) {
  EXPECT_EQ(header_section_length("GET / HTTP/1.1\r\nHost: a\r\n"), 0U);
  EXPECT_EQ(header_section_length("GET / HTTP/1.1\r\n\r\nrest"), 18U);
}

TEST(HeaderSection, IsLinesOfNamesAndValues) {
  EXPECT_EQ(section("GET / HTTP/1.1\r\nHost: a\r\nX-Empty:\r\nX-Tab:\ta b"), 0U);
  EXPECT_EQ(section("GET / HTTP/1.1\r\nX: a\r\n b"), 400U);  // obs-fold, RFC 9112 §5.2
  EXPECT_EQ(section("GET / HTTP/1.1\r\nX : a"), 400U);       // RFC 9112 §5.1
  EXPECT_EQ(section("GET / HTTP/1.1\r\nX"), 400U);
  EXPECT_EQ(section("GET / HTTP/1.1\r\n: a"), 400U);
  EXPECT_EQ(section("GET / HTTP/1.1\r\nX: a\nY: b"), 400U);  // a bare LF, RFC 9112 §2.2
  EXPECT_EQ(section("GET / HTTP/1.1\r\nX: a\rY: b"), 400U);
  EXPECT_EQ(section(std::string("GET / HTTP/1.1\r\nX: a\0b", 22)), 400U);
}

TEST(HeaderSection, IsBounded) {
  const HeaderLimits limits{.section_max = 100, .line_max = 40, .fields_max = 3};
  EXPECT_EQ(section("GET / HTTP/1.1\r\na: 1\r\nb: 2\r\nc: 3", limits), 0U);
  EXPECT_EQ(section("GET / HTTP/1.1\r\na: 1\r\nb: 2\r\nc: 3\r\nd: 4", limits), 431U);
  EXPECT_EQ(section("GET / HTTP/1.1\r\na: " + std::string(38, 'x'), limits), 431U);
  EXPECT_EQ(section("GET /" + std::string(38, 'x') + " HTTP/1.1", limits), 414U);
  EXPECT_EQ(section("GET / HTTP/1.1\r\na: 1\r\nb: " + std::string(36, 'x') + "\r\nc: " + std::string(36, 'x'), limits),
            431U);
}

TEST(Host, StandsOnceAndIsWellFormed) {
  EXPECT_EQ(status_of(check_fields({}, 1, {}).problem), 400U);
  EXPECT_EQ(status_of(check_fields({}, 0, {}).problem), 0U);  // HTTP/1.0 had none
  EXPECT_EQ(status_of(check({{"host", "localhost"}}).problem), 400U);
  for (const std::string host : {"", "a b", "user@a", "a:b", "a:123456", "[::1", "[g]", "[::1]x", "a/b", "a,b"}) {
    EXPECT_EQ(status_of(check_fields({{"host", host}}, 1, {}).problem), 400U) << host;
  }
}

TEST(Host, MustBeOneThatIsServed) {
  const std::vector<std::string> served{"localhost", "::1"};
  for (const std::string host : {"localhost", "LocalHost:80", "[::1]", "[::1]:8080"}) {
    EXPECT_EQ(status_of(check_fields({{"host", host}}, 1, served).problem), 0U) << host;
  }
  for (const std::string host : {"evil.example", "localhost.evil.example", "127.0.0.1", "localhost."}) {
    EXPECT_EQ(status_of(check_fields({{"host", host}}, 1, served).problem), 421U) << host;
  }
}

TEST(Framing, IsALengthOrChunks) {
  EXPECT_EQ(check({}).framing.content_length, std::nullopt);
  EXPECT_EQ(check({{"content-length", "12"}}).framing.content_length, 12U);
  EXPECT_TRUE(check({{"transfer-encoding", "chunked"}}).framing.is_chunked);
}

TEST(Framing, ThatIsAmbiguousIsRefused) {  // RFC 9112 §6.3, §11.2
  EXPECT_EQ(status_of(check({{"transfer-encoding", "chunked"}, {"content-length", "3"}}).problem), 400U);
  EXPECT_EQ(status_of(check({{"transfer-encoding", "chunked"}, {"transfer-encoding", "chunked"}}).problem), 400U);
  EXPECT_EQ(status_of(check({{"content-length", "3"}, {"content-length", "3"}}).problem), 400U);
  EXPECT_EQ(status_of(check({{"transfer-encoding", "chunked"}}, 0).problem), 400U);
  for (const std::string coding : {"gzip", "xchunked", "chunked, gzip", "identity", ""}) {
    EXPECT_EQ(status_of(check({{"transfer-encoding", coding}}).problem), 501U) << coding;
  }
  for (const std::string length : {"+3", "-3", "3, 3", "0x3", "", "99999999999999999999"}) {
    EXPECT_EQ(status_of(check({{"content-length", length}}).problem), 400U) << length;
  }
}

TEST(Origin, OfAnotherSiteIsForbidden) {
  EXPECT_EQ(status_of(check({{"sec-fetch-site", "cross-site"}}).problem), 403U);
  for (const std::string site : {"same-origin", "same-site", "none"}) {
    EXPECT_EQ(status_of(check({{"sec-fetch-site", site}}).problem), 0U) << site;
  }
}

TEST(Guard, KnowsWhichRequestsBringEvents) {
  EXPECT_TRUE(brings_events("POST /v1/topics/orders/events HTTP/1.1\r\n"));
  EXPECT_TRUE(brings_events("POST /v1/topics/a%20b/events?key=k HTTP/1.1"));
  EXPECT_TRUE(brings_events("POST /v1/events?key=k HTTP/1.1"));
  for (const auto* other : {"GET /v1/topics/orders/events HTTP/1.1", "POST /v1/topics/orders/trim HTTP/1.1",
                            "POST /v1/topics HTTP/1.1", "POST /x/events HTTP/1.1", "POST /v1/topics/orders/events",
                            "POST /v1/topics/orders?/events HTTP/1.1", "post /v1/topics/orders/events HTTP/1.1", ""}) {
    EXPECT_FALSE(brings_events(other)) << other;
  }
}

}  // namespace
}  // namespace millrace::http
