#include "groups/scenario.hpp"

namespace millrace::groups {
namespace {

Client fixed(std::string name) { return Client(name).knows("range").instance("seat of " + name).session(5min); }

TEST(StaticMember, IsNamedAfterItsInstanceAndNotAskedToJoinTwice) {
  Scenario s;
  const Ticket a = s.join(fixed("a").version(9));
  s.pass(3s);
  EXPECT_EQ(s.joined(a).member_id, "seat of a-1");
}

TEST(StaticMember, BackInAStableGroupItTakesItsAssignmentWithoutARebalance) {
  Scenario s;
  const auto seats = s.stable({fixed("a"), fixed("b")});
  const Ticket back = s.join(fixed("b").version(9));
  const auto reply = s.joined(back);
  EXPECT_EQ(reply.generation_id, seats[1].generation);
  EXPECT_NE(reply.member_id, seats[1].id);
  EXPECT_FALSE(reply.skip_assignment);
  EXPECT_EQ(s.state(), GroupState::stable);
  EXPECT_EQ(s.heartbeat(seats[0]), ErrorCode::none);
  const Ticket synced = s.sync(Seat{reply.member_id, reply.generation_id, "seat of b"});
  EXPECT_EQ(s.synced(synced).assignment, to_bytes("for b"));
}

TEST(StaticMember, BackInAStableGroupItIsPersisted) {
  Scenario s;
  const auto seats = s.stable({fixed("a"), fixed("b")});
  const auto before = s.log().size();
  const auto reply = s.joined(s.join(fixed("b")));
  EXPECT_EQ(s.log().size(), before + 1);
  s.restart();
  EXPECT_EQ(s.heartbeat(Seat{reply.member_id, reply.generation_id, "seat of b"}), ErrorCode::none);
}

TEST(StaticMember, TheOldIdIsFenced) {
  Scenario s;
  const auto seats = s.stable({fixed("a"), fixed("b")});
  s.join(fixed("b"));
  EXPECT_EQ(s.heartbeat(seats[1]), ErrorCode::fenced_instance_id);
  EXPECT_EQ(s.synced(s.sync(seats[1])).error, ErrorCode::fenced_instance_id);
  EXPECT_EQ(s.commit(seats[1], {"t", 0, 5}), ErrorCode::fenced_instance_id);
  EXPECT_EQ(s.leave(seats[1]), ErrorCode::fenced_instance_id);
  EXPECT_EQ(s.joined(s.join(fixed("b").as(seats[1].id))).error, ErrorCode::fenced_instance_id);
}

TEST(StaticMember, TheOldSessionTimerDoesNotRemoveTheNewOne) {
  Scenario s;
  const auto seats = s.stable({fixed("a"), fixed("b").session(10s)});
  s.pass(1s);
  const auto reply = s.joined(s.join(fixed("b").session(5min)));
  s.pass(60s);
  EXPECT_EQ(s.heartbeat(Seat{reply.member_id, reply.generation_id, "seat of b"}), ErrorCode::none);
}

TEST(StaticMember, ALeaderBackIsToldToSkipTheAssignmentFromVersion9) {
  Scenario s;
  const auto seats = s.stable({fixed("a"), fixed("b")});
  const auto reply = s.joined(s.join(fixed("a").version(9)));
  EXPECT_TRUE(reply.skip_assignment);
  EXPECT_EQ(reply.leader, reply.member_id);
  EXPECT_EQ(reply.members.size(), 2u);
}

TEST(StaticMember, ALeaderBackBelowVersion9IsGivenALeaderIdItDoesNotMatch) {
  Scenario s;
  const auto seats = s.stable({fixed("a"), fixed("b")});
  const auto reply = s.joined(s.join(fixed("a").version(8)));
  EXPECT_FALSE(reply.skip_assignment);
  EXPECT_EQ(reply.leader, seats[0].id);
  EXPECT_NE(reply.member_id, seats[0].id);
  EXPECT_TRUE(reply.members.empty());
}

TEST(StaticMember, BackWithAnotherProtocolChosenRebalances) {
  Scenario s;
  const auto seats = s.stable({Client("a").instance("a").knows("range").knows("sticky"),
                               Client("b").instance("b").knows("range").knows("sticky")});
  EXPECT_EQ(s.describe().protocol_data, "range");
  const Ticket back = s.join(Client("b").instance("b").knows("sticky"));
  EXPECT_FALSE(s.answered(back));
  EXPECT_EQ(s.state(), GroupState::preparing_rebalance);
}

TEST(StaticMember, BackWhileTheLeaderIsThinkingRebalances) {
  Scenario s;
  const Ticket a = s.join(fixed("a"));
  const Ticket b = s.join(fixed("b"));
  s.pass(6s);
  const Ticket back = s.join(fixed("b"));
  EXPECT_FALSE(s.answered(back));
  EXPECT_EQ(s.heartbeat(Seat{s.seat(a).id, 1, "seat of a"}), ErrorCode::rebalance_in_progress);
  EXPECT_EQ(s.joined(b).error, ErrorCode::none);
}

TEST(StaticMember, BackWhileItsOldJoinIsParkedFencesThatJoin) {
  Scenario s;
  const auto seats = s.stable({fixed("a"), fixed("b")});
  const Ticket old = s.join(fixed("a").as(seats[0].id));
  const Ticket back = s.join(fixed("a"));
  EXPECT_EQ(s.joined(old).error, ErrorCode::fenced_instance_id);
  s.join(fixed("b").as(seats[1].id));
  EXPECT_EQ(s.joined(back).error, ErrorCode::none);
}

TEST(StaticMember, BackWhileItsOldSyncIsParkedFencesThatSync) {
  Scenario s;
  s.join(fixed("a"));
  const Ticket b = s.join(fixed("b"));
  s.pass(6s);
  const Ticket old = s.sync(Seat{s.seat(b).id, 1, "seat of b"});
  s.join(fixed("b"));
  EXPECT_EQ(s.synced(old).error, ErrorCode::fenced_instance_id);
}

TEST(StaticMember, AnAdministratorRemovesItByInstanceId) {
  Scenario s;
  const auto seats = s.stable({fixed("a"), fixed("b")});
  const auto reply = s.leave({{"", "seat of b"}, {"", "nobody"}, {"", std::nullopt}});
  EXPECT_EQ(reply.members.at(0).error, ErrorCode::none);
  EXPECT_EQ(reply.members.at(1).error, ErrorCode::unknown_member_id);
  EXPECT_EQ(reply.members.at(2).error, ErrorCode::unknown_member_id);
  EXPECT_EQ(s.describe().members.size(), 1u);
}

TEST(StaticMember, AnInstanceIdThatIsUnknownIsUnknown) {
  Scenario s;
  const auto seats = s.stable({fixed("a")});
  EXPECT_EQ(s.heartbeat(Seat{seats[0].id, 1, "else"}), ErrorCode::unknown_member_id);
}

TEST(StaticMember, AnEmptyOrOverlongInstanceIdIsAnInvalidRequest) {
  Scenario s;
  EXPECT_EQ(s.joined(s.join(fixed("a").instance(""))).error, ErrorCode::invalid_request);
  EXPECT_EQ(s.joined(s.join(fixed("a").instance(std::string(250, 'i')))).error, ErrorCode::invalid_request);
}

TEST(StaticMember, BackBeforeItEverSyncedItStillOwesTheSync) {
  Scenario s;
  const Ticket a = s.join(fixed("a").rebalance(20s));
  s.join(fixed("b").rebalance(20s));
  s.pass(6s);
  s.sync(Seat{s.seat(a).id, 1, "seat of a"});
  const auto back = s.joined(s.join(fixed("b").rebalance(20s)));
  s.pass(20s);
  EXPECT_EQ(s.heartbeat(Seat{back.member_id, 1, "seat of b"}), ErrorCode::unknown_member_id);
}

}  // namespace
}  // namespace millrace::groups
