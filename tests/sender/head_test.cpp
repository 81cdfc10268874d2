// The head of a request, byte for byte.

#include "head.hpp"

#include <gmock/gmock.h>

namespace millrace::sender {
namespace {

using testing::HasSubstr;
using testing::Not;

std::string head(const std::string& url, const Outgoing& request = {}) {
  auto text = head_of(*subscriptions::read_url(url), request, "1.2");
  return text ? *text : "refused: " + text.error().message;
}

TEST(Head, NamesTheHostAsTheUrlDoes) {
  EXPECT_EQ(head("https://Hooks.Example/a%20b?c=d"),
            "POST /a%20b?c=d HTTP/1.1\r\nHost: hooks.example\r\nUser-Agent: millrace/1.2\r\nContent-Length: 0\r\n\r\n");
  EXPECT_THAT(head("http://hooks.example:80/"), HasSubstr("\r\nHost: hooks.example\r\n"));
  EXPECT_THAT(head("https://hooks.example:80/"), HasSubstr("\r\nHost: hooks.example:80\r\n"));
  EXPECT_THAT(head("http://[2001:DB8::1]:8080/"), HasSubstr("\r\nHost: [2001:db8::1]:8080\r\n"));
}

TEST(Head, SaysHowLongABodyIsWhereOneIsExpected) {
  EXPECT_THAT(head("http://a.example/", {.method = "PUT", .body = "12345"}), HasSubstr("\r\nContent-Length: 5\r\n"));
  EXPECT_THAT(head("http://a.example/", {.method = "PATCH"}), HasSubstr("\r\nContent-Length: 0\r\n"));
  EXPECT_THAT(head("http://a.example/", {.method = "OPTIONS"}), Not(HasSubstr("Content-Length")));
}

TEST(Head, TakesAnotherTarget) {
  EXPECT_THAT(head("http://a.example/in", {.target = "/out?x"}), HasSubstr("POST /out?x HTTP/1.1\r\n"));
}

TEST(Head, IsOneRequestAndNoSecretIsTold) {
  const std::string url = "http://a.example/";
  EXPECT_EQ(head(url, {.method = "GET /\r\n"}), "refused: the method is no token");
  EXPECT_EQ(head(url, {.target = "/a b"}), "refused: the target is no path of visible ASCII");
  EXPECT_EQ(head(url, {.target = "http://b.example/"}), "refused: the target is no path of visible ASCII");
  EXPECT_EQ(head(url, {.content_type = "a/b\r\nx: y"}), "refused: Content-Type has a control character");
  EXPECT_EQ(head(url, {.fields = {{"a b", "secret"}}}), "refused: \"a b\" is no name of a field");
  EXPECT_EQ(head(url, {.fields = {{"a", "secret\n"}}}), "refused: the field a has a control character");
  EXPECT_EQ(head(url, {.fields = {{"Transfer-Encoding", "chunked"}}}),
            "refused: the field Transfer-Encoding is the connection's own");
  EXPECT_EQ(head(url, {.fields = {{"HOST", "b"}}}), "refused: the field HOST is the connection's own");
}

}  // namespace
}  // namespace millrace::sender
