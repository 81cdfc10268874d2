// DeleteGroups and OffsetDelete. Every Scenario also replays its log and expects to come to the same state, so that a
// deletion that wrote too few tombstones fails here.

#include "groups/scenario.hpp"

namespace millrace::groups {
namespace {

/// A ConsumerProtocolSubscription of version 0 to one topic.
std::string subscription_to(const std::string& topic) {
  Bytes out;
  append_be(out, std::int16_t{0});
  append_be(out, std::int32_t{1});
  append_be(out, static_cast<std::int16_t>(topic.size()));
  append_bytes(out, as_bytes(topic));
  append_be(out, std::int32_t{-1});
  return std::string(as_text(out));
}

OffsetDeleteReply one(const std::string& topic, PartitionIndex partition, ErrorCode error) {
  return {ErrorCode::none, {{topic, {{partition, error}}}}};
}

TEST(DeleteGroup, AnAbsentOneIsNotFound) {
  Scenario s;
  EXPECT_EQ(s.delete_group(), ErrorCode::group_id_not_found);
  EXPECT_TRUE(s.log().empty());
}

TEST(DeleteGroup, OneWithMembersIsNotEmptyInAnyState) {
  Scenario s;
  const auto [a] = s.stable("a");
  EXPECT_EQ(s.delete_group(), ErrorCode::non_empty_group);
  EXPECT_EQ(s.heartbeat(a), ErrorCode::none) << "a refused deletion leaves the members alone";
  s.join(Client("a").knows("range").as(a.id).in("g"));
  ASSERT_EQ(s.state(), GroupState::completing_rebalance);
  EXPECT_EQ(s.delete_group(), ErrorCode::non_empty_group);
}

TEST(DeleteGroup, AnEmptyOneGoesWithAllThatItCommitted) {
  Scenario s;
  const auto [a] = s.stable("a");
  s.commit(a, {"t", 0, 42});
  s.commit(a, {"t", 1, 43});
  s.commit(a, {"u", 7, 44});
  s.leave(a);
  EXPECT_EQ(s.delete_group(), ErrorCode::none);
  EXPECT_EQ(s.describe().state, GroupState::dead);
  EXPECT_TRUE(s.all_committed().topics.empty());
  EXPECT_EQ(s.coordinator().totals().offsets, 0u);
  s.restart();
  EXPECT_EQ(s.describe().state, GroupState::dead) << "the log says so too";
  EXPECT_TRUE(s.all_committed().topics.empty());
}

TEST(DeleteGroup, OneThatOnlyCommittedGoesToo) {
  Scenario s;
  s.commit_simply({"t", 0, 9});
  EXPECT_EQ(s.delete_group(), ErrorCode::none);
  EXPECT_TRUE(s.list().groups.empty());
}

TEST(DeleteGroup, AnIdThatWasHandedOutBeforeIsForgotten) {
  Scenario s;
  const auto [a] = s.stable("a");
  s.leave(a);
  auto asking = Client("b").knows("range");
  const Ticket first = s.join(asking.in("g").version(4));
  ASSERT_EQ(s.joined(first).error, ErrorCode::member_id_required);
  EXPECT_EQ(s.delete_group(), ErrorCode::none);
  EXPECT_EQ(s.coordinator().totals().pending_members, 0u);
  const Ticket second = s.join(asking.as(s.joined(first).member_id).in("g"));
  EXPECT_EQ(s.joined(second).error, ErrorCode::unknown_member_id);
}

TEST(OffsetDelete, ForgetsWhatIsNamedAndNothingElse) {
  Scenario s;
  s.commit_simply({"t", 0, 1});
  s.commit_simply({"t", 1, 2});
  EXPECT_EQ(s.delete_offsets({{"t", {0}}}), one("t", 0, ErrorCode::none));
  EXPECT_EQ(s.committed("t", 0).offset, no_offset);
  EXPECT_EQ(s.committed("t", 1).offset, Offset(2));
  s.restart();
  EXPECT_EQ(s.committed("t", 0).offset, no_offset);
  EXPECT_EQ(s.committed("t", 1).offset, Offset(2));
}

TEST(OffsetDelete, WhatWasNeverCommittedIsNoErrorAndWritesNothing) {
  Scenario s;
  s.commit_simply({"t", 0, 1});
  const auto before = s.log().size();
  EXPECT_EQ(s.delete_offsets({{"t", {5}}}), one("t", 5, ErrorCode::none));
  EXPECT_EQ(s.log().size(), before);
}

TEST(OffsetDelete, TopicsThatAMemberReadsAreKept) {
  Scenario s;
  const auto seats = s.stable({Client("a").knows("range", subscription_to("t"))});
  s.commit(seats[0], {"t", 0, 1});
  s.commit(seats[0], {"u", 0, 2});
  EXPECT_EQ(s.delete_offsets({{"t", {0}}}), one("t", 0, ErrorCode::group_subscribed_to_topic));
  EXPECT_EQ(s.committed("t", 0).offset, Offset(1));
  EXPECT_EQ(s.delete_offsets({{"u", {0}}}), one("u", 0, ErrorCode::none));
  EXPECT_EQ(s.committed("u", 0).offset, no_offset);
  s.leave(seats[0]);
  EXPECT_EQ(s.delete_offsets({{"t", {0}}}), one("t", 0, ErrorCode::none)) << "nobody reads it any more";
}

TEST(OffsetDelete, AGroupThatCannotBeLookedIntoMustBeEmpty) {
  Scenario s;
  const Ticket joined = s.join(Client("c").type("connect").knows("sessioned").in("g"));
  s.pass(Milliseconds(10'000));
  ASSERT_EQ(s.joined(joined).error, ErrorCode::none);
  EXPECT_EQ(s.delete_offsets({{"t", {0}}}), (OffsetDeleteReply{ErrorCode::non_empty_group, {}}));
}

TEST(OffsetDelete, AnAbsentGroupIsNotFoundAndTheEmptyIdIsNone) {
  Scenario s;
  EXPECT_EQ(s.delete_offsets({{"t", {0}}}), (OffsetDeleteReply{ErrorCode::group_id_not_found, {}}));
  EXPECT_EQ(s.delete_offsets({{"t", {0}}}, ""), (OffsetDeleteReply{ErrorCode::invalid_group_id, {}}));
}

}  // namespace
}  // namespace millrace::groups
