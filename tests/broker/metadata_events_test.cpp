#include "millrace/broker/metadata_events.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "millrace/record/builder.hpp"

namespace millrace::broker {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

struct Counting : Random {
  std::uint64_t count = 0;
  std::uint64_t next() override { return ++count; }
};

const Uuid orders_id = Uuid::parse("ABEiM0RVQneImaq7zN3u_w").value();
const EventOrigin origin{"/clusters/c/brokers/0", "User:alice", 1'772'366'400'000};  // 2026-03-01T12:00:00Z

std::vector<MetadataEvent> one_of_each() {
  return {TopicCreated{"orders", orders_id, 3, {{"retention.ms", "60000"}}, 1'772'366'400'000, true},
          TopicChanged{"orders", orders_id, 9, {{"retention.ms", "60000"}}, 1'772'366'400'000, false},
          TopicDeleted{"orders", orders_id, 3, 1'772'366'500'000},
          TopicPurged{"orders", orders_id},
          ProducerIdsReserved{1000},
          BrokerConfigured{1, {{"log.retention.ms", "60000"}}},
          BrokerConfigured{std::nullopt, {}},
          GroupConfigured{"gr\xc3\xbcppe \"1\"", {{"consumer.session.timeout.ms", "50000"}}},
          GroupConfigured{"other", {}},
          DocumentStored{DocumentKind::subscription, "s-1", R"({"sink":"https://example.com/?a=1","types":["b","a"]})"},
          DocumentStored{DocumentKind::adoption, "a b/c", "{}"},
          DocumentRemoved{DocumentKind::view, "orders.eu"},
          DocumentRemoved{DocumentKind::redrive, "7"},
          LettersChanged{LettersAct::edited, "dlq.a.orders", R"({"id":"a~orders~0~1~1","older":"a~orders~0~1~0"})"},
          LettersChanged{LettersAct::rejected, "dlq.a.orders", "{}"}};
}

Bytes encoded(const std::vector<MetadataEvent>& events, const EventOrigin& from = origin) {
  Counting random;
  return encode_events(events, from, random);
}

/// A batch of one record, made by hand.
Bytes handmade(std::string_view type, std::string_view value) {
  record::BatchBuilder builder;
  const record::HeaderView headers[] = {{"ce_type", as_bytes(type)}};
  builder.add({5, as_bytes("key"), as_bytes(value), headers});
  return builder.finish();
}

TEST(MetadataEvents, ComeBackAsTheyWere) {
  const auto events = one_of_each();
  const auto decoded = decode_events(encoded(events));
  ASSERT_TRUE(decoded) << decoded.error().message;
  EXPECT_EQ(decoded->events, events);
  EXPECT_TRUE(decoded->notes.empty());
}

TEST(MetadataEvents, AreCloudEventsInKafkasBinaryMode) {
  const auto records = record::read_records(encoded(one_of_each()));
  ASSERT_TRUE(records);
  ASSERT_EQ(records->size(), one_of_each().size());
  const auto& record = records->front();
  std::map<std::string, std::string> headers;
  for (const auto& [key, value] : record.headers) headers[key] = as_text(*value);
  EXPECT_EQ(headers["content-type"], "application/json");
  EXPECT_EQ(headers["ce_specversion"], "1.0");
  EXPECT_EQ(headers["ce_source"], "/clusters/c/brokers/0");
  EXPECT_EQ(headers["ce_type"], "io.millrace.topic.created.v1");
  EXPECT_EQ(headers["ce_time"], "2026-03-01T12:00:00.000Z");
  EXPECT_EQ(headers["ce_subject"], "topics/orders/ABEiM0RVQneImaq7zN3u_w");
  EXPECT_EQ(headers["ce_actor"], "User:alice");
  EXPECT_TRUE(Uuid::parse(headers["ce_id"]));
  EXPECT_EQ(as_text(*record.key), headers["ce_subject"]);
  EXPECT_EQ(record.timestamp, origin.time);
  EXPECT_EQ(as_text(*record.value),
            R"({"configs":{"retention.ms":"60000"},"created_at":1772366400000,"id":"ABEiM0RVQneImaq7zN3u_w",)"
            R"("is_internal":true,"name":"orders","partitions":3})");
}

TEST(MetadataEvents, ADocumentThatIsRemovedLeavesATombstone) {
  const auto records = record::read_records(
      encoded({DocumentStored{DocumentKind::rule, "r", R"({"a":1})"}, DocumentRemoved{DocumentKind::rule, "r"}}));
  ASSERT_TRUE(records);
  EXPECT_EQ(as_text(*records->at(0).key), "rules/r");
  EXPECT_EQ(as_text(*records->at(0).value), R"({"document":{"a":1},"id":"r"})");
  EXPECT_EQ(records->at(1).key, records->at(0).key) << "so that compaction keeps the later one";
  EXPECT_FALSE(records->at(1).value) << "and drops it in the end";
}

TEST(MetadataEvents, ADocumentThatIsNoneIsDamage) {
  for (const auto* value : {R"({"id":"r","document":5})", R"({"document":{}})", R"({"id":"r"})"}) {
    const auto decoded = decode_events(handmade("io.millrace.rule.stored.v1", value));
    ASSERT_FALSE(decoded) << value;
    EXPECT_EQ(decoded.error().code, Errc::corrupt);
  }
  EXPECT_FALSE(decode_events(handmade("io.millrace.rule.removed.v1", ""))) << "its key is no rule's";
}

TEST(MetadataEvents, EachHasAnIdOfItsOwn) {
  const auto records = record::read_records(encoded(one_of_each()));
  ASSERT_TRUE(records);
  std::map<std::string, int> ids;
  for (const auto& record : *records) {
    for (const auto& [key, value] : record.headers) {
      if (key == "ce_id") ++ids[std::string(as_text(*value))];
    }
  }
  EXPECT_EQ(ids.size(), records->size());
}

TEST(MetadataEvents, TheBrokersOwnDoingHasNoActor) {
  const auto records = record::read_records(encoded({ProducerIdsReserved{1}}, {"/b", "", 0}));
  ASSERT_TRUE(records);
  for (const auto& [key, value] : records->front().headers) EXPECT_NE(key, "ce_actor");
}

TEST(MetadataEvents, TypesOfALaterVersionAreSteppedOverWithANote) {
  const auto decoded = decode_events(handmade("io.millrace.topic.created.v9", "not even JSON"));
  ASSERT_TRUE(decoded) << decoded.error().message;
  EXPECT_TRUE(decoded->events.empty());
  EXPECT_THAT(decoded->notes, ElementsAre(HasSubstr("io.millrace.topic.created.v9")));
}

TEST(MetadataEvents, ARecordThatIsNoEventIsSteppedOverWithANote) {
  record::BatchBuilder builder;
  builder.add({5, std::nullopt, std::nullopt, {}});
  const auto decoded = decode_events(builder.finish());
  ASSERT_TRUE(decoded);
  EXPECT_THAT(decoded->notes, ElementsAre(HasSubstr("no ce_type")));
}

TEST(MetadataEvents, FieldsThatAreNotListedAreIgnored) {
  const auto decoded = decode_events(handmade("io.millrace.producer-ids.reserved.v1", R"({"next":7,"later":[1]})"));
  ASSERT_TRUE(decoded) << decoded.error().message;
  EXPECT_EQ(decoded->events, (std::vector<MetadataEvent>{ProducerIdsReserved{7}}));
}

TEST(MetadataEvents, AKnownTypeWithABrokenValueIsDamage) {
  const std::string created = "io.millrace.topic.created.v1";
  const std::string reserved = "io.millrace.producer-ids.reserved.v1";
  const std::string rest = R"("id":"ABEiM0RVQneImaq7zN3u_w","created_at":1,"is_internal":false,)";
  const std::pair<std::string, std::string> broken[] = {
      {reserved, ""},
      {reserved, "{"},
      {reserved, "[1]"},
      {reserved, "{}"},
      {reserved, R"({"next":"7"})"},
      {reserved, R"({"next":7.5})"},
      {reserved, R"({"next":-1})"},
      {reserved, R"({"next":9223372036854775808})"},
      {created, "{" + rest + R"("name":"a","partitions":0,"configs":{}})"},
      {created, "{" + rest + R"("name":"a","partitions":2147483648,"configs":{}})"},
      {created, "{" + rest + R"("name":"a","partitions":1,"configs":{"k":1}})"},
      {created, "{" + rest + R"("name":"a","partitions":1,"configs":[]})"},
      {created, "{" + rest + R"("name":7,"partitions":1,"configs":{}})"},
      {created, R"({"id":"short","created_at":1,"is_internal":false,"name":"a","partitions":1,"configs":{}})"},
      {created,
       R"({"id":"ABEiM0RVQneImaq7zN3u_w","created_at":1,"is_internal":0,"name":"a","partitions":1,"configs":{}})"},
      {"io.millrace.topic.deleted.v1", R"({"name":"a","id":"ABEiM0RVQneImaq7zN3u_w","partitions":1})"},
      {"io.millrace.topic.purged.v1", R"({"name":"a"})"},
      {"io.millrace.broker.configured.v1", R"({"configs":{}})"},
      {"io.millrace.broker.configured.v1", R"({"broker_id":-1,"configs":{}})"},
      {"io.millrace.broker.configured.v1", R"({"broker_id":null})"},
  };
  for (const auto& [type, value] : broken) {
    const auto decoded = decode_events(handmade(type, value));
    ASSERT_FALSE(decoded) << type << " " << value;
    EXPECT_EQ(decoded.error().code, Errc::corrupt);
    EXPECT_THAT(decoded.error().message, HasSubstr(type));
  }
}

TEST(MetadataEvents, DeepNestingIsDamageAndNotAStackOverflow) {
  std::string deep(100'000, '[');
  EXPECT_FALSE(decode_events(handmade("io.millrace.producer-ids.reserved.v1", deep)));
  deep += std::string(100'000, ']');
  EXPECT_FALSE(decode_events(handmade("io.millrace.producer-ids.reserved.v1", deep)));
}

TEST(MetadataEvents, ADamagedBatchIsAFailure) {
  auto batch = encoded(one_of_each());
  batch.back() ^= std::byte{1};
  EXPECT_FALSE(decode_events(batch));
}

}  // namespace
}  // namespace millrace::broker
