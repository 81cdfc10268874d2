// Heartbeat, LeaveGroup and session timers.

#include "groups/scenario.hpp"

namespace millrace::groups {
namespace {

TEST(Heartbeat, ChecksGroupMemberAndGeneration) {
  Scenario s;
  const auto [a] = s.stable("a");
  EXPECT_EQ(s.heartbeat(Seat{"x", 1, {}, ""}), ErrorCode::invalid_group_id);
  EXPECT_EQ(s.heartbeat(Seat{"x", 1, {}, "absent"}), ErrorCode::unknown_member_id);
  EXPECT_EQ(s.heartbeat(Seat{"x", 1}), ErrorCode::unknown_member_id);
  EXPECT_EQ(s.heartbeat(Seat{a.id, 0}), ErrorCode::illegal_generation);
  EXPECT_EQ(s.heartbeat(a), ErrorCode::none);
}

TEST(Heartbeat, OnAnEmptyGroupIsFromAnUnknownMember) {
  Scenario s;
  const auto [a] = s.stable("a");
  s.leave(a);
  EXPECT_EQ(s.heartbeat(a), ErrorCode::unknown_member_id);
}

TEST(Heartbeat, WhileMembersAreCollectedTellsToJoinAgainAndKeepsTheSession) {
  Scenario s;
  const auto seats = s.stable({consumer("a").session(10s), consumer("b").session(10s)});
  s.join(consumer("a").as(seats[0].id));
  for (int i = 0; i < 5; ++i) {
    s.pass(9s);
    EXPECT_EQ(s.heartbeat(seats[1]), ErrorCode::rebalance_in_progress);
  }
}

TEST(Heartbeat, WhileTheLeaderIsThinkingIsAccepted) {
  Scenario s;
  const Ticket a = s.join(consumer("a"));
  s.pass(3s);
  EXPECT_EQ(s.state(), GroupState::completing_rebalance);
  EXPECT_EQ(s.heartbeat(s.seat(a)), ErrorCode::none);
}

TEST(Heartbeat, OfAParkedMemberDoesNotPutItsLifeAtRisk) {
  Scenario s;
  const auto seats = s.stable({consumer("a").session(10s), consumer("b").session(5min)});
  const Ticket again = s.join(consumer("a").as(seats[0].id));
  EXPECT_EQ(s.heartbeat(seats[0]), ErrorCode::rebalance_in_progress);
  s.pass(30s);
  EXPECT_FALSE(s.answered(again));
}

TEST(Session, AMemberThatIsSilentIsRemovedAndTheOthersRebalance) {
  Scenario s;
  const auto seats = s.stable({consumer("a").session(60s), consumer("b").session(10s)});
  s.pass(9'999ms);
  EXPECT_EQ(s.heartbeat(seats[0]), ErrorCode::none);
  s.pass(1ms);
  EXPECT_EQ(s.heartbeat(seats[0]), ErrorCode::rebalance_in_progress);
  EXPECT_EQ(s.heartbeat(seats[1]), ErrorCode::unknown_member_id);
}

TEST(Session, TheLastMemberLeavesAnEmptyGroupBehind) {
  Scenario s;
  const auto [a] = s.stable("a");
  s.pass(10s);
  EXPECT_EQ(s.state(), GroupState::empty);
  EXPECT_EQ(s.describe().protocol_type, "consumer");
}

TEST(Session, HeartbeatsRestartIt) {
  Scenario s;
  const auto [a] = s.stable("a");
  for (int i = 0; i < 10; ++i) {
    s.pass(9'999ms);
    EXPECT_EQ(s.heartbeat(a), ErrorCode::none);
  }
}

TEST(Session, CommitsRestartIt) {
  Scenario s;
  const auto [a] = s.stable("a");
  for (int i = 0; i < 10; ++i) {
    s.pass(9'999ms);
    EXPECT_EQ(s.commit(a, {"t", 0, i}), ErrorCode::none);
  }
}

TEST(Session, AMemberLostWhileMembersAreCollectedIsNotWaitedFor) {
  Scenario s;
  const auto seats = s.stable({consumer("a").session(60s), consumer("b").session(10s)});
  const Ticket again = s.join(consumer("a").as(seats[0].id).session(60s));
  s.pass(10s);
  EXPECT_EQ(s.joined(again).members.size(), 1u);
}

TEST(Session, AMemberLostWhileTheLeaderIsThinkingRebalances) {
  Scenario s;
  s.join(consumer("a").session(10s));
  const Ticket b = s.join(consumer("b").session(60s));
  s.pass(6s);
  const Ticket waits = s.sync(s.seat(b));
  s.pass(10s);
  EXPECT_EQ(s.synced(waits).error, ErrorCode::rebalance_in_progress);
}

TEST(Leave, IsDoneAtOnceAndTheOthersRebalance) {
  Scenario s;
  const auto [a, b] = s.stable("a", "b");
  EXPECT_EQ(s.leave(b), ErrorCode::none);
  EXPECT_EQ(s.heartbeat(a), ErrorCode::rebalance_in_progress);
}

TEST(Leave, WhileTheLeaderIsThinkingSendsTheFollowersBack) {
  Scenario s;
  const Ticket a = s.join(consumer("a"));
  const Ticket b = s.join(consumer("b"));
  s.pass(6s);
  const Ticket waits = s.sync(s.seat(b));
  s.leave(s.seat(a));
  EXPECT_EQ(s.synced(waits).error, ErrorCode::rebalance_in_progress);
}

TEST(Leave, OfTheLastAbsentMemberCompletesTheRebalance) {
  Scenario s;
  const auto [a, b] = s.stable("a", "b");
  const Ticket again = s.join(consumer("a").as(a.id));
  s.leave(b);
  EXPECT_EQ(s.joined(again).generation_id, 2);
}

TEST(Leave, AnswersAParkedJoinAndAParkedSync) {
  Scenario s;
  const auto [a, b] = s.stable("a", "b");
  const Ticket join = s.join(consumer("a").as(a.id));
  s.leave(a);
  EXPECT_EQ(s.joined(join).error, ErrorCode::unknown_member_id);
  const Ticket again = s.join(consumer("b").as(b.id));
  const Ticket c = s.join(consumer("c"));
  const Ticket b2 = s.join(consumer("b").as(b.id));
  EXPECT_EQ(s.joined(again).error, ErrorCode::none);
  EXPECT_EQ(s.joined(c).error, ErrorCode::none);
  const Ticket sync = s.sync(Seat{s.joined(c).member_id, s.joined(c).generation_id});
  s.leave({{s.joined(c).member_id, std::nullopt}});
  EXPECT_EQ(s.synced(sync).error, ErrorCode::unknown_member_id);
  s.leave(s.seat(b2));
}

TEST(Leave, ABatchHasAnErrorPerMemberAndOneRebalance) {
  Scenario s;
  const auto [a, b, c] = s.stable("a", "b", "c");
  const auto before = s.log().size();
  const auto reply =
      s.leave({{a.id, std::nullopt}, {"x", std::nullopt}, {b.id, "i"}, {c.id, std::nullopt}, {a.id, {}}});
  EXPECT_EQ(reply.error, ErrorCode::none);
  EXPECT_EQ(reply.members, (std::vector<LeaveReply::Member>{{a.id, {}, ErrorCode::none},
                                                            {"x", {}, ErrorCode::unknown_member_id},
                                                            {b.id, "i", ErrorCode::unknown_member_id},
                                                            {c.id, {}, ErrorCode::none},
                                                            {a.id, {}, ErrorCode::unknown_member_id}}));
  EXPECT_EQ(s.log().size(), before);
  EXPECT_EQ(s.joined(s.join(consumer("b").as(b.id))).generation_id, 2);
}

TEST(Leave, OfAnAbsentGroupIsUnknownPerMember) {
  Scenario s;
  const auto reply = s.leave({{"a", std::nullopt}}, "absent");
  EXPECT_EQ(reply.error, ErrorCode::none);
  EXPECT_EQ(reply.members.at(0).error, ErrorCode::unknown_member_id);
}

TEST(Leave, RefusesAnEmptyGroupId) {
  Scenario s;
  EXPECT_EQ(s.leave({{"a", std::nullopt}}, "").error, ErrorCode::invalid_group_id);
}

TEST(Leave, GivesBackAnIdThatWasHandedOut) {
  Scenario s;
  const auto first = s.joined(s.join(consumer("a").version(4)));
  EXPECT_EQ(s.leave({{first.member_id, std::nullopt}}).members.at(0).error, ErrorCode::none);
  EXPECT_EQ(s.joined(s.join(consumer("a").version(4).as(first.member_id))).error, ErrorCode::unknown_member_id);
}

TEST(Leave, OfAnIdHandedOutDoesNotDisturbAStableGroup) {
  Scenario s;
  const auto [a] = s.stable("a");
  const auto first = s.joined(s.join(consumer("b").version(4)));
  s.leave({{first.member_id, std::nullopt}});
  EXPECT_EQ(s.heartbeat(a), ErrorCode::none);
}

}  // namespace
}  // namespace millrace::groups
