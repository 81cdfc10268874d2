// How partitions pass from member to member: never with two at once, and not lost (KIP-848, "Reconciliation").

#include <gmock/gmock.h>

#include "groups/consumer.hpp"

namespace millrace::groups {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(Reconciliation, ANewMemberGetsItsShareOnlyAfterItIsGivenUp) {
  Scenario s;
  s.topics({{"t", 4}});
  Consumer a(s, "a"), b(s, "b");
  a.reads({"t"}).join();
  const auto first = a.epoch;
  b.reads({"t"}).join();
  EXPECT_THAT(b.has(), IsEmpty()) << "a still has everything";
  EXPECT_EQ(b.epoch, first + 1);
  EXPECT_EQ(s.describe_consumer().state, GroupState::reconciling);

  EXPECT_TRUE(a.beat().assignment.has_value()) << "it learns what it may keep";
  EXPECT_EQ(a.epoch, first) << "and stays behind until it has given up the rest";
  EXPECT_EQ(a.has().size(), 2u);
  b.beat();
  EXPECT_THAT(b.has(), IsEmpty()) << "a has not said so yet";

  a.beat();
  EXPECT_EQ(a.epoch, first + 1);
  EXPECT_TRUE(b.beat().assignment.has_value());
  EXPECT_EQ(b.has().size(), 2u);
  EXPECT_EQ(s.describe_consumer().state, GroupState::stable);
}

TEST(Reconciliation, WhoDoesNotSayWhatItOwnsHasNotGivenUpAnything) {
  Scenario s;
  s.topics({{"t", 2}});
  Consumer a(s, "a"), b(s, "b");
  a.reads({"t"}).join();
  b.reads({"t"}).join();
  a.beat();
  ConsumerHeartbeatRequest silent;
  silent.group_id = "g";
  silent.member_id = "a";
  silent.member_epoch = a.epoch;
  EXPECT_EQ(s.beat(silent).member_epoch, a.epoch);
  b.beat();
  EXPECT_THAT(b.has(), IsEmpty());
}

TEST(Reconciliation, AMemberThatDoesNotGiveUpInTimeIsRemoved) {
  Scenario s;
  s.topics({{"t", 2}});
  Consumer a(s, "a"), b(s, "b");
  a.about.rebalance_timeout = 20s;
  a.reads({"t"}).join();
  b.reads({"t"}).join();
  const Assignment everything = a.owned;
  a.beat();
  for (int i = 0; i < 3; ++i) {
    s.pass(6s);
    a.owned = everything;  // its application is busy and keeps it
    EXPECT_EQ(a.beat().error, ErrorCode::none);
    b.beat();
  }
  s.pass(2s);
  a.owned = everything;
  EXPECT_EQ(a.beat().error, ErrorCode::unknown_member_id);
  settle({&b});
  EXPECT_THAT(b.has(), ElementsAre("t-0", "t-1"));
}

TEST(Reconciliation, TheTimeToGiveUpBeginsAnewAfterARestart) {
  Scenario s;
  s.topics({{"t", 2}});
  Consumer a(s, "a"), b(s, "b");
  a.about.rebalance_timeout = 20s;
  a.reads({"t"}).join();
  b.reads({"t"}).join();
  const Assignment everything = a.owned;
  a.beat();
  s.restart();
  s.pass(19s);
  a.owned = everything;
  EXPECT_EQ(a.beat().error, ErrorCode::none);
  s.pass(1s);
  EXPECT_EQ(a.beat().error, ErrorCode::unknown_member_id);
}

TEST(Reconciliation, GivingUpInTimeStopsTheClock) {
  Scenario s;
  s.topics({{"t", 2}});
  Consumer a(s, "a"), b(s, "b");
  a.about.rebalance_timeout = 10s;
  a.reads({"t"}).join();
  b.reads({"t"}).join();
  settle({&a, &b});
  for (int i = 0; i < 5; ++i) {
    s.pass(10s);
    EXPECT_EQ(a.beat().error, ErrorCode::none);
    EXPECT_EQ(b.beat().error, ErrorCode::none);
  }
}

TEST(Reconciliation, ATargetThatChangesMeanwhileIsFollowedFromThere) {
  Scenario s;
  s.topics({{"t", 6}});
  Consumer a(s, "a"), b(s, "b"), c(s, "c");
  a.reads({"t"}).join();
  b.reads({"t"}).join();
  a.beat();  // told to give up three
  c.reads({"t"}).join();
  settle({&a, &b, &c});
  EXPECT_EQ(a.has().size(), 2u);
  EXPECT_EQ(b.has().size(), 2u);
  EXPECT_EQ(c.has().size(), 2u);
  EXPECT_EQ(a.epoch, c.epoch);
  EXPECT_EQ(b.epoch, c.epoch);
}

TEST(Reconciliation, MembersWithDifferentSubscriptionsGetOnlyTheirs) {
  Scenario s;
  s.topics({{"t", 2}, {"u", 2}});
  Consumer a(s, "a"), b(s, "b");
  a.reads({"t", "u"}).join();
  b.reads({"u"}).join();
  settle({&a, &b});
  EXPECT_THAT(a.has(), ElementsAre("t-0", "t-1"));
  EXPECT_THAT(b.has(), ElementsAre("u-0", "u-1"));
}

TEST(Reconciliation, TheAssignorThatMostAskForRuns) {
  Scenario s;
  s.topics({{"t", 3}, {"u", 3}});
  Consumer a(s, "a"), b(s, "b");
  a.reads({"t", "u"}).assignor("range").join();
  b.reads({"t", "u"}).assignor("range").join();
  settle({&a, &b});
  EXPECT_THAT(a.has(), ElementsAre("t-0", "t-1", "u-0", "u-1"));
  EXPECT_THAT(b.has(), ElementsAre("t-2", "u-2"));
  EXPECT_EQ(s.describe_consumer().assignor, "range");
}

TEST(StaticConsumer, ThatLeavesForNowKeepsItsPlace) {
  Scenario s;
  s.topics({{"t", 4}});
  Consumer a(s, "a"), b(s, "b");
  a.reads({"t"}).instance("one").join();
  b.reads({"t"}).join();
  settle({&a, &b});
  const auto mine = a.has();
  const auto epoch = a.epoch;
  const auto reply = a.leave(-2);
  EXPECT_EQ(reply.error, ErrorCode::none);
  EXPECT_EQ(reply.member_epoch, -2);
  settle({&b});
  EXPECT_EQ(b.has().size(), 2u);

  Consumer again(s, "a2");
  EXPECT_EQ(again.reads({"t"}).instance("one").join().error, ErrorCode::none);
  EXPECT_EQ(again.has(), mine);
  EXPECT_EQ(again.epoch, epoch) << "for the others nothing has happened";
  EXPECT_EQ(a.beat().error, ErrorCode::fenced_instance_id);
}

TEST(StaticConsumer, ThatDoesNotComeBackIsRemoved) {
  Scenario s;
  s.topics({{"t", 2}});
  Consumer a(s, "a"), b(s, "b");
  a.reads({"t"}).instance("one").join();
  b.reads({"t"}).join();
  settle({&a, &b});
  a.leave(-2);
  for (int i = 0; i < 5; ++i) {
    s.pass(10s);
    b.beat();
  }
  settle({&b});
  EXPECT_THAT(b.has(), ElementsAre("t-0", "t-1"));
}

TEST(StaticConsumer, ThatIsThereKeepsItsInstanceId) {
  Scenario s;
  s.topics({{"t", 2}});
  Consumer a(s, "a"), thief(s, "thief");
  a.reads({"t"}).instance("one").join();
  EXPECT_EQ(thief.reads({"t"}).instance("one").join().error, ErrorCode::unreleased_instance_id);
  EXPECT_EQ(a.beat().error, ErrorCode::none);
  EXPECT_EQ(a.join().error, ErrorCode::none) << "after it was fenced it comes back under its own id";
  EXPECT_THAT(a.has(), ElementsAre("t-0", "t-1"));
  EXPECT_EQ(a.leave(-1).error, ErrorCode::none);
  EXPECT_EQ(thief.join().error, ErrorCode::none);
}

TEST(StaticConsumer, ThatNobodyKnowsIsToldSo) {
  Scenario s;
  s.topics({{"t", 2}});
  Consumer a(s, "a"), b(s, "b");
  a.reads({"t"}).join();
  b.instance("nobody").epoch = 1;
  EXPECT_EQ(b.beat().error, ErrorCode::unknown_member_id);
  EXPECT_EQ(b.leave(-2).error, ErrorCode::unknown_member_id);
}

TEST(Expressions, MeanTheTopicsThatTheyMatchFromEndToEnd) {
  Scenario s;
  s.topics({{"orders.eu", 1}, {"orders.us", 1}, {"old.orders.eu", 1}});
  Consumer a(s, "a");
  a.matching("orders\\..*").join();
  EXPECT_THAT(a.has(), ElementsAre("orders.eu-0", "orders.us-0"));
  EXPECT_EQ(s.describe_consumer().members.at(0).subscribed_regex, "orders\\..*");
}

TEST(Expressions, AreResolvedAnewWhenTopicsComeButNotAtEveryBeat) {
  Scenario s;
  s.topics({{"orders.eu", 1}});
  Consumer a(s, "a");
  a.matching("orders\\..*").join();
  s.topics({{"orders.eu", 1}, {"orders.us", 1}});
  a.beat();
  EXPECT_THAT(a.has(), ElementsAre("orders.eu-0"));
  s.pass(10s);
  a.beat();
  EXPECT_THAT(a.has(), ElementsAre("orders.eu-0", "orders.us-0"));
}

TEST(Expressions, ComeOneHeartbeatAfterNames) {
  Scenario s;
  s.topics({{"a", 1}, {"b", 1}, {"c", 1}, {"d", 1}});
  Consumer a(s, "m");
  a.reads({"a"}).matching("b|c").join();
  EXPECT_THAT(a.has(), ElementsAre("a-0"));
  a.beat();
  EXPECT_THAT(a.has(), ElementsAre("a-0", "b-0", "c-0"));
  a.matching("d").tell();
  settle({&a});
  EXPECT_THAT(a.has(), ElementsAre("a-0", "d-0"));
}

TEST(Expressions, ComeWithNamesWhenTheGroupKnowsThem) {
  Scenario s;
  s.topics({{"a", 1}, {"b", 3}});
  Consumer a(s, "m"), b(s, "n");
  a.matching("b").join();
  b.reads({"a"}).matching("b").join();
  EXPECT_EQ(s.describe_consumer().members.at(1).target.size(), 2U);
}

TEST(Expressions, ThatWaitAreNotForgottenOverTheBeatOfAnother) {
  Scenario s;
  s.topics({{"a", 1}, {"b", 1}, {"c", 1}});
  Consumer a(s, "m"), b(s, "n");
  b.reads({"c"}).join();
  a.reads({"a"}).matching("b").join();
  b.beat();
  a.beat();
  EXPECT_THAT(a.has(), ElementsAre("a-0", "b-0"));
}

TEST(Expressions, ThatWaitAreNotForgottenOverARestart) {
  Scenario s;
  s.topics({{"a", 1}, {"b", 1}});
  Consumer a(s, "m");
  a.reads({"a"}).matching("b").join();
  s.restart();
  a.beat();
  EXPECT_THAT(a.has(), ElementsAre("a-0", "b-0"));
}

TEST(Expressions, GoTogetherWithNamesAndCanBeDropped) {
  Scenario s;
  s.topics({{"a", 1}, {"b", 1}, {"c", 1}});
  Consumer a(s, "m");
  a.reads({"a"}).matching("b|c").join();
  settle({&a});
  EXPECT_THAT(a.has(), ElementsAre("a-0", "b-0", "c-0"));
  a.matching("").tell();
  settle({&a});
  EXPECT_THAT(a.has(), ElementsAre("a-0"));
}

TEST(Expressions, CountWithAllThatTheyMatch) {
  Scenario s;
  std::map<std::string, std::int32_t> topics;
  for (int i = 0; i < 100; ++i) topics[std::string(200, 'x') + std::to_string(i)] = 1;
  s.topics(topics);
  Consumer a(s, "a"), b(s, "b");
  a.reads({}).join();
  const auto before = s.coordinator().totals().members_bytes;
  b.matching("x.*").reads({}).join();
  const std::size_t assigned = 100 * 160;  // is charged as well, at so many bytes a partition
  EXPECT_GT(s.coordinator().totals().members_bytes, before + assigned + 100 * 200);
  b.leave();
  EXPECT_EQ(s.coordinator().totals().members_bytes, before);
}

TEST(Expressions, OfAStrangerCannotHoldUpTheBroker) {
  Scenario s;
  s.topics({{std::string(200, 'a'), 1}});
  Consumer a(s, "a"), b(s, "b");
  EXPECT_EQ(a.matching("(a*)*b").join().error, ErrorCode::none) << "linear in the text, whatever the expression";
  EXPECT_EQ(b.matching("((a{500}){500}){500}").join().error, ErrorCode::invalid_regular_expression);
  Consumer c(s, "c");
  EXPECT_EQ(c.matching(std::string(1'001, 'a')).join().error, ErrorCode::invalid_regular_expression);
}

}  // namespace
}  // namespace millrace::groups
