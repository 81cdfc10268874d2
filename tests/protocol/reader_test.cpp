// What the reader refuses, and in which words; what it tolerates.

#include "millrace/protocol/reader.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "hex.hpp"
#include "millrace/core/limits.hpp"
#include "millrace/protocol/codec.hpp"
#include "millrace/protocol/messages/delete_topics.hpp"
#include "millrace/protocol/messages/describe_topic_partitions.hpp"
#include "millrace/protocol/messages/fetch.hpp"
#include "millrace/protocol/messages/find_coordinator.hpp"
#include "millrace/protocol/messages/heartbeat.hpp"
#include "millrace/protocol/messages/metadata.hpp"
#include "millrace/protocol/messages/produce.hpp"

namespace millrace::protocol {
namespace {

using ::millrace::protocol::testing::from_hex;
using ::testing::HasSubstr;

template <class Message>
Result<Message> decode_hex(std::int16_t version, std::string_view hex) {
  auto bytes = from_hex(hex);
  return decode<Message>(version, bytes);
}

template <class Message>
std::string refusal(std::int16_t version, std::string_view hex) {
  const auto message = decode_hex<Message>(version, hex);
  return message ? "accepted" : message.error().message;
}

TEST(Reader, ReadsAClassicHeartbeat) {
  const auto heartbeat = decode_hex<HeartbeatRequest>(3, "0001 67  0000 0007  0002 6d31  ffff");
  ASSERT_TRUE(heartbeat.has_value()) << heartbeat.error().message;
  EXPECT_EQ(heartbeat->group_id, "g");
  EXPECT_EQ(heartbeat->generation_id, 7);
  EXPECT_EQ(heartbeat->member_id, "m1");
  EXPECT_EQ(heartbeat->group_instance_id, std::nullopt);
}

TEST(Reader, ReadsAFlexibleHeartbeat) {
  const auto heartbeat = decode_hex<HeartbeatRequest>(4, "02 67  0000 0007  03 6d31  02 69  00");
  ASSERT_TRUE(heartbeat.has_value()) << heartbeat.error().message;
  EXPECT_EQ(heartbeat->group_id, "g");
  EXPECT_EQ(heartbeat->member_id, "m1");
  EXPECT_EQ(heartbeat->group_instance_id, "i");
}

TEST(Reader, ReadsAStructThatMayBeNull) {
  const auto null = decode_hex<DescribeTopicPartitionsRequest>(0, "01 000007d0 ff 00");
  ASSERT_TRUE(null.has_value()) << null.error().message;
  EXPECT_FALSE(null->cursor.has_value());
  const auto there = decode_hex<DescribeTopicPartitionsRequest>(0, "01 000007d0 01 02 74 00000003 00 00");
  ASSERT_TRUE(there.has_value()) << there.error().message;
  ASSERT_TRUE(there->cursor.has_value());
  EXPECT_EQ(there->cursor->topic_name, "t");
  EXPECT_EQ(there->cursor->partition_index, 3);
}

TEST(Reader, SkipsUnknownTagsInEveryStruct) {
  // One topic, with a tag 5 of two bytes; behind it the request's flags, with tags 0 and 300.
  const auto metadata = decode_hex<MetadataRequest>(
      12, "02  00000000000000000000000000000000 02 74  01 05 02 aabb  01 00  02 00 01 ff ac02 00");
  ASSERT_TRUE(metadata.has_value()) << metadata.error().message;
  ASSERT_EQ(metadata->topics.value().size(), 1U);
  EXPECT_EQ(metadata->topics->front().name, "t");
  EXPECT_TRUE(metadata->allow_auto_topic_creation);
}

TEST(Reader, ReadsAKnownTagAndIgnoresWhatANewerVersionPutsBehindIt) {
  const std::string before = "ffffffff 00000000 00000000 00000000 00 00000000 ffffffff 01 01 01";
  const auto fetch = decode_hex<FetchRequest>(12, before + "01 00 05 02 63 99 99 99");
  ASSERT_TRUE(fetch.has_value()) << fetch.error().message;
  EXPECT_EQ(fetch->cluster_id, "c");
}

TEST(Reader, KeepsAKnownTagWithinItsSize) {
  const std::string before = "ffffffff 00000000 00000000 00000000 00 00000000 ffffffff 01 01 01";
  EXPECT_THAT(refusal<FetchRequest>(12, before + "01 00 02 06 6162636465"),
              HasSubstr("cluster_id at byte 32: 5 bytes wanted, 1 are left"));
}

TEST(Reader, RefusesTagsThatDoNotAscend) {
  EXPECT_EQ(refusal<HeartbeatRequest>(4, "02 67 00000007 03 6d31 00 02 0500 0500"),
            "Heartbeat: tagged fields at byte 14: tag 5 after tag 5, tags ascend");
}

TEST(Reader, RefusesMoreTagsThanTheLimit) {
  ASSERT_EQ(limits::tags_max, 64U);
  EXPECT_EQ(refusal<HeartbeatRequest>(4, "02 67 00000007 03 6d31 00 41"),
            "Heartbeat: tagged fields at byte 11: count 65, a struct has at most 64");
}

TEST(Reader, SkipsAnUnknownTagOfTheLargestSizeAndNoLarger) {
  ASSERT_EQ(limits::tag_bytes_max, 128U * 1024);
  auto at_limit = from_hex("02 67 00000007 03 6d31 00 01 09 808008");
  at_limit.resize(at_limit.size() + limits::tag_bytes_max);
  EXPECT_TRUE(decode<HeartbeatRequest>(4, at_limit).has_value());

  auto beyond = from_hex("02 67 00000007 03 6d31 00 01 09 818008");
  beyond.resize(beyond.size() + limits::tag_bytes_max + 1);
  const auto refused = decode<HeartbeatRequest>(4, beyond);
  ASSERT_FALSE(refused.has_value());
  EXPECT_THAT(refused.error().message, HasSubstr("an unknown tag of 131073 bytes, at most 131072 are skipped"));
}

TEST(Reader, SaysWhichFieldIsCutOffAndWhere) {
  EXPECT_EQ(refusal<HeartbeatRequest>(0, "0003 6774"), "Heartbeat: group_id at byte 2: 3 bytes wanted, 2 are left");
  EXPECT_EQ(refusal<HeartbeatRequest>(0, "0001 67 0000"),
            "Heartbeat: generation_id at byte 3: 4 bytes wanted, 2 are left");
}

TEST(Reader, RefusesNullWhereTheFieldHasNone) {
  EXPECT_EQ(refusal<HeartbeatRequest>(0, "ffff"),
            "Heartbeat: group_id at byte 2: null, it may not be null in version 0");
  EXPECT_EQ(refusal<HeartbeatRequest>(4, "00"), "Heartbeat: group_id at byte 1: null, it may not be null in version 4");
  EXPECT_EQ(refusal<FindCoordinatorRequest>(4, "00 00"),
            "FindCoordinator: coordinator_keys at byte 2: null, it may not be null in version 4");
}

TEST(Reader, RefusesNullInVersionsThatDoNotHaveItYet) {
  EXPECT_EQ(refusal<MetadataRequest>(0, "ffffffff"),
            "Metadata: topics at byte 4: null, it may not be null in version 0");
  const auto all_topics = decode_hex<MetadataRequest>(1, "ffffffff");
  ASSERT_TRUE(all_topics.has_value());
  EXPECT_EQ(all_topics->topics, std::nullopt);
  EXPECT_EQ(refusal<MetadataRequest>(9, "02 00 00 00 00 00"),
            "Metadata: name at byte 2: null, it may not be null in version 9");
}

TEST(Reader, RefusesLengthsThatNoStringHas) {
  EXPECT_THAT(refusal<HeartbeatRequest>(0, "8000"), HasSubstr("length -32768, a string has 0 to 32767 bytes"));
  EXPECT_THAT(refusal<HeartbeatRequest>(4, "818002"), HasSubstr("length 32768, a string has 0 to 32767 bytes"));
  EXPECT_THAT(refusal<DeleteTopicsRequest>(1, "fffffffe"), HasSubstr("length -2, only -1, for null, is below 0"));
}

TEST(Reader, RefusesVarintsBeyond32Bits) {
  EXPECT_THAT(refusal<HeartbeatRequest>(4, "ffffffff1f"), HasSubstr("a varint has at most 32"));
  EXPECT_THAT(refusal<HeartbeatRequest>(4, "80808080808080808001"), HasSubstr("a varint has at most 32"));
}

TEST(Reader, RefusesACountThatCannotFitIntoTheBytesLeft) {
  // A classic topic of DeleteTopics takes at least the two bytes of its length.
  EXPECT_EQ(refusal<DeleteTopicsRequest>(1, "00000003 0000 0000 00"),
            "DeleteTopics: topic_names at byte 4: count 3, at most 2 elements fit into the 5 bytes left");
  EXPECT_THAT(refusal<DeleteTopicsRequest>(1, "7fffffff 00000000"), HasSubstr("count 2147483647, at most 2 elements"));
}

TEST(Reader, RefusesMoreMemoryThanTheFrameJustifies) {
  // 20 000 empty names: two bytes each here, the size of a std::string each in memory.
  auto frame = from_hex("00004e20");
  frame.resize(frame.size() + 2 * 20'000 + 4);
  ASSERT_GT(20'000 * sizeof(std::string), decoded_bytes_max(frame.size()));
  const auto refused = decode<DeleteTopicsRequest>(1, frame);
  ASSERT_FALSE(refused.has_value());
  EXPECT_THAT(refused.error().message, HasSubstr("topic_names at byte 4: 640000 bytes of memory"));
}

TEST(Reader, TakesTwentyThousandNamesOfUsualLength) {
  DeleteTopicsRequest request;
  for (int name = 0; name < 20'000; ++name) request.topic_names.push_back("orders-" + std::to_string(100'000 + name));
  auto frame = encode(1, request);
  EXPECT_TRUE(decode<DeleteTopicsRequest>(1, frame).has_value());
}

TEST(Reader, LendsRecordsOutOfTheFrameSoThatTheyCanBeStampedInPlace) {
  auto frame = from_hex("ffff ffff 00007530  00000001 0001 74  00000001 00000000 00000004 aabbccdd");
  const auto produce = decode<ProduceRequest>(3, frame);
  ASSERT_TRUE(produce.has_value()) << produce.error().message;
  const auto records = produce->topic_data.at(0).partition_data.at(0).records.value();
  ASSERT_EQ(records.size(), 4U);
  records[0] = std::byte{0x11};
  EXPECT_EQ(frame[frame.size() - 4], std::byte{0x11});
}

TEST(Reader, RefusesVersionsThatAreNotServed) {
  Bytes nothing;
  const auto old = decode<ProduceRequest>(2, nothing);
  ASSERT_FALSE(old.has_value());
  EXPECT_EQ(old.error().code, Errc::unsupported);
  EXPECT_EQ(old.error().message, "Produce version 2: versions 3 to 13 are served");
  EXPECT_FALSE(decode<ProduceRequest>(14, nothing).has_value());
}

TEST(Reader, LeavesTheFieldsBehindAFaultEmpty) {
  auto bytes = from_hex("0009 61 0000 0001");
  Reader reader(bytes, 0, false);
  std::string text = "untouched";
  std::int32_t number = 7;
  std::vector<std::int32_t> numbers;
  reader.field("text", text);
  reader.field("number", number);
  reader.field("numbers", numbers);
  EXPECT_FALSE(reader.ok());
  EXPECT_EQ(number, 7);
  EXPECT_TRUE(numbers.empty());
  EXPECT_TRUE(reader.rest().empty());
  EXPECT_THAT(reader.error().message, HasSubstr("text at byte 2")) << "the first fault is the one that is told";
}

}  // namespace
}  // namespace millrace::protocol
