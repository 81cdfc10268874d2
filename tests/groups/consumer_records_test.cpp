// Records of consumer groups. The bytes were written by Kafka 4.3.1's own record classes.

#include "millrace/groups/consumer_records.hpp"

#include <gtest/gtest.h>

#include "groups/record_bytes.hpp"
#include "millrace/groups/group_records.hpp"

namespace millrace::groups {
namespace {

const Uuid topic = *Uuid::parse("AQIDBAUGBwgJCgsMDQ4PEA");

TEST(ConsumerRecords, KeysAreKafkas) {
  const auto is = [](const auto& key, std::string_view bytes) {
    EXPECT_EQ(encode_key(key), hex(bytes));
    EXPECT_EQ(decode_key(hex(bytes)).value(), AnyKey(key));
  };
  is(ConsumerGroupKey{"readers"}, "0003 0007 72656164657273");
  is(ConsumerMemberKey{"readers", "a-1"}, "0005 0007 72656164657273 0003 612d31");
  is(TargetEpochKey{"readers"}, "0006 0007 72656164657273");
  is(TargetAssignmentKey{"readers", "a-1"}, "0007 0007 72656164657273 0003 612d31");
  is(CurrentAssignmentKey{"readers", "a-1"}, "0008 0007 72656164657273 0003 612d31");
  is(RegularExpressionKey{"readers", "o.*"}, "0010 0007 72656164657273 0003 6f2e2a");
  EXPECT_EQ(decode_key(hex("0004 0007 72656164657273")).value(), AnyKey(ConsumerGroupTopicsKey{"readers"}));
}

TEST(ConsumerRecords, AGroupWithAndWithoutAHash) {
  const ConsumerGroupValue with{7, 0x1122334455667788};
  EXPECT_EQ(encode_value(with), hex("0000 00000007 01 00 08 1122334455667788"));
  EXPECT_EQ(decode_consumer_group_value(encode_value(with)).value(), with);
  const ConsumerGroupValue without{7, 0};
  EXPECT_EQ(encode_value(without), hex("0000 00000007 00"));
  EXPECT_EQ(decode_consumer_group_value(encode_value(without)).value(), without);
}

TEST(ConsumerRecords, AMember) {
  ConsumerMemberValue value;
  value.instance_id = "seat";
  value.client_id = "a";
  value.client_host = "/127.0.0.1";
  value.subscribed_topics = {"orders", "bills"};
  value.subscribed_regex = "o.*";
  value.rebalance_timeout_ms = 60'000;
  value.server_assignor = "range";
  EXPECT_EQ(encode_value(value),
            hex("0000 05 73656174 00 02 61 0b 2f3132372e302e302e31 03 07 6f7264657273 06 62696c6c73 "
                "04 6f2e2a 0000ea60 06 72616e6765 00"));
  EXPECT_EQ(decode_consumer_member_value(encode_value(value)).value(), value);
}

TEST(ConsumerRecords, AMemberOfTheClassicProtocol) {
  ConsumerMemberValue value;
  value.client_id = "a";
  value.client_host = "/h";
  value.subscribed_topics = {"t"};
  value.rebalance_timeout_ms = 60'000;
  value.subscribed_regex = "";  // what Kafka's classes write unless told otherwise
  value.server_assignor = "";
  value.classic = ClassicMember{45'000, {{"range", hex("010203")}}};
  EXPECT_EQ(encode_value(value), hex("0000 00 00 02 61 03 2f68 02 02 74 01 0000ea60 01 01 00 12 01 0000afc8 02 "
                                     "06 72616e6765 04 010203 00 00"));
  EXPECT_EQ(decode_consumer_member_value(encode_value(value)).value(), value);
}

TEST(ConsumerRecords, ATargetEpochWithAndWithoutATime) {
  EXPECT_EQ(encode_value(TargetEpochValue{7}), hex("0000 00000007 00"));
  EXPECT_EQ(decode_target_epoch_value(hex("0000 00000007 01 00 08 0000018bcfe56800")).value(), TargetEpochValue{7});
}

TEST(ConsumerRecords, ATarget) {
  const TargetAssignmentValue value{{{topic, {0, 2}}}};
  EXPECT_EQ(encode_value(value), hex("0000 02 0102030405060708090a0b0c0d0e0f10 03 00000000 00000002 00 00"));
  EXPECT_EQ(decode_target_assignment_value(encode_value(value)).value(), value);
}

TEST(ConsumerRecords, WhatAMemberHasWithTheEpochsOfItsPartitions) {
  CurrentAssignmentValue value;
  value.member_epoch = 7;
  value.previous_epoch = 6;
  value.state = MemberState::unrevoked;
  value.assigned = {{topic, {{0, 5}, {2, 7}}}};
  value.to_revoke = {{topic, {{1, 5}}}};
  EXPECT_EQ(
      encode_value(value),
      hex("0000 00000007 00000006 01 02 0102030405060708090a0b0c0d0e0f10 03 00000000 00000002 01 00 09 03 00000005 "
          "00000007 02 0102030405060708090a0b0c0d0e0f10 02 00000001 01 00 05 02 00000005 00"));
  EXPECT_EQ(decode_current_assignment_value(encode_value(value)).value(), value);
}

TEST(ConsumerRecords, WithoutEpochsThatOfTheMemberCounts) {
  const auto value = decode_current_assignment_value(
      hex("0000 00000007 00000006 00 02 0102030405060708090a0b0c0d0e0f10 03 00000000 00000002 00 01 00"));
  EXPECT_EQ(value.value().assigned, (EpochAssignment{{topic, {{0, 7}, {2, 7}}}}));
}

TEST(ConsumerRecords, ARegularExpression) {
  const RegularExpressionValue value{{"orders"}, 9, 1'700'000'000'000};
  EXPECT_EQ(encode_value(value), hex("0000 02 07 6f7264657273 0000000000000009 0000018bcfe56800 00"));
  EXPECT_EQ(decode_regular_expression_value(encode_value(value)).value(), value);
}

TEST(ConsumerRecords, EveryTruncationAndEveryByteTooManyIsCorrupt) {
  CurrentAssignmentValue current;
  current.assigned = {{topic, {{0, 5}, {2, 7}}}};
  ConsumerMemberValue member;
  member.subscribed_topics = {"t"};
  member.classic = ClassicMember{45'000, {{"range", hex("010203")}}};
  const auto check = [](const auto& value, auto decode) {
    expect_every_cut_is_corrupt(encode_value(value), [&](const Bytes& bytes) { return decode(bytes); });
  };
  check(ConsumerGroupValue{7, 1}, decode_consumer_group_value);
  check(member, decode_consumer_member_value);
  check(TargetEpochValue{7}, decode_target_epoch_value);
  check(TargetAssignmentValue{{{topic, {0, 2}}}}, decode_target_assignment_value);
  check(current, decode_current_assignment_value);
  check(RegularExpressionValue{{"orders"}, 9, 5}, decode_regular_expression_value);
}

TEST(ConsumerRecords, ANewerVersionIsUnsupported) {
  EXPECT_EQ(decode_consumer_group_value(hex("0001 00000007 00")).error().code, Errc::unsupported);
  EXPECT_EQ(decode_current_assignment_value(hex("ffff")).error().code, Errc::unsupported);
}

TEST(ConsumerRecords, ACountThatTheBytesCannotHoldIsCorrupt) {
  EXPECT_EQ(decode_target_assignment_value(hex("0000 ffffffff0f")).error().code, Errc::corrupt);
  EXPECT_EQ(decode_regular_expression_value(hex("0000 ffffffff0f")).error().code, Errc::corrupt);
}

TEST(ConsumerRecords, AStateThatIsNoneIsCorrupt) {
  EXPECT_EQ(decode_current_assignment_value(hex("0000 00000007 00000006 7f 01 01 00")).error().code, Errc::corrupt);
}

}  // namespace
}  // namespace millrace::groups
