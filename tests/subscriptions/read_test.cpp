// A stranger's JSON becomes a subscription, or faults, by the rows of docs/subscriptions.md.

#include <gmock/gmock.h>

#include "millrace/subscriptions/limits.hpp"
#include "subscriptions.hpp"

namespace millrace::subscriptions {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;

TEST(Subscription, Sub3TheIdIsTheBrokers) {
  EXPECT_EQ(read(pulled(R"(,"id":"mine")")).value().id, "");
  EXPECT_EQ(read(pulled(R"(,"id":7)")).value().id, "") << "ignored, whatever it is";
  auto subscription = read(pulled()).value();
  subscription.id = "b5-1";
  EXPECT_EQ(restore(to_json(subscription, Secrets::kept)).value().id, "b5-1");
  EXPECT_THAT(faults_of(restore(pulled())), StartsWith("/id SUB-3: "));
  EXPECT_THAT(faults_of(restore(pulled(R"(,"id":"B_5")"))), StartsWith("/id SUB-3: "));
}

TEST(Subscription, Sub4SinkAndProtocolComeTogetherOrNotAtAll) {
  EXPECT_EQ(read(pushed()).value().protocol, Protocol::http);
  EXPECT_EQ(read(pulled()).value().protocol, Protocol::pull);
  EXPECT_EQ(faults_of(R"({"sink":"https://sink.example/","config":{"topic":"a"}})"),
            "/protocol SUB-4: protocol is required with a sink");
  EXPECT_EQ(faults_of(R"({"protocol":"HTTP","config":{"topic":"a"}})"),
            "/sink SUB-4: sink is required with a protocol");
}

TEST(Subscription, Sub4ProtocolsAreComparedLetterByLetter) {
  EXPECT_THAT(faults_of(R"({"sink":"https://s/","protocol":"http","config":{"topic":"a"}})"),
              StartsWith("/protocol SUB-4: protocol must be HTTP or KAFKA"));
  for (const char* const other : {"AMQP", "MQTT3", "MQTT5", "NATS"}) {
    EXPECT_THAT(
        faults_of(R"({"sink":"https://s/","protocol":")" + std::string(other) + R"(","config":{"topic":"a"}})"),
        StartsWith("/protocol SUB-4: protocol is " + std::string(other) + ", by which this version sends nothing"));
  }
}

TEST(Subscription, Sub4TheSinkOfHttpIsAUrlAndThatOfKafkaATopic) {
  EXPECT_THAT(faults_of(R"({"sink":"ftp://s/","protocol":"HTTP","config":{"topic":"a"}})"),
              StartsWith("/sink SUB-4: \"ftp://s/\" can be no sink"));
  EXPECT_EQ(read(copied()).value().kafka->topic, "copies");
  EXPECT_THAT(faults_of(copied("", "https://sink.example/")), HasSubstr("/sink SUB-4: "));
  EXPECT_THAT(faults_of(copied("", "kafka:a/b")), HasSubstr("/sink SUB-4: "));
  EXPECT_THAT(faults_of(copied("", "kafka:orders")), HasSubstr("/config/topic SUB-14: topic is the sink, too"));
}

TEST(Subscription, Sub5SourceAndTypesHaveRules) {
  const auto both = read(pulled(R"(,"source":"/shop","types":["a","b"])")).value();
  EXPECT_EQ(both.source, "/shop");
  EXPECT_THAT(both.types, ElementsAre("a", "b"));
  EXPECT_THAT(faults_of(pulled(R"(,"source":"")")), StartsWith("/source SUB-5: "));
  EXPECT_THAT(faults_of(pulled(R"(,"source":"a b")")), StartsWith("/source SUB-5: "));
  EXPECT_THAT(faults_of(pulled(R"(,"types":["a",""])")), StartsWith("/types/1 SUB-5: "));
  EXPECT_THAT(faults_of(pulled(R"(,"types":"a")")), StartsWith("/types SUB-5: "));
}

TEST(Subscription, Sub7ToSub11FaultsOfFiltersHaveAPointerAndTheirRow) {
  EXPECT_THAT(faults_of(pulled(R"(,"filters":{})")), StartsWith("/filters SUB-6: "));
  EXPECT_THAT(faults_of(pulled(R"(,"filters":[{"regex":{"id":"."}}])")), StartsWith("/filters/0 SUB-7: \"regex\""));
  EXPECT_THAT(faults_of(pulled(R"(,"filters":[{"not":{"regex":{}}}])")), StartsWith("/filters/0/not SUB-7: "));
  EXPECT_THAT(faults_of(pulled(R"(,"filters":[{"exact":{"sql":""}}])")), StartsWith("/filters/0/exact/sql SUB-9: "));
  EXPECT_THAT(faults_of(pulled(R"(,"filters":[{"any":[]}])")), StartsWith("/filters/0/any SUB-10: "));
  EXPECT_THAT(faults_of(pulled(R"(,"filters":[{"all":[{"sql":"type ="}]}])")),
              "/filters/0/all/0/sql SUB-11: at character 7: a value is expected, not the end");
}

TEST(Subscription, Sub6FiltersSourceAndTypesAreBoundedTogether) {
  std::string types = "\"t\"", filters = R"({"exact":{"id":"1"}})";
  for (std::size_t at = 1; at < limits::types_max; ++at) types += ",\"t\"";
  for (int at = 1; at < 200; ++at) filters += R"(,{"exact":{"id":"1"}})";
  EXPECT_EQ(faults_of(pulled(R"(,"types":[)" + types + "]")), "none");
  EXPECT_EQ(faults_of(pulled(R"(,"filters":[)" + filters + "]")), "none");
  EXPECT_THAT(faults_of(pulled(R"(,"types":[)" + types + R"(],"filters":[)" + filters + "]")),
              StartsWith("/filters SUB-6: filters are too many, with source and types"));
  EXPECT_THAT(faults_of(pulled(R"(,"types":[)" + types + ",\"t\"]")), StartsWith("/types SUB-5: "));
}

TEST(Subscription, Sub13SettingsOfHttp) {
  const auto said = read(pushed(R"(,"protocolsettings":{"method":"PUT","headers":{"X-Tenant":"7","accept":"*/*"}})"));
  EXPECT_EQ(said.value().http->method, "PUT");
  EXPECT_THAT(said.value().http->headers, ElementsAre(Header{"X-Tenant", "7"}, Header{"accept", "*/*"}));
  EXPECT_EQ(read(pushed()).value().http->method, "POST");
  const auto faults = [](const std::string& settings) {
    return faults_of(pushed(R"(,"protocolsettings":)" + settings));
  };
  EXPECT_THAT(faults(R"({"method":"GET"})"),
              StartsWith("/protocolsettings/method SUB-13: method is \"GET\", but must"));
  EXPECT_THAT(faults(R"({"headers":{"ce-id":"1"}})"),
              StartsWith("/protocolsettings/headers/ce-id SUB-13: \"ce-id\" is written from the event"));
  EXPECT_THAT(faults(R"({"headers":{"X":"a\r\nY: b"}})"), HasSubstr("visible ASCII"));
  EXPECT_THAT(faults(R"({"headers":{"X":1}})"), HasSubstr("must be a string"));
  EXPECT_THAT(faults(R"({"headers":{"X":"1","x":"2"}})"), HasSubstr("is there twice"));
  EXPECT_THAT(faults(R"({"topicname":"a"})"),
              HasSubstr("/protocolsettings/topicname SUB-13: \"topicname\" is no member"));
  EXPECT_THAT(faults("[]"), StartsWith("/protocolsettings SUB-13: "));
}

TEST(Subscription, Sub13SettingsOfKafka) {
  const auto said = read(copied(R"(,"protocolsettings":{"topicname":"copies","partitionkeyextractor":"subject",)"
                                R"("clientid":"me","acks":"all","ackmode":-1})"));
  EXPECT_EQ(said.value().kafka,
            (KafkaSettings{.topic = "copies", .key_attribute = "subject", .client_id = "me", .acks = -1}));
  EXPECT_EQ(read(copied(R"(,"protocolsettings":{"topicname":"b"})", "kafka:")).value().kafka->topic, "b");
  EXPECT_THAT(faults_of(copied("", "kafka:")), StartsWith("/protocolsettings/topicname SUB-13: topicname is required"));
  EXPECT_THAT(faults_of(copied(R"(,"protocolsettings":{"topicname":"b"})")),
              StartsWith("/protocolsettings/topicname SUB-13: topicname is \"b\""));
  EXPECT_EQ(
      faults_of(copied(R"(,"protocolsettings":{"topicname":7})", "kafka:")),
      "/protocolsettings/topicname SUB-13: topicname must be a string that is not empty, without control characters");
  EXPECT_THAT(faults_of(copied(R"(,"protocolsettings":{"acks":2})")), StartsWith("/protocolsettings/acks SUB-13: "));
  EXPECT_THAT(faults_of(copied(R"(,"protocolsettings":{"acks":1,"ackmode":0})")),
              HasSubstr("acks the same as ackmode"));
  EXPECT_THAT(faults_of(pulled(R"(,"protocolsettings":{})")), StartsWith("/protocolsettings SUB-13: "));
}

TEST(Subscription, Sub15WhatIsNotKnownIsRefused) {
  EXPECT_EQ(faults_of(pulled(R"(,"filter":[])")), "/filter SUB-15: \"filter\" is no member that is known; filters is");
  EXPECT_THAT(faults_of(pulled("", R"(,"maxretries":1)")), StartsWith("/config/maxretries SUB-14: "));
  EXPECT_EQ(faults_of(pulled(R"(,"status":{"state":"active"},"source":null,"types":null,"sinkcredential":null)")),
            "none");
}

TEST(Subscription, Sub15AllFaultsAreToldAtOnce) {
  const auto faults = faults_of(R"({"sink":"x","protocol":"HTTP","source":"","types":[1],"filters":[1],"extra":1,)"
                                R"("protocolsettings":{"method":"GET"},"sinkcredential":{},"config":{"maxage":"x"}})");
  for (const char* const pointer : {"/sink ", "/source ", "/types/0 ", "/filters/0 ", "/extra ", "/config/maxage ",
                                    "/protocolsettings/method ", "/sinkcredential/credentialtype "}) {
    EXPECT_THAT(faults, HasSubstr(pointer));
  }
}

TEST(Subscription, Sub15WhatIsNoObjectIsToldAsAWhole) {
  for (const char* const text : {"", "[]", "7", "{", "{\"a\":1}x", "\"\xff\""}) {
    EXPECT_EQ(faults_of(text), " SUB-15: the subscription is not a JSON object") << text;
  }
  EXPECT_EQ(faults_of(pulled(R"(,"types":["a"],"types":["b"])")), " SUB-15: \"types\" is there twice in one object");
  EXPECT_EQ(faults_of(pulled("", R"(,"topic":"b")")), " SUB-15: \"topic\" is there twice in one object");
  EXPECT_THAT(faults_of(R"({"filters":)" + std::string(100'000, '[')), StartsWith(" SUB-15: nested deeper than"));
  EXPECT_THAT(faults_of(std::string(limits::subscription_bytes_max + 1, ' ')), HasSubstr("131072 are the most"));
}

TEST(Subscription, FaultsAreBoundedAndEscaped) {
  std::string many;
  for (int at = 0; at < 200; ++at) many += ",\"x" + std::to_string(at) + "\":1";
  EXPECT_EQ(read(pulled(many)).error().size(), limits::faults_max);
  EXPECT_THAT(faults_of(pulled(R"(,"a/b~\n":1)")), StartsWith("/a~1b~0\\n SUB-15: \"a/b~\\n\" is no"));
}

}  // namespace
}  // namespace millrace::subscriptions
