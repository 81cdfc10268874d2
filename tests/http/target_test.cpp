#include "target.hpp"

#include <gtest/gtest.h>

namespace millrace::http {
namespace {

using Path = std::vector<std::string>;
using Query = std::map<std::string, std::string>;

TEST(Target, IsSegmentsAndParameters) {
  EXPECT_EQ(parse_target("/")->path, Path{});
  EXPECT_EQ(parse_target("/v1/topics/a%2Fb+c")->path, (Path{"v1", "topics", "a/b+c"}));
  EXPECT_EQ(parse_target("/v1/topics/")->path, (Path{"v1", "topics"}));
  EXPECT_EQ(parse_target("/x?limit=3&name=a+b%26c&flag")->query,
            (Query{{"limit", "3"}, {"name", "a b&c"}, {"flag", ""}}));
}

TEST(Target, ThatIsSomethingElseIsRefused) {
  for (const std::string text : {"", "*", "v1", "http://a/b", "a:80", "/a#b", "/a b", "/a\x7f", "/\xc3\xa4"}) {
    EXPECT_FALSE(parse_target(text).has_value()) << text;
  }
}

TEST(Target, WithAnEncodingThatIsCutOffOrHidesSomethingIsRefused) {
  for (const std::string text :
       {"/%", "/%4", "/%4g", "/%00", "/a/../b", "/a/%2e%2e/b", "/.", "//a", "/a//b", "/?a=%"}) {
    EXPECT_FALSE(parse_target(text).has_value()) << text;
  }
}

TEST(Target, WithAParameterTwiceIsRefused) {
  EXPECT_FALSE(parse_target("/x?a=1&a=2").has_value());
  EXPECT_FALSE(parse_target("/x?a=1&%61=2").has_value());
}

TEST(Target, IsWrittenAsItIsRead) {
  EXPECT_EQ(to_text({.path = {"v1", "topics", "a/b+c"}, .query = {{"from", "2026-05-01T12:00:00+02:00"}, {"q", "ä"}}}),
            "/v1/topics/a%2Fb%2Bc?from=2026-05-01T12%3A00%3A00%2B02%3A00&q=%C3%A4");
  for (const std::string text : {"/", "/v1/topics/a%2Fb+c", "/x?limit=3&name=a+b%26c&flag"}) {
    const auto target = parse_target(text);
    const auto again = parse_target(to_text(*target));
    ASSERT_TRUE(again.has_value()) << text;
    EXPECT_EQ(again->path, target->path);
    EXPECT_EQ(again->query, target->query);
  }
}

}  // namespace
}  // namespace millrace::http
