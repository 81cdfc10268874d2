#include "routes/web_socket_handshake.hpp"

#include <gmock/gmock.h>

#include <array>

namespace millrace::http::routes {
namespace {

constexpr std::array<std::string_view, 2> spoken{"one", "two"};

Request asking(const std::string& offered, std::vector<Field> more = {}) {
  Request request;
  request.fields = {{.name = "host", .value = "localhost:8080"},
                    {.name = "upgrade", .value = "h2c, websocket"},
                    {.name = "sec-websocket-key", .value = "AAAAAAAAAAAAAAAAAAAAAA=="},
                    {.name = "sec-websocket-protocol", .value = offered}};
  for (auto& each : more) request.fields.push_back(std::move(each));
  return request;
}

TEST(WebSocketHandshake, TheFirstThatIsSpokenAndOfferedIsChosen) {
  EXPECT_EQ(agree_on(asking("one"), spoken), 0U);
  EXPECT_EQ(agree_on(asking("three,\ttwo "), spoken), 1U);
  EXPECT_EQ(agree_on(asking("two, one"), spoken), 0U) << "the order is the broker's";
}

TEST(WebSocketHandshake, WithoutOneThatIsSpokenThereIsNone) {
  for (const auto* const offered : {"", ",", "three", "One", "one two", "onetwo"}) {
    const auto agreed = agree_on(asking(offered), spoken);
    ASSERT_FALSE(agreed) << offered;
    EXPECT_EQ(agreed.error().status, 400U);
    EXPECT_EQ(agreed.error().detail, "Sec-WebSocket-Protocol: one and two are spoken here");
  }
  const auto agreed = agree_on(asking("three"), std::span(spoken).first(1));
  ASSERT_FALSE(agreed);
  EXPECT_EQ(agreed.error().detail, "Sec-WebSocket-Protocol: one is spoken here");
}

TEST(WebSocketHandshake, AnotherRequestIsToldWhatThisIs) {
  for (const auto* const missing : {"upgrade", "sec-websocket-key"}) {
    auto request = asking("one");
    std::erase_if(request.fields, [&](const Field& field) { return field.name == missing; });
    const auto agreed = agree_on(request, spoken);
    ASSERT_FALSE(agreed);
    EXPECT_EQ(agreed.error().status, 426U);
  }
}

TEST(WebSocketHandshake, APageOfAnotherSiteGetsNone) {
  EXPECT_TRUE(agree_on(asking("one", {{.name = "origin", .value = "https://localhost:8080"}}), spoken));
  const auto agreed = agree_on(asking("one", {{.name = "origin", .value = "http://elsewhere.example"}}), spoken);
  ASSERT_FALSE(agreed);
  EXPECT_EQ(agreed.error().status, 403U);
}

}  // namespace
}  // namespace millrace::http::routes
