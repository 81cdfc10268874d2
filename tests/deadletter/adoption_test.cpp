// Letters of others, in the bytes that they write: numbers of Kafka's own are decimal text, those of Spring big-endian.

#include "millrace/deadletter/adoption.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "letters.hpp"

namespace millrace::deadletter {
namespace {

using namespace std::string_view_literals;
using testing::SizeIs;

std::optional<Adopted> recognised(const HeaderTexts& headers, std::optional<std::string_view> value = "v") {
  const Record record = record_of(headers, value);
  const auto views = headers_of(record);
  return recognise(views, record.value ? std::optional<ByteView>(*record.value) : std::nullopt);
}

Adopted from_orders(Family family) {
  Adopted out;
  out.family = family;
  out.topic = "orders";
  out.partition = 1;
  out.offset = Offset(1042);
  return out;
}

const HeaderTexts share_letter{
    {"__dlq.errors.topic", "orders"},     {"__dlq.errors.partition", "1"},
    {"__dlq.errors.offset", "1042"},      {"__dlq.errors.group", "billing"},
    {"__dlq.errors.delivery.count", "5"}, {"__dlq.errors.message", "Offset delivery count exceeded the threshold."}};

const HeaderTexts spring_letter{{"kafka_dlt-original-topic", "orders"},
                                {"kafka_dlt-original-partition", "\0\0\0\1"sv},
                                {"kafka_dlt-original-offset", "\0\0\0\0\0\0\x04\x12"sv},
                                {"kafka_dlt-original-timestamp", "\0\0\x01\x8B\xCF\xE5\x68\0"sv},
                                {"kafka_dlt-original-timestamp-type", "CreateTime"},
                                {"kafka_dlt-original-consumer-group", "billing"},
                                {"kafka_dlt-exception-fqcn", "ListenerExecutionFailedException"},
                                {"kafka_dlt-exception-cause-fqcn", "java.lang.IllegalStateException"},
                                {"kafka_dlt-exception-message", "Listener failed;\nno stock"},
                                {"kafka_dlt-exception-stacktrace", "at …"}};

TEST(Adoption, KafkasShareGroups) {
  Adopted wanted = from_orders(Family::kafka_share);
  wanted.group = "billing";
  wanted.attempts = 5;
  wanted.reason = "Offset delivery count exceeded the threshold.";
  EXPECT_EQ(recognised(share_letter, std::nullopt), wanted);
}

TEST(Adoption, OurOwnAreKnownByTheirId) {
  const Record letter = buried(sample(), record_of({}, "v"));
  const auto found = recognise(headers_of(letter), std::nullopt);
  ASSERT_TRUE(found.has_value());
  EXPECT_EQ(found->family, Family::millrace);
  EXPECT_EQ(found->topic, "orders");
  EXPECT_EQ(found->group, "billing");
  EXPECT_EQ(found->attempts, 5U);
  EXPECT_EQ(found->reason, "no \"stock\" service");
  EXPECT_EQ(found->destination, "https://billing.example/events");
}

TEST(Adoption, Connect) {
  Adopted wanted = from_orders(Family::kafka_connect);
  wanted.group = "connect-warehouse";
  wanted.exception = "org.apache.kafka.connect.errors.DataException";
  wanted.reason = "Unknown magic byte!";
  EXPECT_EQ(recognised({{"__connect.errors.topic", "orders"},
                        {"__connect.errors.partition", "1"},
                        {"__connect.errors.offset", "1042"},
                        {"__connect.errors.connector.name", "warehouse"},
                        {"__connect.errors.task.id", "0"},
                        {"__connect.errors.stage", "VALUE_CONVERTER"},
                        {"__connect.errors.class.name", "io.confluent.connect.avro.AvroConverter"},
                        {"__connect.errors.exception.class.name", "org.apache.kafka.connect.errors.DataException"},
                        {"__connect.errors.exception.message", "Unknown magic byte!"},
                        {"__connect.errors.exception.stacktrace", "at …"}}),
            wanted);
}

TEST(Adoption, Streams) {
  Adopted wanted = from_orders(Family::kafka_streams);
  wanted.exception = "java.lang.ArithmeticException";
  EXPECT_EQ(recognised({{"__streams.errors.exception", "java.lang.ArithmeticException"},
                        {"__streams.errors.message", std::nullopt},
                        {"__streams.errors.stacktrace", "at …"},
                        {"__streams.errors.topic", "orders"},
                        {"__streams.errors.partition", "1"},
                        {"__streams.errors.offset", "1042"}}),
            wanted)
      << "an exception without a message has a null header";
}

TEST(Adoption, SpringsDeadLetterTopics) {
  Adopted wanted = from_orders(Family::spring);
  wanted.timestamp = 1'700'000'000'000;
  wanted.group = "billing";
  wanted.exception = "java.lang.IllegalStateException";
  wanted.reason = "Listener failed; no stock";
  EXPECT_EQ(recognised(spring_letter), wanted);
}

TEST(Adoption, SpringsKeyThatCannotBeRead) {
  const auto found = recognised({{"kafka_dlt-original-topic", "orders"},
                                 {"kafka_dlt-key-exception-fqcn", "DeserializationException"},
                                 {"kafka_dlt-key-exception-message", "failed to deserialize"}});
  ASSERT_TRUE(found.has_value());
  EXPECT_EQ(found->exception, "DeserializationException");
  EXPECT_EQ(found->reason, "failed to deserialize");
}

TEST(Adoption, SpringsRetryTopics) {
  Adopted wanted = from_orders(Family::spring_retry);
  wanted.timestamp = 1'700'000'000'000;
  wanted.group = "billing";
  wanted.attempts = 4;
  wanted.exception = "java.lang.IllegalStateException";
  wanted.reason = "no stock";
  HeaderTexts headers{{"retry_topic-original-timestamp", "\x01\x8B\xCF\xE5\x68\0"sv},
                      {"kafka_original-topic", "orders"},
                      {"kafka_original-partition", "\0\0\0\1"sv},
                      {"kafka_original-offset", "\0\0\0\0\0\0\x04\x12"sv},
                      {"kafka_exception-fqcn", "java.lang.IllegalStateException"},
                      {"kafka_exception-message", "no stock"},
                      {"retry_topic-attempts", "\0\0\0\4"sv},
                      {"kafka_dlt-original-consumer-group", "billing"}};
  EXPECT_EQ(recognised(headers), wanted);
  headers[6].second = "\4";  // As older versions write it.
  EXPECT_EQ(recognised(headers), wanted);
}

TEST(Adoption, KnativesAttributesInEveryMode) {
  Adopted wanted;
  wanted.family = Family::knative;
  wanted.destination = "http://fail.svc";
  wanted.exception = "500";
  wanted.reason = "Internal Server Error";
  const HeaderTexts binary{{"ce_specversion", "1.0"},
                           {"ce_id", "1"},
                           {"ce_source", "/"},
                           {"ce_type", "t"},
                           {"ce_knativeerrordest", "http://fail.svc"},
                           {"ce_knativeerrorcode", "500"},
                           {"ce_knativeerrordata", "SW50ZXJuYWwgU2VydmVyIEVycm9y"}};
  EXPECT_EQ(recognised(binary), wanted);
  EXPECT_EQ(recognised({{"content-type", "application/cloudevents+json"}},
                       R"({"specversion":"1.0","id":"1","source":"/","type":"t","knativeerrordest":"http://fail.svc",)"
                       R"("knativeerrorcode":500,"knativeerrordata":"Internal Server Error"})"),
            wanted);
}

TEST(Adoption, KnativesDataMayBeCutWithinACharacter) {
  // "é" and the first byte of another.
  const auto found = recognised({{"ce_specversion", "1.0"},
                                 {"ce_id", "1"},
                                 {"ce_source", "/"},
                                 {"ce_type", "t"},
                                 {"ce_knativeerrordata", "w6nD"}});
  EXPECT_EQ(found.value().reason, "\xC3\xA9\xEF\xBF\xBD");
}

TEST(Adoption, TheLastFamilyIsWhereItDiedLast) {
  HeaderTexts both = share_letter;
  both.insert(both.end(), spring_letter.begin(), spring_letter.end());
  EXPECT_EQ(recognised(both).value().family, Family::spring);
  HeaderTexts other = spring_letter;
  other.insert(other.end(), share_letter.begin(), share_letter.end());
  EXPECT_EQ(recognised(other).value().family, Family::kafka_share);
}

TEST(Adoption, OfEqualHeadersTheLastCounts) {
  HeaderTexts headers = spring_letter;
  headers.emplace_back("kafka_dlt-original-topic", "orders-retry");
  EXPECT_EQ(recognised(headers).value().topic, "orders-retry");
}

TEST(Adoption, RecordsWithoutMarksAreNobodys) {
  EXPECT_EQ(recognised({}), std::nullopt);
  EXPECT_EQ(recognised({{"kafka_offset", "1"}, {"__dlq", "x"}, {"traceparent", "x"}}), std::nullopt);
  EXPECT_EQ(recognised({{"content-type", "application/cloudevents+json"}}, "{"), std::nullopt);
  EXPECT_EQ(recognised({{"kafka_dlt-original-consumer-group", "billing"}}), std::nullopt);
}

TEST(Adoption, WhatCannotBeReadIsNotThere) {
  const auto share = recognised({{"__dlq.errors.topic", "a/b"},
                                 {"__dlq.errors.partition", "-1"},
                                 {"__dlq.errors.offset", "1042 "},
                                 {"__dlq.errors.group", "\xFF"},
                                 {"__dlq.errors.delivery.count", "many"},
                                 {"__dlq.errors.message", std::nullopt}});
  Adopted nothing;
  nothing.family = Family::kafka_share;
  EXPECT_EQ(share, nothing);

  const auto spring = recognised({{"kafka_dlt-original-topic", std::nullopt},
                                  {"kafka_dlt-original-partition", "1"},
                                  {"kafka_dlt-original-offset", "\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF"},
                                  {"kafka_dlt-original-timestamp", ""},
                                  {"retry_topic-attempts", "\0\0"sv},
                                  {"kafka_dlt-original-consumer-group", ""}});
  nothing.family = Family::spring_retry;
  EXPECT_EQ(spring, nothing) << "retry_topic-attempts stands last";
}

TEST(Adoption, TextsAreOneLineAndBounded) {
  HeaderTexts headers = share_letter;
  const std::string text = "first\nsecond" + std::string(10'000, 'x');
  headers.back().second = text;
  const std::string reason = recognised(headers).value().reason;
  EXPECT_THAT(reason, SizeIs(message_bytes_max));
  EXPECT_TRUE(reason.starts_with("first second"));
}

TEST(Adoption, EachFamilyHasAName) {
  EXPECT_EQ(name_of(Family::millrace), "millrace");
  EXPECT_EQ(name_of(Family::kafka_share), "kafka-share");
  EXPECT_EQ(name_of(Family::kafka_connect), "kafka-connect");
  EXPECT_EQ(name_of(Family::kafka_streams), "kafka-streams");
  EXPECT_EQ(name_of(Family::spring), "spring");
  EXPECT_EQ(name_of(Family::spring_retry), "spring-retry");
  EXPECT_EQ(name_of(Family::knative), "knative");
}

}  // namespace
}  // namespace millrace::deadletter
