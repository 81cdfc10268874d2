#include "millrace/tracing/endpoint.hpp"

#include <gtest/gtest.h>

namespace millrace::tracing {
namespace {

TEST(CollectorUrl, HasAHostAPortAndAPath) {
  EXPECT_EQ(parse_collector("http://127.0.0.1:4318/v1/traces"), (CollectorUrl{{"127.0.0.1", 4318}, "/v1/traces"}));
  EXPECT_EQ(parse_collector("http://[::1]:4318/otlp/x"), (CollectorUrl{{"::1", 4318}, "/otlp/x"}));
  EXPECT_EQ(parse_collector("http://otel-collector.example"),
            (CollectorUrl{{"otel-collector.example", 80}, "/v1/traces"}));
  EXPECT_EQ(parse_collector("http://collector:4318/"), (CollectorUrl{{"collector", 4318}, "/v1/traces"}));
  EXPECT_EQ(parse_collector("http://[::1]"), (CollectorUrl{{"::1", 80}, "/v1/traces"}));
}

TEST(CollectorUrl, IsPlainHttpAndNothingElse) {
  for (const auto* url : {"",
                          "http://",
                          "http:///v1/traces",
                          "https://127.0.0.1:4318/v1/traces",
                          "127.0.0.1:4318",
                          "grpc://127.0.0.1:4317",
                          "http://user@collector:4318/",
                          "http://collector:0/",
                          "http://collector:65536/",
                          "http://collector:/",
                          "http://collector:43x/",
                          "http://collector/a?b",
                          "http://collector/a#b",
                          "http://coll ector/",
                          "http://collector/a b",
                          "http://collector/\r\nHost:x",
                          "http://[::1",
                          "http://[127.0.0.1]:1/",
                          "http://[::1]x",
                          "http://[::g]/",
                          "http://c\xc3\xb6llector/"}) {
    EXPECT_FALSE(parse_collector(url)) << url;
  }
  EXPECT_FALSE(parse_collector("http://collector/" + std::string(4'000, 'a')));
}

}  // namespace
}  // namespace millrace::tracing
