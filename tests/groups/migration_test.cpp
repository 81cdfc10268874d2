// Classic groups become consumer groups and the other way round, empty or with members that go on reading (KIP-848).

#include <gmock/gmock.h>

#include "groups/classic_consumer.hpp"

namespace millrace::groups {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

/// A stable classic group of one, which has all four partitions.
void begin_classic(Scenario& s, ClassicConsumer& member) {
  member.join();
  s.pass(10s);
  ASSERT_EQ(member.joined().error, ErrorCode::none);
  ASSERT_EQ(member.sync({{"t", {0, 1, 2, 3}}}), ErrorCode::none);
}

std::size_t count(const NamedPartitions& owned) {
  const auto at = owned.find("t");
  return at == owned.end() ? 0 : at->second.size();
}

TEST(Migration, AnEmptyClassicGroupBecomesAConsumerGroupAndKeepsItsOffsets) {
  Scenario s;
  s.topics({{"t", 2}});
  const auto [old] = s.stable("old");
  s.commit(old, {"t", 0, 11});
  s.leave(old);
  Consumer a(s, "a");
  EXPECT_EQ(a.reads({"t"}).join().error, ErrorCode::none);
  EXPECT_EQ(s.list().groups.at(0).type, GroupType::consumer);
  EXPECT_EQ(s.committed("t", 0).offset, Offset(11));
}

TEST(Migration, AnEmptyConsumerGroupBecomesAClassicOneAndKeepsItsOffsets) {
  Scenario s;
  s.topics({{"t", 4}});
  Consumer a(s, "a");
  a.reads({"t"}).matching("x.*").join();
  a.leave();
  s.commit_simply({"t", 0, 11});
  ClassicConsumer b(s, "b", {"t"});
  begin_classic(s, b);
  EXPECT_EQ(s.list().groups.at(0).type, GroupType::classic);
  EXPECT_EQ(s.state(), GroupState::stable);
  EXPECT_EQ(s.committed("t", 0).offset, Offset(11));
}

TEST(Migration, AMemberOfTheNewProtocolTurnsALivingGroupAndNobodyLosesItsPlace) {
  Scenario s;
  s.topics({{"t", 4}});
  ClassicConsumer old(s, "old", {"t"});
  begin_classic(s, old);
  const auto generation = old.seat.generation;
  Consumer a(s, "a");
  EXPECT_EQ(a.reads({"t"}).join().error, ErrorCode::none);
  EXPECT_EQ(a.epoch, generation + 1);
  EXPECT_THAT(a.has(), IsEmpty()) << "all is with the classic member still";
  const auto described = s.describe_consumer();
  ASSERT_EQ(described.members.size(), 2u);
  EXPECT_EQ(described.members[1].member_id, old.seat.id);
  EXPECT_EQ(described.members[1].type, GroupType::classic);
  EXPECT_EQ(s.commit(old.seat, {"t", 0, 3}), ErrorCode::none) << "it goes on with its generation";
  EXPECT_EQ(s.heartbeat(old.seat), ErrorCode::rebalance_in_progress);
  settle({&old}, {&a});
  EXPECT_EQ(count(old.owned), 2u);
  EXPECT_EQ(a.has().size(), 2u);
}

TEST(Migration, WhoIsInTheMiddleOfARebalanceIsSentIntoTheNextOne) {
  Scenario s;
  s.topics({{"t", 4}});
  ClassicConsumer old(s, "old", {"t"}), late(s, "late", {"t"});
  begin_classic(s, old);
  late.join();  // parked: old has not joined again
  Consumer a(s, "a");
  EXPECT_EQ(a.reads({"t"}).join().error, ErrorCode::none);
  EXPECT_EQ(late.joined().error, ErrorCode::rebalance_in_progress);
  late.seat.id = s.joined(late.parked).member_id;
  EXPECT_EQ(late.join().error, ErrorCode::none);
  EXPECT_EQ(late.sync(), ErrorCode::none);
  settle({&old, &late}, {&a});
  EXPECT_EQ(count(old.owned) + count(late.owned) + a.has().size(), 4u);
  EXPECT_GE(count(late.owned), 1u);
}

TEST(Migration, AClassicMemberJoinsAConsumerGroup) {
  Scenario s;
  s.topics({{"t", 4}});
  Consumer a(s, "a");
  a.reads({"t"}).join();
  ClassicConsumer old(s, "old", {"t"});
  EXPECT_EQ(old.join().error, ErrorCode::none);
  EXPECT_EQ(old.seat.generation, s.describe_consumer().epoch);
  EXPECT_EQ(old.sync(), ErrorCode::none);
  settle({&old}, {&a});
  EXPECT_EQ(count(old.owned), 2u);
  EXPECT_EQ(a.has().size(), 2u);
}

TEST(Migration, ANewClassicMemberIsToldItsIdFirst) {
  Scenario s;
  s.topics({{"t", 4}});
  Consumer a(s, "a");
  a.reads({"t"}).join();
  Client client = Client("c").knows("range", std::string_view("\0\1\0\0\0\0\xff\xff\xff\xff\0\0\0\0", 14)).version(9);
  const JoinReply first = s.joined(s.join(client));
  EXPECT_EQ(first.error, ErrorCode::member_id_required);
  EXPECT_EQ(s.joined(s.join(client.as(first.member_id))).error, ErrorCode::none);
}

TEST(Migration, WhoIsNoConsumerCannotJoinAConsumerGroupNorBecomePartOfOne) {
  Scenario s;
  s.topics({{"t", 4}});
  Consumer a(s, "a");
  a.reads({"t"}).join();
  EXPECT_EQ(s.joined(s.join(Client("c").knows("range", "garbage"))).error, ErrorCode::inconsistent_group_protocol);
  EXPECT_EQ(s.joined(s.join(Client("c").type("connect").knows("range"))).error, ErrorCode::inconsistent_group_protocol);

  Scenario other;
  other.stable({Client("worker").type("connect").knows("default")});
  Consumer b(other, "b");
  EXPECT_EQ(b.reads({"t"}).join().error, ErrorCode::group_id_not_found);
  EXPECT_EQ(other.state(), GroupState::stable) << "and the group is as it was";
}

TEST(Migration, ClassicMembersOfAConsumerGroupAreCheckedAsEver) {
  Scenario s;
  s.topics({{"t", 4}});
  ClassicConsumer old(s, "old", {"t"});
  begin_classic(s, old);
  Consumer a(s, "a");
  a.reads({"t"}).join();
  settle({&old}, {&a});
  EXPECT_EQ(s.heartbeat({old.seat.id, old.seat.generation - 1}), ErrorCode::illegal_generation);
  EXPECT_EQ(s.heartbeat({"stranger", old.seat.generation}), ErrorCode::unknown_member_id);
  EXPECT_EQ(s.heartbeat({"a", a.epoch}), ErrorCode::unknown_member_id) << "a speaks the other protocol";
  EXPECT_EQ(s.commit({old.seat.id, old.seat.generation - 1}, {"t", 0, 1}), ErrorCode::illegal_generation);
}

TEST(Migration, AClassicMemberThatDoesNotJoinAgainInTimeIsRemoved) {
  Scenario s;
  s.topics({{"t", 4}});
  ClassicConsumer old(s, "old", {"t"});
  begin_classic(s, old);
  Consumer a(s, "a");
  a.reads({"t"}).join();
  for (int i = 0; i < 6; ++i) {
    EXPECT_EQ(s.heartbeat(old.seat), ErrorCode::rebalance_in_progress);
    s.pass(10s);
    a.beat();
  }
  EXPECT_EQ(s.heartbeat(old.seat), ErrorCode::unknown_member_id);
  groups::settle({&a});
  EXPECT_EQ(a.has().size(), 4u);
}

TEST(Migration, WhenTheLastOfTheNewProtocolGoesTheGroupIsClassicAgain) {
  for (const bool by_timeout : {false, true}) {
    Scenario s;
    s.topics({{"t", 4}});
    ClassicConsumer old(s, "old", {"t"});
    begin_classic(s, old);
    Consumer a(s, "a");
    a.reads({"t"}).join();
    settle({&old}, {&a});
    if (by_timeout) {
      for (int i = 0; i < 5; ++i) {
        EXPECT_EQ(s.heartbeat(old.seat), ErrorCode::none);
        s.pass(9s);
      }
    } else {
      a.leave();
    }
    EXPECT_EQ(s.list().groups.at(0).type, GroupType::classic);
    EXPECT_EQ(s.state(), GroupState::preparing_rebalance);
    EXPECT_EQ(s.heartbeat({old.seat.id, old.seat.generation + 1}), ErrorCode::rebalance_in_progress)
        << "it is a member still, in the next generation";
    old.join();
    ASSERT_EQ(old.joined().error, ErrorCode::none);
    EXPECT_EQ(s.joined(old.parked).leader, old.seat.id);
    EXPECT_EQ(old.sync({{"t", {0, 1, 2, 3}}}), ErrorCode::none);
    EXPECT_EQ(s.state(), GroupState::stable);
  }
}

TEST(Migration, SurvivesARestartInTheMiddle) {
  Scenario s;
  s.topics({{"t", 4}});
  ClassicConsumer old(s, "old", {"t"});
  begin_classic(s, old);
  Consumer a(s, "a");
  a.reads({"t"}).join();
  s.restart();
  s.topics({{"t", 4}});
  EXPECT_EQ(s.heartbeat(old.seat), ErrorCode::rebalance_in_progress);
  settle({&old}, {&a});
  EXPECT_EQ(count(old.owned), 2u);
  a.leave();
  s.restart();
  EXPECT_EQ(s.list().groups.at(0).type, GroupType::classic);
}

TEST(Migration, AStaticMemberComesBackWithTheOtherProtocol) {
  Scenario s;
  s.topics({{"t", 4}});
  ClassicConsumer old(s, "old", {"t"});
  old.instance("one");
  begin_classic(s, old);
  Consumer a(s, "a");
  EXPECT_EQ(a.reads({"t"}).instance("one").join().error, ErrorCode::none);
  groups::settle({&a});
  EXPECT_EQ(a.has().size(), 4u) << "its place is its own";
  EXPECT_EQ(s.describe_consumer().members.size(), 1u);
  EXPECT_EQ(s.heartbeat(old.seat), ErrorCode::fenced_instance_id);

  ClassicConsumer back(s, "back", {"t"});
  back.instance("one");
  begin_classic(s, back);
  EXPECT_EQ(s.list().groups.at(0).type, GroupType::classic);
  EXPECT_EQ(count(back.owned), 4u);
}

TEST(Migration, AStaticMemberDoesNotMakeWayForOneWhoCannotJoin) {
  Scenario s;
  s.topics({{"t", 4}});
  Consumer a(s, "a");
  a.reads({"t"}).instance("one").join();
  const Client worker = Client("worker").type("connect").instance("one").knows("default");
  EXPECT_EQ(s.joined(s.join(worker)).error, ErrorCode::inconsistent_group_protocol);
  EXPECT_EQ(a.beat().error, ErrorCode::none);
}

TEST(Migration, ClassicMembersLeaveAConsumerGroup) {
  Scenario s;
  s.topics({{"t", 4}});
  Consumer a(s, "a");
  a.reads({"t"}).join();
  ClassicConsumer old(s, "old", {"t"}), older(s, "older", {"t"});
  old.join(), old.sync();
  older.join(), older.sync();
  settle({&old, &older}, {&a});
  const auto epoch = s.describe_consumer().epoch;
  const auto reply = s.leave({{old.seat.id, {}}, {older.seat.id, {}}, {"stranger", {}}, {"a", {}}});
  EXPECT_EQ(reply.members.at(0).error, ErrorCode::none);
  EXPECT_EQ(reply.members.at(1).error, ErrorCode::none);
  EXPECT_EQ(reply.members.at(2).error, ErrorCode::unknown_member_id);
  EXPECT_EQ(reply.members.at(3).error, ErrorCode::unknown_member_id);
  EXPECT_EQ(s.describe_consumer().epoch, epoch + 1) << "one rebalance for all of them";
  groups::settle({&a});
  EXPECT_EQ(a.has().size(), 4u);
}

}  // namespace
}  // namespace millrace::groups
