#include "router.hpp"

#include <gtest/gtest.h>

#include <array>

namespace millrace::http {
namespace {

const std::array<Router::Route, 6> routes{{{Method::get, "/v1/topics"},
                                           {Method::post, "/v1/topics"},
                                           {Method::get, "/v1/topics/{topic}"},
                                           {Method::delete_, "/v1/topics/{topic}"},
                                           {Method::get, "/v1/jobs/{job}"},
                                           {Method::post, "/v1/jobs/{job}:pause"}}};

Router::Match find(Method method, const std::vector<std::string>& path) { return Router(routes).find(method, path); }

TEST(Router, FindsAPathByMethod) {
  EXPECT_EQ(find(Method::get, {"v1", "topics"}).route, 0U);
  EXPECT_EQ(find(Method::post, {"v1", "topics"}).route, 1U);
  const auto one = find(Method::delete_, {"v1", "topics", "a/b"});
  EXPECT_EQ(one.route, 3U);
  EXPECT_EQ(one.named.at("topic"), "a/b");
}

TEST(Router, TakesHeadForGet) { EXPECT_EQ(find(Method::head, {"v1", "topics", "a"}).route, 2U); }

TEST(Router, TellsWhatAPathMayBeAsked) {
  const auto match = find(Method::put, {"v1", "topics"});
  EXPECT_FALSE(match.route);
  EXPECT_EQ(allow_text(match.allowed), "GET, HEAD, POST, OPTIONS");
  EXPECT_TRUE(find(Method::get, {"v1", "topics", "a", "b"}).allowed.empty());
  EXPECT_TRUE(find(Method::get, {}).allowed.empty());
}

TEST(Router, KnowsVerbsBehindNames) {
  const auto paused = find(Method::post, {"v1", "jobs", "a:b:pause"});
  EXPECT_EQ(paused.route, 5U);
  EXPECT_EQ(paused.named.at("job"), "a:b");
  const auto asked = find(Method::get, {"v1", "jobs", "a:pause"});
  EXPECT_FALSE(asked.route);
  EXPECT_EQ(allow_text(asked.allowed), "POST, OPTIONS");
  EXPECT_EQ(find(Method::get, {"v1", "jobs", ":pause"}).named.at("job"), ":pause");
  EXPECT_EQ(find(Method::get, {"v1", "jobs", "a:stop"}).named.at("job"), "a:stop");
  EXPECT_EQ(find(Method::get, {"v1", "topics", "a:pause"}).route, 2U);
}

TEST(Methods, AreKnownInCapitals) {
  EXPECT_EQ(method_of("DELETE"), Method::delete_);
  EXPECT_EQ(name_of(Method::delete_), "DELETE");
  for (const auto* name : {"CONNECT", "get", "", "GETX"}) EXPECT_FALSE(method_of(name)) << name;
}

}  // namespace
}  // namespace millrace::http
