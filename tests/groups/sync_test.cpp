#include "groups/scenario.hpp"

namespace millrace::groups {
namespace {

/// Two members that have joined and not synced; the first leads.
struct Thinking {
  Scenario s;
  Seat leader;
  Seat follower;
  Thinking() {
    const Ticket a = s.join(consumer("a"));
    const Ticket b = s.join(consumer("b"));
    s.pass(6s);
    leader = s.seat(a);
    follower = s.seat(b);
  }
};

TEST(Sync, ChecksGroupMemberAndGeneration) {
  Thinking t;
  EXPECT_EQ(t.s.synced(t.s.sync(Seat{"x", 1, {}, ""})).error, ErrorCode::invalid_group_id);
  EXPECT_EQ(t.s.synced(t.s.sync(Seat{"x", 1, {}, "absent"})).error, ErrorCode::unknown_member_id);
  EXPECT_EQ(t.s.synced(t.s.sync(Seat{"x", 1})).error, ErrorCode::unknown_member_id);
  EXPECT_EQ(t.s.synced(t.s.sync(Seat{t.leader.id, 0})).error, ErrorCode::illegal_generation);
  EXPECT_EQ(t.s.synced(t.s.sync(Seat{t.leader.id, 2})).error, ErrorCode::illegal_generation);
}

TEST(Sync, RefusesAnotherProtocolTypeOrName) {
  Thinking t;
  SyncRequest request{"g", 1, t.follower.id, {}, "connect", "range", {}};
  EXPECT_EQ(t.s.synced(t.s.sync(request)).error, ErrorCode::inconsistent_group_protocol);
  request.protocol_type = "consumer";
  request.protocol_name = "sticky";
  EXPECT_EQ(t.s.synced(t.s.sync(request)).error, ErrorCode::inconsistent_group_protocol);
  request.protocol_name = "range";
  EXPECT_FALSE(t.s.answered(t.s.sync(request)));
}

TEST(Sync, WhileMembersAreCollectedTellsToJoinAgain) {
  Scenario s;
  const auto [a, b] = s.stable("a", "b");
  s.join(consumer("a").as(a.id));
  EXPECT_EQ(s.synced(s.sync(b)).error, ErrorCode::rebalance_in_progress);
}

TEST(Sync, OnAnEmptyGroupIsFromAnUnknownMember) {
  Scenario s;
  const auto [a] = s.stable("a");
  s.leave(a);
  EXPECT_EQ(s.synced(s.sync(a)).error, ErrorCode::unknown_member_id);
}

TEST(Sync, AFollowerWaitsForTheLeader) {
  Thinking t;
  const Ticket waits = t.s.sync(t.follower);
  EXPECT_FALSE(t.s.answered(waits));
  const Ticket brings = t.s.sync(t.leader, {{t.leader.id, "one"}, {t.follower.id, "two"}});
  EXPECT_EQ(t.s.synced(waits), (SyncReply{ErrorCode::none, "consumer", "range", to_bytes("two")}));
  EXPECT_EQ(t.s.synced(brings).assignment, to_bytes("one"));
  EXPECT_EQ(t.s.state(), GroupState::stable);
}

TEST(Sync, TheAssignmentIsAnsweredTogetherWithItsRecord) {
  Thinking t;
  const Ticket to = t.s.ticket();
  const Effects effects =
      t.s.coordinator().sync({"g", 1, t.leader.id, {}, {}, {}, {{t.leader.id, to_bytes("one")}}}, to, t.s.now());
  EXPECT_EQ(effects.replies.size(), 1u);
  EXPECT_EQ(effects.records.size(), 1u);
  t.s.apply(effects);
}

TEST(Sync, AMemberWithoutAssignmentGetsEmptyBytes) {
  Thinking t;
  const Ticket waits = t.s.sync(t.follower);
  t.s.sync(t.leader, {{t.leader.id, "all"}});
  EXPECT_EQ(t.s.synced(waits).error, ErrorCode::none);
  EXPECT_EQ(t.s.synced(waits).assignment, Bytes{});
}

TEST(Sync, AnAssignmentForAStrangerIsDropped) {
  Thinking t;
  t.s.sync(t.leader, {{"stranger", "all"}});
  EXPECT_EQ(t.s.describe().members.size(), 2u);
}

TEST(Sync, OnlyTheLeadersAssignmentCounts) {
  Thinking t;
  const Ticket waits = t.s.sync(t.follower, {{t.follower.id, "mine"}});
  EXPECT_FALSE(t.s.answered(waits));
  t.s.sync(t.leader, {{t.follower.id, "given"}});
  EXPECT_EQ(t.s.synced(waits).assignment, to_bytes("given"));
}

TEST(Sync, BytesArriveUntouched) {
  Thinking t;
  std::string every;
  for (int byte = 0; byte < 256; ++byte) every.push_back(static_cast<char>(byte));
  const Ticket waits = t.s.sync(t.follower);
  t.s.sync(t.leader, {{t.follower.id, every}});
  EXPECT_EQ(t.s.synced(waits).assignment, to_bytes(every));
}

TEST(Sync, InAStableGroupReturnsTheStoredAssignment) {
  Scenario s;
  const auto [a, b] = s.stable("a", "b");
  EXPECT_EQ(s.synced(s.sync(b)).assignment, to_bytes("for b"));
  EXPECT_EQ(s.synced(s.sync(a, {{a.id, "other"}})).assignment, to_bytes("for a"));
}

TEST(Sync, AskingTwiceWhileParkedAnswersTheFirstWithRebalanceInProgress) {
  Thinking t;
  const Ticket first = t.s.sync(t.follower);
  const Ticket second = t.s.sync(t.follower);
  EXPECT_EQ(t.s.synced(first).error, ErrorCode::rebalance_in_progress);
  t.s.sync(t.leader, {{t.follower.id, "two"}});
  EXPECT_EQ(t.s.synced(second).assignment, to_bytes("two"));
}

TEST(Sync, AParkedMemberDoesNotTimeOutAndStartsANewSessionWhenAnswered) {
  Scenario s;
  const Ticket a = s.join(consumer("a").session(5min));
  const Ticket b = s.join(consumer("b").session(6s));
  s.pass(6s);
  const Ticket waits = s.sync(s.seat(b));
  s.pass(30s);
  EXPECT_FALSE(s.answered(waits));
  s.sync(s.seat(a));
  s.pass(5'999ms);
  EXPECT_EQ(s.heartbeat(s.seat(b)), ErrorCode::none);
}

TEST(Sync, AnAssignmentThatDoesNotFitARecordIsRefusedToAll) {
  Config config;
  config.group_record_bytes_max = 2'000;
  Scenario s(config);
  const Ticket a = s.join(consumer("a"));
  const Ticket b = s.join(consumer("b"));
  s.pass(6s);
  const Ticket waits = s.sync(s.seat(b));
  const Ticket brings = s.sync(s.seat(a), {{s.seat(b).id, std::string(2'000, 'x')}});
  EXPECT_EQ(s.synced(waits).error, ErrorCode::unknown_server_error);
  EXPECT_EQ(s.synced(brings).error, ErrorCode::unknown_server_error);
  EXPECT_EQ(s.state(), GroupState::preparing_rebalance);
}

}  // namespace
}  // namespace millrace::groups
