#include "millrace/push/message.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "millrace/cloudevents/json.hpp"

namespace millrace::push {
namespace {

using cloudevents::Event;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::Pair;

Event event(std::string_view id = "A1") {
  return {.attributes = {{.name = "specversion", .text = "1.0"},
                         {.name = "id", .text = std::string(id)},
                         {.name = "source", .text = "/shop"},
                         {.name = "type", .text = "sold"},
                         {.name = "datacontenttype", .text = "application/json"}},
          .data = "{\"n\": 1.50}"};
}

constexpr Hop hop{.origin = "events.example.com", .subscription = "s-1"};

TEST(PushedEvent, InBinaryModeIsItsDataWithItsAttributesBeside) {
  const Event one = event();
  const Request request = message_of(ContentMode::binary, {.event = &one, .attempt = 3}, hop);
  EXPECT_EQ(request.content_type, "application/json");
  EXPECT_EQ(request.body, "{\"n\": 1.50}");
  EXPECT_THAT(request.fields,
              ElementsAre(Pair("WebHook-Request-Origin", "events.example.com"), Pair("Millrace-Subscription", "s-1"),
                          Pair("Millrace-Delivery-Attempt", "3"), Pair("ce-specversion", "1.0"), Pair("ce-id", "A1"),
                          Pair("ce-source", "/shop"), Pair("ce-type", "sold")));
}

TEST(PushedEvent, InStructuredModeIsByteForByteWhatIsStored) {
  constexpr std::string_view stored =
      "{ \"id\":\"A1\", \"specversion\":\"1.0\",\"source\":\"/shop\",\"type\":\"sold\", \"data\": {\"n\":  1.50} }";
  const Event one = cloudevents::parse_json(stored).value();
  const Request request = message_of(ContentMode::structured, {.event = &one, .stored_json = stored}, hop);
  EXPECT_EQ(request.content_type, "application/cloudevents+json; charset=utf-8");
  EXPECT_EQ(request.body, stored);
  for (const auto& [name, value] : request.fields) EXPECT_THAT(name, Not(testing::StartsWith("ce-")));
  const Event other = event();
  EXPECT_EQ(message_of(ContentMode::structured, {.event = &other}, hop).body,
            R"({"specversion":"1.0","id":"A1","source":"/shop","type":"sold","datacontenttype":"application/json",)"
            R"("data":{"n": 1.50}})");
}

TEST(PushedEvent, IsStructuredWhenItsPayloadWouldBeEmptyOrOfNoType) {
  Event none = event();
  none.data.reset();
  Event empty = event();
  empty.data = "";
  Event untyped = event();
  untyped.attributes.pop_back();
  Event odd = event();
  odd.attributes.back().text = "text/plain; a=\"caf\xC3\xA9\"";
  for (const Event* one : {&none, &empty, &untyped, &odd}) {
    const Request request = message_of(ContentMode::binary, {.event = one}, hop);
    EXPECT_EQ(request.content_type, "application/cloudevents+json; charset=utf-8");
    EXPECT_THAT(request.body, HasSubstr("\"id\":\"A1\""));
  }
  Event implied = untyped;
  implied.json_data = true;
  EXPECT_EQ(message_of(ContentMode::binary, {.event = &implied}, hop).content_type, "application/json");
}

TEST(PushedEvent, IsStructuredWhenItsFieldsWouldBeLongerThanServersTake) {
  const auto mode_with = [](std::size_t bytes, const Hop& how) {
    Event one = event();
    one.attributes.push_back({.name = "note", .text = std::string(bytes, 'x')});
    return message_of(ContentMode::binary, {.event = &one}, how).content_type;
  };
  // Names and values of all other fields, and the type.
  const std::size_t others = std::string(
                                 "WebHook-Request-Originevents.example.com"
                                 "Millrace-Subscriptions-1Millrace-Delivery-Attempt1"
                                 "ce-specversion1.0ce-idA1ce-source/shopce-typesoldce-noteapplication/json")
                                 .size();
  EXPECT_EQ(mode_with(field_bytes_max - others, hop), "application/json");
  EXPECT_EQ(mode_with(field_bytes_max - others + 1, hop), "application/cloudevents+json; charset=utf-8");
  const Fields long_field{{"X-Long", std::string(3'000, 'x')}};
  Hop with_user = hop;
  with_user.user_fields = &long_field;
  EXPECT_EQ(mode_with(6'000, with_user), "application/cloudevents+json; charset=utf-8") << "all fields count";
}

TEST(PushedEvent, HasTheHopBesideItAndNothingInIt) {
  const Event one = event();
  const Fields user{{"X-Api-Key", "k"}, {"millrace-subscription", "forged"}, {"Authorization", "Basic forged"}};
  const Hop all{.origin = "events.example.com",
                .subscription = "s-1",
                .credentials = "Bearer mF_9.B5f-4.1JqM",
                .traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
                .user_fields = &user};
  const Request request = message_of(ContentMode::structured, {.event = &one, .attempt = 2}, all);
  EXPECT_THAT(request.fields,
              ElementsAre(Pair("WebHook-Request-Origin", "events.example.com"), Pair("Millrace-Subscription", "s-1"),
                          Pair("Millrace-Delivery-Attempt", "2"), Pair("Authorization", "Bearer mF_9.B5f-4.1JqM"),
                          Pair("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"),
                          Pair("X-Api-Key", "k")))
      << "a user's fields stand for nothing of ours";
  EXPECT_EQ(cloudevents::parse_json(request.body).value(), one);
}

TEST(PushedEvent, KeepsTheTraceOfItsProducer) {
  Event one = event();
  one.attributes.push_back({.name = "traceparent", .text = "00-aaaa"});
  Hop traced = hop;
  traced.traceparent = "00-bbbb";
  EXPECT_THAT(message_of(ContentMode::binary, {.event = &one}, traced).fields,
              testing::AllOf(testing::Contains(Pair("ce-traceparent", "00-aaaa")),
                             testing::Contains(Pair("traceparent", "00-bbbb"))));
}

struct Batches : testing::Test {
  std::vector<Event> events;
  std::vector<Outgoing> outgoing;

  void add(std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) events.push_back(event(std::to_string(i)));
    outgoing.clear();
    for (const Event& one : events) outgoing.push_back({.event = &one});
  }
};

TEST_F(Batches, AreEventsInTheirOrder) {
  add(3);
  outgoing[1].attempt = 4;
  const Batch batch = batch_of(outgoing, {}, hop);
  EXPECT_EQ(batch.taken, 3U);
  EXPECT_EQ(batch.request.content_type, "application/cloudevents-batch+json; charset=utf-8");
  EXPECT_EQ(cloudevents::parse_json_batch(batch.request.body).value(), events);
  EXPECT_THAT(batch.request.fields, testing::Contains(Pair("Millrace-Delivery-Attempt", "4")));
}

TEST_F(Batches, KeepTheBytesOfWhatIsStored) {
  add(2);
  outgoing[1].stored_json = "{\"id\" : \"1\"}";
  const Batch batch = batch_of(outgoing, {}, hop);
  EXPECT_EQ(batch.request.body, "[" + cloudevents::to_json(events[0]) + ",{\"id\" : \"1\"}]");
}

TEST_F(Batches, EndWhereTheirBoundsAre) {
  add(10);
  EXPECT_EQ(batch_of(outgoing, {.events_max = 4}, hop).taken, 4U);
  const std::size_t one = cloudevents::to_json(events[0]).size();
  const std::size_t three = 3 * one + std::string_view("[,,]").size();
  EXPECT_EQ(batch_of(outgoing, {.bytes_max = three}, hop).taken, 3U);
  EXPECT_EQ(batch_of(outgoing, {.bytes_max = three}, hop).request.body.size(), three);
  EXPECT_EQ(batch_of(outgoing, {.bytes_max = three - 1}, hop).taken, 2U);
  const Batch alone = batch_of(outgoing, {.bytes_max = 1}, hop);
  EXPECT_EQ(alone.taken, 1U) << "one that is larger goes alone";
  EXPECT_EQ(alone.request.body, "[" + cloudevents::to_json(events[0]) + "]");
}

TEST_F(Batches, HaveOneSpecversion) {
  add(4);
  events[2].attributes[0].text = "0.3";
  EXPECT_EQ(batch_of(outgoing, {}, hop).taken, 2U);
  EXPECT_EQ(batch_of(std::span(outgoing).subspan(2), {}, hop).taken, 1U);
}

TEST_F(Batches, HaveBoundsThatAreBounded) {
  EXPECT_TRUE(check(BatchBounds{}).has_value());
  EXPECT_EQ(check(BatchBounds{.events_max = 0}).error().message, "maxbatchevents is 0; it may be from 1 to 1000");
  EXPECT_EQ(check(BatchBounds{.bytes_max = batch_bytes_ceiling + 1}).error().code, Errc::invalid);
}

TEST(UserFields, MayNotBeOursNorTheConnections) {
  for (const char* const name : {"ce-id",
                                 "CE-ID",
                                 "WebHook-Request-Origin",
                                 "Millrace-Delivery-Attempt",
                                 "traceparent",
                                 "tracestate",
                                 "Authorization",
                                 "Proxy-Authorization",
                                 "Connection",
                                 "Content-Length",
                                 "Content-Type",
                                 "Content-Encoding",
                                 "Host",
                                 "TE",
                                 "Trailer",
                                 "Transfer-Encoding",
                                 "Upgrade",
                                 "Expect",
                                 "Prefer",
                                 "Origin",
                                 "Keep-Alive",
                                 "Date",
                                 "Cookie"}) {
    EXPECT_TRUE(is_reserved(name)) << name;
    EXPECT_EQ(check_user_fields({{name, "x"}}).error().code, Errc::invalid) << name;
  }
  EXPECT_TRUE(check_user_fields({{"X-Api-Key", "a b\tc"}, {"Cece-Id", ""}, {"Cache-Control", "no-store"}}).has_value());
}

TEST(UserFields, AreWhatHttpAllowsAndBounded) {
  const Fields wrong[] = {{{"", "x"}},
                          {{"a b", "x"}},
                          {{"a:", "x"}},
                          {{"a\r\nb", "x"}},
                          {{"a", "x\r\nb: c"}},
                          {{"a", " x"}},
                          {{"a", "caf\xC3\xA9"}},
                          {{"a", std::string(1, '\0')}},
                          {{"a", "1"}, {"A", "2"}}};
  for (const Fields& fields : wrong) EXPECT_EQ(check_user_fields(fields).error().code, Errc::invalid);
  EXPECT_THAT(check_user_fields({{"a", "sec\nret"}}).error().message, Not(HasSubstr("sec")));
  EXPECT_EQ(check_user_fields({{"a", std::string(user_fields_bytes_max, 'x')}}).error().code, Errc::too_large);
  EXPECT_TRUE(check_user_fields({{"a", std::string(user_fields_bytes_max - 1, 'x')}}).has_value());
  EXPECT_EQ(check_user_fields(Fields(user_fields_max + 1, {"a", "x"})).error().code, Errc::too_large);
}

TEST(Token, IsWhatRfc6750Allows) {
  for (const char* const token : {"mF_9.B5f-4.1JqM", "YWJjZA==", "a~b+c/d"}) EXPECT_TRUE(check_token(token)) << token;
  for (const char* const token : {"", "=", "a b", "a\r\nb", "a=b", "a,b", "caf\xC3\xA9"}) {
    EXPECT_EQ(check_token(token).error().code, Errc::invalid) << token;
  }
  EXPECT_EQ(check_token(std::string(token_bytes_max + 1, 'a')).error().code, Errc::too_large);
}

}  // namespace
}  // namespace millrace::push
