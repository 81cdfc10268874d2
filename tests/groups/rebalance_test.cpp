#include "groups/scenario.hpp"

namespace millrace::groups {
namespace {

TEST(Rebalance, TheFirstOfAGroupWaitsForTheInitialDelay) {
  Scenario s;
  const Ticket a = s.join(consumer("a"));
  s.pass(2'999ms);
  EXPECT_FALSE(s.answered(a));
  s.pass(1ms);
  EXPECT_TRUE(s.answered(a));
}

TEST(Rebalance, MembersThatKeepJoiningExtendTheInitialDelay) {
  Scenario s;
  const Ticket a = s.join(consumer("a"));
  s.pass(2s);
  s.join(consumer("b"));
  s.pass(2s);
  EXPECT_FALSE(s.answered(a));
  s.pass(2s);
  EXPECT_TRUE(s.answered(a));
}

TEST(Rebalance, TheInitialDelayIsCappedByTheRebalanceTimeout) {
  Scenario s;
  const Ticket a = s.join(consumer("a").rebalance(7s));
  for (int second = 0; second < 7; ++second) {
    EXPECT_FALSE(s.answered(a));
    s.join(consumer("b" + std::to_string(second)).rebalance(7s));
    s.pass(1s);
  }
  EXPECT_TRUE(s.answered(a));
}

TEST(Rebalance, WithoutInitialDelayTheFirstJoinIsAnsweredAtOnce) {
  Config config;
  config.initial_rebalance_delay = 0ms;
  Scenario s(config);
  EXPECT_TRUE(s.answered(s.join(consumer("a"))));
}

TEST(Rebalance, IfAllLeaveDuringTheInitialDelayTheGroupIsEmptyAgain) {
  Scenario s;
  s.join(consumer("a"));
  s.leave(Seat{"a-1", 0});
  s.pass(3s);
  EXPECT_EQ(s.state(), GroupState::empty);
}

TEST(Rebalance, ALaterOneWaitsUntilAllKnownMembersRejoined) {
  Scenario s;
  const auto [a, b, c] = s.stable("a", "b", "c");
  const Ticket again = s.join(consumer("a").as(a.id));
  s.join(consumer("b").as(b.id));
  EXPECT_FALSE(s.answered(again));
  s.join(consumer("c").as(c.id));
  EXPECT_TRUE(s.answered(again));
}

TEST(Rebalance, AfterTheLongestRebalanceTimeoutItGoesOnWithoutTheAbsent) {
  Scenario s;
  const auto seats = s.stable({consumer("a").rebalance(20s), consumer("b").rebalance(40s).session(5min)});
  const Ticket again = s.join(consumer("a").as(seats[0].id).rebalance(20s));
  s.pass(39'999ms);
  EXPECT_FALSE(s.answered(again));
  s.pass(1ms);
  EXPECT_EQ(s.joined(again).members.size(), 1u);
  EXPECT_EQ(s.heartbeat(seats[1]), ErrorCode::unknown_member_id);
}

TEST(Rebalance, WithoutARebalanceTimeoutTheSessionTimeoutCounts) {
  Scenario s;
  const auto seats = s.stable({consumer("a").rebalance(-1ms).session(20s), consumer("b").rebalance(-1ms).session(20s)});
  const Ticket again = s.join(consumer("a").as(seats[0].id).rebalance(-1ms).session(20s));
  s.pass(15s);
  EXPECT_EQ(s.heartbeat(seats[1]), ErrorCode::rebalance_in_progress);
  s.pass(4'999ms);
  EXPECT_FALSE(s.answered(again));
  s.pass(1ms);
  EXPECT_TRUE(s.answered(again));
}

TEST(Rebalance, ItWaitsForIdsHandedOut) {
  Scenario s;
  const auto [a] = s.stable("a");
  const auto b = s.joined(s.join(consumer("b").version(4)));
  const Ticket again = s.join(consumer("a").as(a.id));
  EXPECT_FALSE(s.answered(again));
  const Ticket b_joined = s.join(consumer("b").version(4).as(b.member_id));
  EXPECT_TRUE(s.answered(again));
  EXPECT_TRUE(s.answered(b_joined));
}

TEST(Rebalance, AnIdHandedOutThatExpiresIsNotWaitedForAnyLonger) {
  Scenario s;
  const auto [a] = s.stable("a");
  s.join(consumer("b").version(4).session(6s));
  const Ticket again = s.join(consumer("a").as(a.id));
  s.pass(6s);
  EXPECT_TRUE(s.answered(again));
}

TEST(Rebalance, AnAbsentStaticMemberStays) {
  Scenario s;
  const auto seats = s.stable({consumer("a").rebalance(20s), consumer("b").instance("i").rebalance(20s).session(5min)});
  const Ticket again = s.join(consumer("a").as(seats[0].id).rebalance(20s));
  s.pass(20s);
  EXPECT_EQ(s.joined(again).members.size(), 2u);
}

TEST(Rebalance, WhenTheLeaderIsAbsentTheLongestServingMemberLeads) {
  Scenario s;
  const auto seats =
      s.stable({consumer("x").rebalance(20s), consumer("c").rebalance(20s), consumer("b").rebalance(20s)});
  const Ticket b = s.join(Client("b").as(seats[2].id).knows("range", "new").rebalance(20s));
  const Ticket c = s.join(consumer("c").as(seats[1].id).rebalance(20s));
  s.pass(20s);
  EXPECT_EQ(s.joined(b).leader, seats[1].id);
  EXPECT_EQ(s.joined(c).members.size(), 2u);
}

TEST(Rebalance, IfOnlyAbsentStaticMembersAreLeftItWaitsForThem) {
  Scenario s;
  const auto seats = s.stable({consumer("a").instance("i").rebalance(10s).session(60s), consumer("b").rebalance(10s)});
  s.leave(seats[1]);
  s.pass(30s);
  EXPECT_EQ(s.state(), GroupState::preparing_rebalance);
  const Ticket back = s.join(consumer("a").instance("i").rebalance(10s).session(60s));
  EXPECT_EQ(s.joined(back).error, ErrorCode::none);
}

TEST(Rebalance, IfAbsentStaticMembersDieTheGroupIsEmpty) {
  Scenario s;
  const auto seats = s.stable({consumer("a").instance("i").rebalance(0ms).session(60s), consumer("b").rebalance(0ms)});
  s.leave(seats[1]);
  s.pass(60s);
  EXPECT_EQ(s.state(), GroupState::empty);
}

TEST(Rebalance, ANewMemberHasFiveMinutesWhileItsJoinIsParked) {
  Scenario s;
  const auto seats = s.stable({consumer("a").rebalance(20min).session(20min)});
  const Ticket b = s.join(consumer("b").session(6s));
  s.pass(5min - 1ms);
  EXPECT_FALSE(s.answered(b));
  s.pass(1ms);
  EXPECT_EQ(s.joined(b).error, ErrorCode::unknown_member_id);
  EXPECT_EQ(s.describe().members.size(), 1u);
}

TEST(Rebalance, AParkedMemberThatIsNotNewDoesNotTimeOut) {
  Scenario s;
  const auto seats = s.stable({consumer("a").session(6s).rebalance(60s), consumer("b").session(2min).rebalance(60s)});
  const Ticket again = s.join(consumer("a").as(seats[0].id).session(6s));
  s.pass(59s);
  EXPECT_FALSE(s.answered(again));
  s.join(consumer("b").as(seats[1].id).session(2min));
  EXPECT_EQ(s.joined(again).error, ErrorCode::none);
}

TEST(Rebalance, AMemberThatJoinsAgainInsteadOfWaitingForItsSyncDoesNotTimeOut) {
  Scenario s;
  s.join(consumer("a").session(5min));
  const Ticket b = s.join(consumer("b").session(6s));
  s.pass(6s);
  const Ticket sync = s.sync(s.seat(b));
  const Ticket again = s.join(Client("b").as(s.seat(b).id).knows("range", "changed").session(6s));
  EXPECT_EQ(s.synced(sync).error, ErrorCode::rebalance_in_progress);
  s.pass(30s);
  EXPECT_FALSE(s.answered(again));
}

TEST(Rebalance, AJoinRestartsTheSession) {
  Scenario s;
  const Ticket a = s.join(consumer("a").session(6s));
  s.pass(3s);
  s.pass(5'999ms);
  EXPECT_EQ(s.heartbeat(s.seat(a)), ErrorCode::none);
}

TEST(Rebalance, MembersThatNeverSyncAreRemovedAfterTheRebalanceTimeout) {
  Scenario s;
  const Ticket a = s.join(consumer("a").rebalance(30s).session(5min));
  const Ticket b = s.join(consumer("b").rebalance(30s).session(5min));
  s.pass(6s);
  s.sync(s.seat(a), {{s.seat(a).id, "x"}});
  EXPECT_EQ(s.state(), GroupState::stable);
  s.pass(30s);
  EXPECT_EQ(s.heartbeat(s.seat(b)), ErrorCode::unknown_member_id);
  EXPECT_EQ(s.heartbeat(s.seat(a)), ErrorCode::rebalance_in_progress);
}

TEST(Rebalance, IfTheLeaderNeverSyncsTheFollowersAreSentBack) {
  Scenario s;
  s.join(consumer("a").rebalance(30s).session(5min));
  const Ticket b = s.join(consumer("b").rebalance(30s).session(5min));
  s.pass(6s);
  const Ticket parked = s.sync(s.seat(b));
  s.pass(29s);
  EXPECT_FALSE(s.answered(parked));
  s.pass(1s);
  EXPECT_EQ(s.synced(parked).error, ErrorCode::rebalance_in_progress);
  const Ticket again = s.join(consumer("b").as(s.seat(b).id));
  EXPECT_EQ(s.joined(again).leader, s.seat(b).id);
}

TEST(Rebalance, OnceAllHaveSyncedNobodyIsRemovedForIt) {
  Scenario s;
  const auto seats = s.stable({consumer("a").rebalance(10s).session(5min), consumer("b").rebalance(10s).session(5min)});
  s.pass(60s);
  EXPECT_EQ(s.state(), GroupState::stable);
}

TEST(Rebalance, ACooperativeSecondRoundIsAnOrdinaryRejoin) {
  Scenario s;
  const auto seats = s.stable({Client("a").knows("cooperative-sticky", "owns 0 1")});
  const Ticket b1 = s.join(Client("b").knows("cooperative-sticky", "owns none"));
  const Ticket a1 = s.join(Client("a").as(seats[0].id).knows("cooperative-sticky", "owns 0 1"));
  s.sync(s.seat(a1), {{s.seat(a1).id, "0"}, {s.seat(b1).id, ""}});
  s.sync(s.seat(b1));
  const Ticket a2 = s.join(Client("a").as(seats[0].id).knows("cooperative-sticky", "owns 0"));
  const Ticket b2 = s.join(Client("b").as(s.seat(b1).id).knows("cooperative-sticky", "owns none"));
  EXPECT_EQ(s.joined(a2).generation_id, 3);
  EXPECT_EQ(s.joined(a2).members.at(0).metadata, to_bytes("owns 0"));
  const Ticket synced = s.sync(s.seat(b2));
  s.sync(s.seat(a2), {{s.seat(a2).id, "0"}, {s.seat(b2).id, "1"}});
  EXPECT_EQ(s.synced(synced).assignment, to_bytes("1"));
}

}  // namespace
}  // namespace millrace::groups
