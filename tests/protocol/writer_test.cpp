// Bytes that the writer must produce, and the holes it leaves for records.

#include "millrace/protocol/writer.hpp"

#include <gtest/gtest.h>

#include "hex.hpp"
#include "millrace/protocol/codec.hpp"
#include "millrace/protocol/messages/api_versions.hpp"
#include "millrace/protocol/messages/describe_topic_partitions.hpp"
#include "millrace/protocol/messages/fetch.hpp"
#include "millrace/protocol/messages/heartbeat.hpp"
#include "millrace/protocol/messages/join_group.hpp"
#include "millrace/protocol/messages/metadata.hpp"

namespace millrace::protocol {
namespace {

using testing::from_hex;
using testing::to_hex;

std::string hex(std::string_view digits) { return to_hex(from_hex(digits)); }

FetchResponse fetched(Records first, Records second) {
  FetchResponse response;
  response.responses.push_back({.topic = "t", .partitions = {}});
  auto& partitions = response.responses.front().partitions;
  partitions.push_back({.partition_index = 0, .high_watermark = 10, .records = first});
  partitions.push_back({.partition_index = 1, .high_watermark = 20, .records = second});
  return response;
}

Bytes with_holes_filled(const Outgoing& outgoing, const std::vector<Bytes>& slots) {
  Bytes whole;
  std::size_t from = 0;
  const ByteView bytes = outgoing.bytes;
  for (const auto& hole : outgoing.holes) {
    append_bytes(whole, bytes.subspan(from, hole.at - from));
    append_bytes(whole, slots.at(hole.slot));
    from = hole.at;
  }
  append_bytes(whole, bytes.subspan(from));
  return whole;
}

TEST(Writer, WritesAClassicAndAFlexibleAnswer) {
  const HeartbeatResponse response{.throttle_time_ms = 1, .error_code = ErrorCode::rebalance_in_progress};
  EXPECT_EQ(to_hex(encode_response(0, 5, response)->bytes), hex("00000006 00000005 001b"));
  EXPECT_EQ(to_hex(encode_response(1, 5, response)->bytes), hex("0000000a 00000005 00000001 001b"));
  EXPECT_EQ(to_hex(encode_response(4, 5, response)->bytes), hex("0000000c 00000005 00 00000001 001b 00"));
}

TEST(Writer, LeavesTheTagsOutOfTheHeaderOfApiVersionsOnly) {
  const ApiVersionsResponse response{.api_keys = {{.api_key = 18, .min_version = 0, .max_version = 4}}};
  EXPECT_EQ(to_hex(encode_response(3, 5, response)->bytes),
            hex("00000013 00000005 0000 02 0012 0000 0004 00 00000000 00"));
}

TEST(Writer, WritesAStructThatMayBeNull) {
  DescribeTopicPartitionsResponse response;
  EXPECT_EQ(to_hex(encode(0, response)), hex("00000000 01 ff 00"));
  response.next_cursor = {.topic_name = "t", .partition_index = 3};
  EXPECT_EQ(to_hex(encode(0, response)), hex("00000000 01 01 02 74 00000003 00 00"));
}

TEST(Writer, PutsTagsThatDifferFromTheirDefaultInOrder) {
  const ApiVersionsResponse response{.finalized_features_epoch = 9, .zk_migration_ready = true};
  EXPECT_EQ(to_hex(encode(3, response)), hex("0000 01 00000000  02  01 08 0000000000000009  03 01 01"));
}

TEST(Writer, WritesNullAsEmptyWhereTheVersionHasNoNull) {
  const JoinGroupResponse failed{.error_code = ErrorCode::unknown_member_id};
  EXPECT_EQ(to_hex(encode(6, failed)), hex("00000000 0019 ffffffff 01 01 01 01 00"));
  EXPECT_EQ(to_hex(encode(7, failed)), hex("00000000 0019 ffffffff 00 00 01 01 01 00"));
  const MetadataRequest all_topics;
  EXPECT_EQ(to_hex(encode(0, all_topics)), hex("00000000"));
  EXPECT_EQ(to_hex(encode(1, all_topics)), hex("ffffffff"));
}

TEST(Writer, CutsAStringThatNoClientCouldReadAtACharacter) {
  JoinGroupRequest request;
  request.group_id = std::string(32'766, 'a') + "\xc3\xa9" + "bcd";
  auto bytes = encode(0, request);
  EXPECT_EQ(decode<JoinGroupRequest>(0, bytes)->group_id, std::string(32'766, 'a'));
}

class WriterHoles : public ::testing::TestWithParam<std::int16_t> {};
INSTANTIATE_TEST_SUITE_P(Fetch, WriterHoles, ::testing::Values(4, 11, 12));

TEST_P(WriterHoles, GiveTheSameFrameAsCopiedRecordsOnceTheyAreFilled) {
  const std::vector<Bytes> slots{to_bytes("the first batch"), to_bytes(std::string(300, 'x'))};
  const auto copied = encode_response(GetParam(), 1, fetched(slots[0], slots[1])).value();
  EXPECT_TRUE(copied.holes.empty());
  const auto left_out =
      encode_response(GetParam(), 1, fetched(ExternalRecords{0, 15}, ExternalRecords{1, 300})).value();
  ASSERT_EQ(left_out.holes.size(), 2U);
  EXPECT_EQ(left_out.bytes.size() + 315, copied.bytes.size());
  EXPECT_EQ(to_hex(with_holes_filled(left_out, slots)), to_hex(copied.bytes));
}

TEST_P(WriterHoles, AreNotLeftForNoBytes) {
  const auto outgoing = encode_response(GetParam(), 1, fetched(ExternalRecords{0, 0}, ByteView())).value();
  EXPECT_TRUE(outgoing.holes.empty());
}

TEST(Writer, RefusesAFrameThatItsPrefixCannotCount) {
  const auto records = ExternalRecords{0, 0x7fffffff};
  const auto refused = encode_response(12, 1, fetched(records, records));
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().code, Errc::too_large);
}

TEST(Writer, UsesTheCapacityOfTheBufferItIsGiven) {
  Bytes buffer;
  buffer.reserve(4096);
  const auto* const memory = buffer.data();
  const auto outgoing = encode_response(0, 5, HeartbeatResponse{}, std::move(buffer)).value();
  EXPECT_EQ(outgoing.bytes.data(), memory);
}

}  // namespace
}  // namespace millrace::protocol
