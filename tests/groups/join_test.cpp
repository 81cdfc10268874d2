#include "groups/scenario.hpp"

namespace millrace::groups {
namespace {

TEST(Join, RefusesAnEmptyGroupId) {
  Scenario s;
  EXPECT_EQ(s.joined(s.join(consumer("a").in(""))).error, ErrorCode::invalid_group_id);
}

TEST(Join, RefusesAGroupIdBeyondTheLimit) {
  Scenario s;
  EXPECT_FALSE(s.answered(s.join(consumer("a").in(std::string(limits::group_id_max, 'x')))));
  EXPECT_EQ(s.joined(s.join(consumer("a").in(std::string(limits::group_id_max + 1, 'x')))).error,
            ErrorCode::invalid_group_id);
}

TEST(Join, RefusesASessionTimeoutOutsideTheBrokersRange) {
  Scenario s;
  EXPECT_EQ(s.joined(s.join(consumer("a").session(5'999ms))).error, ErrorCode::invalid_session_timeout);
  EXPECT_EQ(s.joined(s.join(consumer("a").session(30min + 1ms))).error, ErrorCode::invalid_session_timeout);
  EXPECT_FALSE(s.answered(s.join(consumer("a").session(6s))));
  EXPECT_FALSE(s.answered(s.join(consumer("b").session(30min))));
}

TEST(Join, AKnownIdOnAnAbsentGroupIsUnknown) {
  Scenario s;
  const auto reply = s.joined(s.join(consumer("a").as("a-7")));
  EXPECT_EQ(reply.error, ErrorCode::unknown_member_id);
  EXPECT_EQ(reply.member_id, "a-7");
  EXPECT_EQ(s.state(), GroupState::dead);
}

TEST(Join, AKnownIdOnAnEmptyGroupIsUnknown) {
  Scenario s;
  const auto [a] = s.stable("a");
  s.leave(a);
  EXPECT_EQ(s.state(), GroupState::empty);
  EXPECT_EQ(s.joined(s.join(consumer("a").as(a.id))).error, ErrorCode::unknown_member_id);
}

TEST(Join, FromVersion4ANewMemberIsToldItsIdFirst) {
  Scenario s;
  const auto first = s.joined(s.join(consumer("reader").version(4)));
  EXPECT_EQ(first.error, ErrorCode::member_id_required);
  EXPECT_EQ(first.member_id, "reader-1");
  EXPECT_EQ(s.state(), GroupState::empty);
  const Ticket second = s.join(consumer("reader").version(4).as(first.member_id));
  EXPECT_FALSE(s.answered(second));
  s.pass(3s);
  EXPECT_EQ(s.seat(second).id, "reader-1");
}

TEST(Join, BelowVersion4ANewMemberIsAddedAtOnce) {
  Scenario s;
  const Ticket joined = s.join(consumer("reader").version(3));
  EXPECT_EQ(s.state(), GroupState::preparing_rebalance);
  s.pass(3s);
  EXPECT_EQ(s.seat(joined).id, "reader-1");
}

TEST(Join, AnIdThatIsNotUsedWithinASessionIsForgotten) {
  Scenario s;
  const auto first = s.joined(s.join(consumer("a").version(4).session(10s)));
  s.pass(10s);
  EXPECT_EQ(s.joined(s.join(consumer("a").version(4).as(first.member_id))).error, ErrorCode::unknown_member_id);
}

TEST(Join, AnIdHandedOutIsNotAStaticMembers) {
  Scenario s;
  const auto first = s.joined(s.join(consumer("a").version(5)));
  EXPECT_EQ(s.joined(s.join(consumer("a").version(5).as(first.member_id).instance("i"))).error,
            ErrorCode::unknown_member_id);
}

TEST(Join, RefusesAnotherProtocolType) {
  Scenario s;
  s.join(consumer("a"));
  EXPECT_EQ(s.joined(s.join(consumer("b").type("connect"))).error, ErrorCode::inconsistent_group_protocol);
}

TEST(Join, AnEmptyGroupTakesAnyProtocolType) {
  Scenario s;
  const auto [a] = s.stable("a");
  s.leave(a);
  const Ticket joined = s.join(consumer("b").type("connect"));
  s.pass(3s);
  EXPECT_EQ(s.joined(joined).protocol_type, "connect");
}

TEST(Join, RefusesAnEmptyTypeAndAnEmptyList) {
  Scenario s;
  EXPECT_EQ(s.joined(s.join(consumer("a").type(""))).error, ErrorCode::inconsistent_group_protocol);
  EXPECT_EQ(s.joined(s.join(Client("a"))).error, ErrorCode::inconsistent_group_protocol);
  EXPECT_EQ(s.state(), GroupState::dead);
}

TEST(Join, RefusesWhoeverLeavesNoProtocolThatAllKnow) {
  Scenario s;
  s.join(Client("a").knows("range").knows("sticky"));
  s.join(Client("b").knows("sticky").knows("roundrobin"));
  EXPECT_EQ(s.joined(s.join(Client("c").knows("range").knows("roundrobin"))).error,
            ErrorCode::inconsistent_group_protocol);
  EXPECT_FALSE(s.answered(s.join(Client("c").knows("sticky"))));
}

TEST(Join, AloneAMemberMayChangeAllItsProtocols) {
  Scenario s;
  const auto [a] = s.stable("a");
  const auto again = s.joined(s.join(Client("a").as(a.id).knows("sticky")));
  EXPECT_EQ(again.error, ErrorCode::none);
  EXPECT_EQ(again.protocol_name, "sticky");
}

TEST(Join, TheLeaderIsTheFirstWhoJoinedAndAloneSeesTheMembers) {
  Scenario s;
  const Ticket b = s.join(Client("b").knows("range", "topics of b"));
  const Ticket a = s.join(Client("a").knows("range", "topics of a"));
  s.pass(6s);
  const auto leader = s.joined(b);
  EXPECT_EQ(leader.leader, "b-1");
  EXPECT_EQ(leader.member_id, "b-1");
  EXPECT_EQ(leader.members, (std::vector<JoinReply::Member>{{"a-2", std::nullopt, to_bytes("topics of a")},
                                                            {"b-1", std::nullopt, to_bytes("topics of b")}}));
  EXPECT_EQ(s.joined(a).leader, "b-1");
  EXPECT_TRUE(s.joined(a).members.empty());
  EXPECT_EQ(s.joined(a).generation_id, 1);
  EXPECT_EQ(s.joined(a).protocol_type, "consumer");
  EXPECT_EQ(s.joined(a).protocol_name, "range");
}

TEST(Join, TheProtocolIsTheOneMostMembersPreferAmongThoseAllKnow) {
  Scenario s;
  const Ticket a = s.join(Client("a").knows("own").knows("range").knows("sticky"));
  s.join(Client("b").knows("sticky").knows("range"));
  s.join(Client("c").knows("sticky").knows("range").knows("own"));
  s.pass(9s);
  EXPECT_EQ(s.joined(a).protocol_name, "sticky");
}

TEST(Join, TheLeaderSeesTheMetadataOfTheChosenProtocolOnly) {
  Scenario s;
  const Ticket a = s.join(Client("a").knows("range", "r").knows("sticky", "s"));
  s.join(Client("b").knows("sticky", "sb"));
  s.pass(6s);
  EXPECT_EQ(s.joined(a).members.at(0).metadata, to_bytes("s"));
  EXPECT_EQ(s.joined(a).members.at(1).metadata, to_bytes("sb"));
}

TEST(Join, InCompletingTheSameMetadataGetsTheSameAnswerAgain) {
  Scenario s;
  const Ticket a = s.join(consumer("a"));
  const Ticket b = s.join(consumer("b"));
  s.pass(6s);
  EXPECT_EQ(s.joined(s.join(consumer("a").as(s.seat(a).id))), s.joined(a));
  EXPECT_EQ(s.joined(s.join(consumer("b").as(s.seat(b).id))), s.joined(b));
  EXPECT_EQ(s.state(), GroupState::completing_rebalance);
}

TEST(Join, InCompletingChangedMetadataRebalances) {
  Scenario s;
  s.join(consumer("a"));
  const Ticket b = s.join(consumer("b"));
  s.pass(6s);
  const Ticket changed = s.join(Client("b").as(s.seat(b).id).knows("range", "other"));
  EXPECT_FALSE(s.answered(changed));
  EXPECT_EQ(s.state(), GroupState::preparing_rebalance);
}

TEST(Join, InCompletingARebalanceSendsTheParkedSyncsBack) {
  Scenario s;
  const Ticket a = s.join(consumer("a"));
  const Ticket b = s.join(consumer("b"));
  s.pass(6s);
  const Ticket parked = s.sync(s.seat(b));
  EXPECT_FALSE(s.answered(parked));
  s.join(Client("a").as(s.seat(a).id).knows("range", "other"));
  EXPECT_EQ(s.synced(parked).error, ErrorCode::rebalance_in_progress);
}

TEST(Join, AStableFollowerUnchangedIsAnsweredAtOnce) {
  Scenario s;
  const auto [a, b] = s.stable("a", "b");
  const auto reply = s.joined(s.join(consumer("b").as(b.id)));
  EXPECT_EQ(reply.generation_id, b.generation);
  EXPECT_EQ(reply.leader, a.id);
  EXPECT_TRUE(reply.members.empty());
  EXPECT_EQ(s.state(), GroupState::stable);
}

TEST(Join, AStableLeaderJoiningAgainRebalances) {
  Scenario s;
  const auto [a, b] = s.stable("a", "b");
  const Ticket again = s.join(consumer("a").as(a.id));
  EXPECT_FALSE(s.answered(again));
  EXPECT_EQ(s.heartbeat(b), ErrorCode::rebalance_in_progress);
  const Ticket other = s.join(consumer("b").as(b.id));
  EXPECT_EQ(s.joined(again).generation_id, a.generation + 1);
  EXPECT_EQ(s.joined(other).generation_id, a.generation + 1);
  EXPECT_EQ(s.joined(again).leader, a.id);
}

TEST(Join, AStableFollowerWithChangedMetadataRebalances) {
  Scenario s;
  const auto [a, b] = s.stable("a", "b");
  EXPECT_FALSE(s.answered(s.join(Client("b").as(b.id).knows("range", "more topics"))));
  EXPECT_EQ(s.state(), GroupState::preparing_rebalance);
}

TEST(Join, ANewMemberRebalancesAStableGroupWithoutTheInitialDelay) {
  Scenario s;
  const auto [a] = s.stable("a");
  const Ticket b = s.join(consumer("b"));
  EXPECT_FALSE(s.answered(b));
  const Ticket again = s.join(consumer("a").as(a.id));
  EXPECT_EQ(s.joined(again).generation_id, 2);
  EXPECT_EQ(s.joined(b).generation_id, 2);
}

TEST(Join, AskingTwiceWhileParkedAnswersTheFirstWithRebalanceInProgress) {
  Scenario s;
  const auto [a, b] = s.stable("a", "b");
  const Ticket first = s.join(consumer("a").as(a.id));
  const Ticket second = s.join(consumer("a").as(a.id));
  EXPECT_EQ(s.joined(first).error, ErrorCode::rebalance_in_progress);
  s.join(consumer("b").as(b.id));
  EXPECT_EQ(s.joined(second).error, ErrorCode::none);
}

TEST(Join, AnUnknownIdIsUnknownInEveryState) {
  Scenario s;
  s.join(consumer("a"));
  const auto stranger = [&] { return s.joined(s.join(consumer("x").as("x-99"))).error; };
  EXPECT_EQ(stranger(), ErrorCode::unknown_member_id);
  s.pass(3s);
  EXPECT_EQ(s.state(), GroupState::completing_rebalance);
  EXPECT_EQ(stranger(), ErrorCode::unknown_member_id);
  s.sync(Seat{"a-1", 1});
  EXPECT_EQ(s.state(), GroupState::stable);
  EXPECT_EQ(stranger(), ErrorCode::unknown_member_id);
}

}  // namespace
}  // namespace millrace::groups
