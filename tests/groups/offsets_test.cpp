// OffsetCommit, OffsetFetch, and how committed offsets go.

#include "groups/scenario.hpp"

namespace millrace::groups {
namespace {

/// A ConsumerProtocolSubscription of version 0 with these topics and no user data.
std::string subscription(std::vector<std::string> topics) {
  Bytes out;
  append_be(out, std::int16_t{0});
  append_be(out, static_cast<std::int32_t>(topics.size()));
  for (const std::string& topic : topics) {
    append_be(out, static_cast<std::int16_t>(topic.size()));
    append_bytes(out, as_bytes(topic));
  }
  append_be(out, std::int32_t{-1});
  return std::string(as_text(out));
}

CommitRequest request_of(const Seat& seat, std::vector<Position> positions) {
  CommitRequest request;
  request.group_id = seat.group;
  request.generation_id = seat.generation;
  request.member_id = seat.id;
  for (const Position& at : positions)
    request.topics.push_back({at.topic, {{at.partition, Offset(at.offset), at.epoch, at.metadata}}});
  return request;
}

TEST(Commit, ComesBackWithEpochAndMetadata) {
  Scenario s;
  const auto [a] = s.stable("a");
  EXPECT_EQ(s.commit(a, {"t", 3, 42, "note\0it", 7}), ErrorCode::none);
  const auto at = s.committed("t", 3);
  EXPECT_EQ(at.offset, Offset(42));
  EXPECT_EQ(at.leader_epoch, 7);
  EXPECT_EQ(at.metadata, "note\0it");
}

TEST(Commit, TheLastOneCounts) {
  Scenario s;
  const auto [a] = s.stable("a");
  s.commit(a, {"t", 0, 42});
  s.commit(a, {"t", 0, 41});
  EXPECT_EQ(s.committed("t", 0).offset, Offset(41));
}

TEST(Commit, IsOneRecordPerPartitionInTheSameEffects) {
  Scenario s;
  const auto before = s.log().size();
  s.commit(request_of({"", -1}, {{"t", 0, 1}, {"u", 0, 2}}));
  EXPECT_EQ(s.log().size(), before + 2);
}

TEST(Commit, SimplyOnAnAbsentGroupMakesAnEmptyOneWithoutProtocol) {
  Scenario s;
  EXPECT_EQ(s.commit_simply({"t", 0, 9}), ErrorCode::none);
  EXPECT_EQ(s.describe(), (DescribeReply::Group{"g", GroupState::empty, "", "", {}}));
  EXPECT_EQ(s.committed("t", 0).offset, Offset(9));
}

TEST(Commit, SimplyIsAllowedForTheEmptyGroupId) {
  Scenario s;
  EXPECT_EQ(s.commit_simply({"t", 0, 9}, ""), ErrorCode::none);
  EXPECT_EQ(s.committed("t", 0, "").offset, Offset(9));
}

TEST(Commit, SimplyOnAnEmptyGroupIsAccepted) {
  Scenario s;
  const auto [a] = s.stable("a");
  s.leave(a);
  EXPECT_EQ(s.commit_simply({"t", 0, 9}), ErrorCode::none);
}

TEST(Commit, SimplyIsRefusedWhileThereAreMembers) {
  Scenario s;
  const auto [a] = s.stable("a");
  EXPECT_EQ(s.commit_simply({"t", 0, 9}), ErrorCode::unknown_member_id);
  EXPECT_EQ(s.committed("t", 0).offset, no_offset);
}

TEST(Commit, WithAGenerationOnAnAbsentGroupIsIllegalOrNotFoundByVersion) {
  Scenario s;
  auto request = request_of({"a", 3}, {{"t", 0, 1}});
  EXPECT_EQ(s.commit(request).topics[0].partitions[0].error, ErrorCode::illegal_generation);
  request.knows_member_epochs = true;
  EXPECT_EQ(s.commit(request).topics[0].partitions[0].error, ErrorCode::group_id_not_found);
  EXPECT_EQ(s.state(), GroupState::dead);
}

TEST(Commit, ChecksMemberAndGeneration) {
  Scenario s;
  const auto [a] = s.stable("a");
  EXPECT_EQ(s.commit(Seat{"x", a.generation}, {"t", 0, 1}), ErrorCode::unknown_member_id);
  EXPECT_EQ(s.commit(Seat{a.id, a.generation + 1}, {"t", 0, 1}), ErrorCode::illegal_generation);
  EXPECT_EQ(s.commit(Seat{a.id, -1}, {"t", 0, 1}), ErrorCode::illegal_generation);
  EXPECT_EQ(s.commit(Seat{"", a.generation}, {"t", 0, 1}), ErrorCode::unknown_member_id);
}

TEST(Commit, WithAGenerationOnAnEmptyGroupIsFromAnUnknownMember) {
  Scenario s;
  const auto [a] = s.stable("a");
  s.leave(a);
  EXPECT_EQ(s.commit(a, {"t", 0, 1}), ErrorCode::unknown_member_id);
}

TEST(Commit, WhileMembersAreCollectedIsAcceptedWithTheOldGeneration) {
  Scenario s;
  const auto [a, b] = s.stable("a", "b");
  s.join(consumer("a").as(a.id));
  EXPECT_EQ(s.commit(b, {"t", 0, 5}), ErrorCode::none);
}

TEST(Commit, WhileTheLeaderIsThinkingIsRefused) {
  Scenario s;
  const Ticket a = s.join(consumer("a"));
  s.pass(3s);
  EXPECT_EQ(s.commit(s.seat(a), {"t", 0, 5}), ErrorCode::rebalance_in_progress);
}

TEST(Commit, MetadataBeyondTheLimitIsRefusedForItsPartitionAlone) {
  Scenario s;
  const auto reply = s.commit(
      request_of({"", -1}, {{"t", 0, 1, std::string(4096, 'm')}, {"u", 0, 2, std::string(4097, 'm')}, {"v", 0, 3}}));
  EXPECT_EQ(reply.topics[0].partitions[0].error, ErrorCode::none);
  EXPECT_EQ(reply.topics[1].partitions[0].error, ErrorCode::offset_metadata_too_large);
  EXPECT_EQ(reply.topics[2].partitions[0].error, ErrorCode::none);
  EXPECT_EQ(s.committed("u", 0).offset, no_offset);
}

TEST(Commit, TheReplyHasTheShapeOfTheRequest) {
  Scenario s;
  CommitRequest request = request_of({"", -1}, {});
  request.topics = {
      {"t", {{2, Offset(1), -1, ""}, {0, Offset(1), -1, ""}}}, {"s", {}}, {"t", {{2, Offset(8), -1, ""}}}};
  const auto none = ErrorCode::none;
  EXPECT_EQ(s.commit(request).topics,
            (std::vector<CommitReply::Topic>{{"t", {{2, none}, {0, none}}}, {"s", {}}, {"t", {{2, none}}}}));
  EXPECT_EQ(s.committed("t", 2).offset, Offset(8));
}

TEST(Fetch, WhatWasNeverCommittedIsMinusOne) {
  Scenario s;
  const OffsetFetchReply::Partition none{4, no_offset, -1, ""};
  EXPECT_EQ(s.committed("t", 4, "absent"), none);
  const auto [a] = s.stable("a");
  s.commit(a, {"t", 0, 1});
  EXPECT_EQ(s.committed("t", 4), none);
  EXPECT_EQ(s.committed("u", 4), none);
}

TEST(Fetch, WithoutTopicsGivesAllThatWasCommitted) {
  Scenario s;
  s.commit_simply({"t", 1, 11});
  s.commit_simply({"t", 0, 10});
  s.commit_simply({"a", 7, 17});
  EXPECT_EQ(s.all_committed().topics,
            (std::vector<OffsetFetchReply::Topic>{{"a", {{7, Offset(17), -1, ""}}},
                                                  {"t", {{0, Offset(10), -1, ""}, {1, Offset(11), -1, ""}}}}));
  EXPECT_TRUE(s.all_committed("absent").topics.empty());
}

TEST(Fetch, AnswersSeveralGroupsInTheirOrder) {
  Scenario s;
  s.commit_simply({"t", 0, 1}, "one");
  s.commit_simply({"t", 0, 2}, "two");
  using Topics = std::vector<OffsetFetchRequest::Topic>;
  const auto reply = s.fetch({{{.group_id = "two", .member_id = {}, .topics = {}},
                               {.group_id = "absent", .member_id = {}, .topics = Topics{{"t", {0}}}},
                               {.group_id = "one", .member_id = {}, .topics = Topics{{"t", {0}}}}}});
  EXPECT_EQ(reply.groups.at(0).topics.at(0).partitions.at(0).offset, Offset(2));
  EXPECT_EQ(reply.groups.at(1).topics.at(0).partitions.at(0).offset, no_offset);
  EXPECT_EQ(reply.groups.at(2).topics.at(0).partitions.at(0).offset, Offset(1));
}

TEST(Expiry, OfAGroupThatBecameEmptyCountsFromThatMoment) {
  Scenario s;
  const auto seats = s.stable({consumer("a").session(30min)});
  s.commit(seats[0], {"t", 0, 1});
  s.pass(20min);
  s.leave(seats[0]);
  s.pass(7 * 24h - 1min);
  EXPECT_EQ(s.committed("t", 0).offset, Offset(1));
  s.pass(11min);
  EXPECT_EQ(s.committed("t", 0).offset, no_offset);
  EXPECT_EQ(s.state(), GroupState::dead);
}

TEST(Expiry, OfASimpleGroupCountsFromTheLastCommitOfThePartition) {
  Scenario s;
  s.commit_simply({"t", 0, 1});
  s.pass(24h);
  s.commit_simply({"t", 1, 1});
  s.pass(6 * 24h + 10min);
  EXPECT_EQ(s.committed("t", 0).offset, no_offset);
  EXPECT_EQ(s.committed("t", 1).offset, Offset(1));
  s.pass(24h);
  EXPECT_EQ(s.state(), GroupState::dead);
}

TEST(Expiry, AStableGroupLosesOnlyTopicsThatNobodySubscribes) {
  Scenario s;
  const Ticket joined = s.join(Client("a").knows("range", subscription({"read"})).session(30min));
  s.pass(3s);
  const Seat a = s.seat(joined);
  s.sync(a);
  s.commit(a, {"read", 0, 1});
  s.commit(a, {"dropped", 0, 1});
  for (int i = 0; i < 7 * 24 * 3 + 2; ++i) {
    s.pass(20min);
    ASSERT_EQ(s.heartbeat(a), ErrorCode::none);
  }
  EXPECT_EQ(s.committed("read", 0).offset, Offset(1));
  EXPECT_EQ(s.committed("dropped", 0).offset, no_offset);
  EXPECT_EQ(s.state(), GroupState::stable);
}

TEST(Expiry, AStableGroupWhoseSubscriptionIsGarbageLosesNothing) {
  Scenario s;
  const auto seats = s.stable({Client("a").knows("range", "\x7fgarbage").session(30min)});
  s.commit(seats[0], {"t", 0, 1});
  for (int i = 0; i < 7 * 24 * 3 + 2; ++i) {
    s.pass(20min);
    ASSERT_EQ(s.heartbeat(seats[0]), ErrorCode::none);
  }
  EXPECT_EQ(s.committed("t", 0).offset, Offset(1));
}

TEST(Expiry, AStableGroupOfAnotherProtocolTypeLosesNothing) {
  Scenario s;
  const auto seats = s.stable({Client("a").type("connect").knows("range", subscription({})).session(30min)});
  s.commit(seats[0], {"t", 0, 1});
  for (int i = 0; i < 7 * 24 * 3 + 2; ++i) {
    s.pass(20min);
    ASSERT_EQ(s.heartbeat(seats[0]), ErrorCode::none);
  }
  EXPECT_EQ(s.committed("t", 0).offset, Offset(1));
}

TEST(Expiry, AClientsRetentionTimeCountsInsteadOfTheBrokers) {
  Scenario s;
  CommitRequest request = request_of({"", -1}, {{"t", 0, 1}});
  request.retention_time = 1h;
  s.commit(request);
  s.pass(59min);
  EXPECT_EQ(s.committed("t", 0).offset, Offset(1));
  s.pass(11min);
  EXPECT_EQ(s.committed("t", 0).offset, no_offset);
}

TEST(Expiry, ARetentionTimeBeyondAllTimeIsForever) {
  Scenario s;
  CommitRequest request = request_of({"", -1}, {{"t", 0, 1}});
  request.retention_time = Milliseconds::max();
  s.commit(request);
  s.pass(30 * 24h);
  EXPECT_EQ(s.committed("t", 0).offset, Offset(1));
}

TEST(Expiry, AGroupWithoutOffsetsGoesWithTheNextSweep) {
  Scenario s;
  const auto [a] = s.stable("a");
  s.leave(a);
  s.pass(10min);
  EXPECT_EQ(s.state(), GroupState::dead);
  EXPECT_EQ(s.log().back().key, encode_key(GroupKey{"g"}));
  EXPECT_EQ(s.log().back().value, std::nullopt);
}

TEST(Expiry, AGroupWhoseFirstMemberIsOnItsWayStays) {
  Scenario s;
  s.pass(9min + 59s);
  const auto first = s.joined(s.join(consumer("a").version(4)));
  s.pass(5s);
  EXPECT_FALSE(s.answered(s.join(consumer("a").version(4).as(first.member_id))));
}

TEST(Expiry, WorksInBoundedSteps) {
  Config config;
  config.offsets_per_tick = 7;
  config.tombstones_per_tick = 3;
  Scenario s(config);
  for (int group = 0; group < 4; ++group)
    for (int partition = 0; partition < 10; ++partition)
      s.commit_simply({"t" + std::to_string(partition % 2), partition, 1}, "g" + std::to_string(group));
  s.pass(7 * 24h - 1s);
  EXPECT_EQ(s.coordinator().totals().offsets, 40u);
  int ticks = 0;
  Scenario& story = s;
  story.set_wall(1h);
  // Every tick by hand, at the instant of the sweep that finds them.
  const Instant due = *s.coordinator().next_deadline();
  s.pass(due - s.now().steady - 1ms);
  const Now at{due, s.now().wall + 1};
  while (*s.coordinator().next_deadline() <= due) {
    const Effects effects = s.coordinator().tick(at);
    EXPECT_LE(effects.records.size(), 4u);  // three, and the tombstone of the group that they end
    ++ticks;
    for (const LogRecord& record : effects.records) EXPECT_EQ(record.value, std::nullopt);
    Effects copy = effects;
    for (LogRecord& record : copy.records) record.timestamp = s.now().wall;
    s.apply(std::move(copy));
  }
  EXPECT_GE(ticks, 14);
  EXPECT_EQ(s.coordinator().totals().groups, 0u);
  EXPECT_EQ(s.coordinator().totals().offsets_bytes, 0u);
}

TEST(Expiry, ADeletedTopicTakesItsOffsetsInEveryGroup) {
  Scenario s;
  s.commit_simply({"t", 0, 1}, "one");
  s.commit_simply({"t", 5, 1}, "one");
  s.commit_simply({"u", 0, 1}, "one");
  s.commit_simply({"t", 0, 1}, "two");
  s.delete_topics({"t", "never there"});
  EXPECT_EQ(s.committed("t", 0, "one").offset, no_offset);
  EXPECT_EQ(s.committed("t", 5, "one").offset, no_offset);
  EXPECT_EQ(s.committed("u", 0, "one").offset, Offset(1));
  EXPECT_EQ(s.committed("t", 0, "two").offset, no_offset);
}

}  // namespace
}  // namespace millrace::groups
