#include "millrace/groups/group_records.hpp"

#include <gtest/gtest.h>

#include "groups/record_bytes.hpp"
#include "millrace/groups/consumer_protocol.hpp"

namespace millrace::groups {
namespace {

const OffsetValue some_offset{Offset(42), 7, "note", 1'700'000'000'000, no_timestamp};

GroupValue some_group() {
  GroupValue value;
  value.protocol_type = "consumer";
  value.generation = 3;
  value.protocol = "range";
  value.leader = "a-1";
  value.current_state_timestamp = 1'700'000'000'000;
  value.members = {{"a-1", "seat", "a", "/127.0.0.1", 60'000, 45'000, to_bytes("sub"), to_bytes("asg")},
                   {"b-2", std::nullopt, "b", "/127.0.0.1", -1, 45'000, {}, {}}};
  return value;
}

// The bytes below are put together by hand from the schemas, as in docs/formats/consumer_offsets.md.

TEST(GroupRecords, KeysHaveKafkasLayout) {
  EXPECT_EQ(encode_key(OffsetKey{"readers", "orders", 2}), hex("0001 0007 72656164657273 0006 6f7264657273 00000002"));
  EXPECT_EQ(encode_key(GroupKey{"readers"}), hex("0002 0007 72656164657273"));
}

TEST(GroupRecords, AnOffsetHasKafkasLayout) {
  EXPECT_EQ(encode_value(some_offset), hex("0003 000000000000002a 00000007 0004 6e6f7465 0000018bcfe56800"));
}

TEST(GroupRecords, AnOffsetWithAnExpiryOfItsOwnIsVersion1) {
  OffsetValue value = some_offset;
  value.leader_epoch = -1;
  value.expire_timestamp = 1'700'000'000'001;
  const Bytes bytes = hex("0001 000000000000002a 0004 6e6f7465 0000018bcfe56800 0000018bcfe56801");
  EXPECT_EQ(encode_value(value), bytes);
  EXPECT_EQ(decode_offset_value(bytes).value(), value);
}

TEST(GroupRecords, AGroupHasKafkasLayout) {
  GroupValue value = some_group();
  value.members.pop_back();
  EXPECT_EQ(encode_value(value),
            hex("0003 0008 636f6e73756d6572 00000003 0005 72616e6765 0003 612d31 0000018bcfe56800 00000001"
                "0003 612d31 0004 73656174 0001 61 000a 2f3132372e302e302e31 0000ea60 0000afc8"
                "00000003 737562 00000003 617367"));
}

TEST(GroupRecords, AnEmptyGroupHasNullsForProtocolAndLeader) {
  EXPECT_EQ(encode_value(GroupValue{}), hex("0003 0000 00000000 ffff ffff ffffffffffffffff 00000000"));
}

TEST(GroupRecords, OlderOffsetsAreRead) {
  const OffsetValue expected{Offset(42), -1, "note", 5, no_timestamp};
  EXPECT_EQ(decode_offset_value(hex("0000 000000000000002a 0004 6e6f7465 0000000000000005")).value(), expected);
  EXPECT_EQ(decode_offset_value(hex("0002 000000000000002a 0004 6e6f7465 0000000000000005")).value(), expected);
}

TEST(GroupRecords, OlderGroupsAreRead) {
  GroupValue expected;
  expected.protocol_type = "c";
  expected.generation = 1;
  expected.protocol = "r";
  expected.leader = "m";
  expected.members = {{"m", std::nullopt, "i", "h", -1, 9, to_bytes("s"), to_bytes("a")}};
  EXPECT_EQ(decode_group_value(hex("0000 0001 63 00000001 0001 72 0001 6d 00000001"
                                   "0001 6d 0001 69 0001 68 00000009 00000001 73 00000001 61"))
                .value(),
            expected);
  expected.members[0].rebalance_timeout_ms = 8;
  EXPECT_EQ(decode_group_value(hex("0001 0001 63 00000001 0001 72 0001 6d 00000001"
                                   "0001 6d 0001 69 0001 68 00000008 00000009 00000001 73 00000001 61"))
                .value(),
            expected);
  expected.current_state_timestamp = 6;
  EXPECT_EQ(decode_group_value(hex("0002 0001 63 00000001 0001 72 0001 6d 0000000000000006 00000001"
                                   "0001 6d 0001 69 0001 68 00000008 00000009 00000001 73 00000001 61"))
                .value(),
            expected);
}

TEST(GroupRecords, WhatIsWrittenIsRead) {
  EXPECT_EQ(std::get<OffsetKey>(decode_key(encode_key(OffsetKey{"g", "t", 9})).value()), (OffsetKey{"g", "t", 9}));
  EXPECT_EQ(std::get<GroupKey>(decode_key(encode_key(GroupKey{"g"})).value()), GroupKey{"g"});
  EXPECT_EQ(decode_offset_value(encode_value(some_offset)).value(), some_offset);
  EXPECT_EQ(decode_group_value(encode_value(some_group())).value(), some_group());
}

TEST(GroupRecords, EveryTruncationAndEveryByteTooManyIsCorrupt) {
  expect_every_cut_is_corrupt(encode_key(OffsetKey{"g", "t", 9}), [](const Bytes& b) { return decode_key(b); });
  expect_every_cut_is_corrupt(encode_key(GroupKey{"g"}), [](const Bytes& b) { return decode_key(b); });
  expect_every_cut_is_corrupt(encode_value(some_offset), [](const Bytes& b) { return decode_offset_value(b); });
  expect_every_cut_is_corrupt(encode_value(some_group()), [](const Bytes& b) { return decode_group_value(b); });
}

TEST(GroupRecords, AnUnknownVersionIsUnsupported) {
  for (const auto* version : {"0009 0001 61", "ffff 0001 61", "7fff"})
    EXPECT_EQ(decode_key(hex(version)).error().code, Errc::unsupported);
  for (const auto* version : {"0004 00", "ffff 00"}) {
    EXPECT_EQ(decode_offset_value(hex(version)).error().code, Errc::unsupported);
    EXPECT_EQ(decode_group_value(hex(version)).error().code, Errc::unsupported);
  }
}

TEST(GroupRecords, ACountThatTheBytesCannotHoldIsCorrupt) {
  EXPECT_EQ(decode_group_value(hex("0003 0000 00000000 ffff ffff ffffffffffffffff 7fffffff")).error().code,
            Errc::corrupt);
  EXPECT_EQ(decode_group_value(hex("0003 0000 00000000 ffff ffff ffffffffffffffff ffffffff")).error().code,
            Errc::corrupt);
}

TEST(GroupRecords, NullWhereATextMustBeIsCorrupt) {
  EXPECT_EQ(decode_key(hex("0002 ffff")).error().code, Errc::corrupt);
  EXPECT_EQ(decode_key(hex("0002 fffe")).error().code, Errc::corrupt);
}

TEST(Subscription, NamesItsTopicsInEveryVersion) {
  const std::vector<std::string> topics{"ab", "c"};
  EXPECT_EQ(subscribed_topics(hex("0000 00000002 0002 6162 0001 63 ffffffff")), topics);
  EXPECT_EQ(subscribed_topics(hex("0003 00000002 0002 6162 0001 63 00000000 00000000 00000001 ffff")), topics);
  EXPECT_EQ(subscribed_topics(hex("7fff 00000002 0002 6162 0001 63 dead")), topics);
  EXPECT_EQ(subscribed_topics(hex("0000 00000000")), std::vector<std::string>{});
}

TEST(Subscription, GarbageIsNoSubscription) {
  const Bytes whole = hex("0000 00000002 0002 6162 0001 63");
  for (std::size_t length = 0; length < whole.size(); ++length)
    EXPECT_EQ(subscribed_topics(ByteView(whole).first(length)), std::nullopt) << length;
  EXPECT_EQ(subscribed_topics(hex("ffff 00000000")), std::nullopt);
  EXPECT_EQ(subscribed_topics(hex("0000 ffffffff")), std::nullopt);
  EXPECT_EQ(subscribed_topics(hex("0000 7fffffff 0001 61")), std::nullopt);
  EXPECT_EQ(subscribed_topics(hex("0000 00000001 ffff")), std::nullopt);
}

}  // namespace
}  // namespace millrace::groups
