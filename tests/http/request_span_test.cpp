#include "request_span.hpp"

#include <gtest/gtest.h>
#include <spdlog/logger.h>
#include <spdlog/sinks/null_sink.h>

#include <map>

#include "millrace/tracing/exporter.hpp"

namespace millrace::http {
namespace {

constexpr const char* hop = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

class Counting final : public Random {
 public:
  [[nodiscard]] std::uint64_t next() override { return ++last_; }

 private:
  std::uint64_t last_ = 0;
};

class RequestSpan : public testing::Test {
 protected:
  static Request request(std::vector<Field> fields) {
    Request request;
    request.method = Method::post;
    request.path = {"v1", "topics", "a/b", "events"};
    request.fields = std::move(fields);
    request.peer = "::1:4711";
    request.id = "R1";
    return request;
  }
  static std::map<std::string, std::string> texts(const tracing::Span& span) {
    std::map<std::string, std::string> all;
    for (const auto& [key, value] : span.attributes) {
      if (const auto* text = std::get_if<std::string>(&value)) all.emplace(key, *text);
      if (const auto* number = std::get_if<std::int64_t>(&value)) all.emplace(key, std::to_string(*number));
    }
    return all;
  }

  Counting random_;
  tracing::Exporter exporter_{
      {},
      random_,
      [] { return tracing::UnixNanoseconds{1}; },
      std::make_shared<spdlog::logger>("tracing", std::make_shared<spdlog::sinks::null_sink_mt>())};
};

TEST_F(RequestSpan, TheCallerIsTheOneThatIsNamed) {
  EXPECT_FALSE(caller_of(request({})));
  EXPECT_FALSE(caller_of(request({{"tracestate", "a=1"}})));
  EXPECT_FALSE(caller_of(request({{"traceparent", "00-x"}})));
  const auto caller = caller_of(request({{"tracestate", "a=1"}, {"traceparent", hop}, {"tracestate", "b=2"}}));
  ASSERT_TRUE(caller);
  EXPECT_EQ(tracing::traceparent_of(*caller), hop);
  EXPECT_EQ(caller->state, "a=1,b=2") << "several fields are one list (RFC 9110, section 5.3)";
}

TEST_F(RequestSpan, OfTwoCallersNeitherIsMeant) {
  EXPECT_FALSE(caller_of(request({{"traceparent", hop}, {"traceparent", hop}})));
}

TEST_F(RequestSpan, ItSaysWhatIsAskedOfWhomByWhom) {
  auto asked = request({{"host", "broker.example:8080"}});
  const auto span = begin_span(exporter_.tracer(), asked, "/v1/topics/{topic}/events");
  ASSERT_TRUE(span);
  EXPECT_EQ(span->name, "POST /v1/topics/{topic}/events");
  const std::map<std::string, std::string> expected{{"http.request.method", "POST"},
                                                    {"http.route", "/v1/topics/{topic}/events"},
                                                    {"url.scheme", "http"},
                                                    {"url.path", "/v1/topics/a/b/events"},
                                                    {"server.address", "broker.example"},
                                                    {"server.port", "8080"},
                                                    {"client.address", "::1"},
                                                    {"client.port", "4711"},
                                                    {"millrace.request.id", "R1"}};
  EXPECT_EQ(texts(*span), expected);
  ASSERT_TRUE(asked.trace);
  EXPECT_TRUE(asked.trace->span.is_same_span(span->context));
  EXPECT_FALSE(asked.trace->caller);
}

TEST_F(RequestSpan, AHostMayHaveNoPortAndAPeerNoAddress) {
  auto asked = request({{"host", "[::1]"}});
  asked.peer = "uid 1000";
  const auto told = texts(*begin_span(exporter_.tracer(), asked, "/"));
  EXPECT_EQ(told.at("server.address"), "::1");
  EXPECT_FALSE(told.contains("server.port"));
  EXPECT_FALSE(told.contains("client.address"));
}

TEST_F(RequestSpan, WhoseTraceIsNotKeptHasNone) {
  auto asked = request({{"traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00"}});
  EXPECT_FALSE(begin_span(exporter_.tracer(), asked, "/"));
  EXPECT_FALSE(asked.trace);
}

}  // namespace
}  // namespace millrace::http
