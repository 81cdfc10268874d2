#include "groups/scenario.hpp"

namespace millrace::groups {
namespace {

Client consumer(const std::string& name) { return Client(name).knows("range", "topics of " + name); }

std::vector<std::string> names(const ListReply& reply) {
  std::vector<std::string> out;
  for (const auto& group : reply.groups) out.push_back(group.group_id);
  return out;
}

TEST(Describe, AnAbsentGroupIsDead) {
  Scenario s;
  EXPECT_EQ(s.describe("absent"), (DescribeReply::Group{"absent", GroupState::dead, "", "", {}}));
}

TEST(Describe, AStableGroupShowsMetadataOfTheChosenProtocolAndAssignments) {
  Scenario s;
  const auto seats = s.stable({consumer("a"), consumer("b").instance("seat")});
  const auto group = s.describe();
  EXPECT_EQ(group.state, GroupState::stable);
  EXPECT_EQ(group.protocol_type, "consumer");
  EXPECT_EQ(group.protocol_data, "range");
  const DescribeReply::Member a{"a-1", {}, "a", "/127.0.0.1", to_bytes("topics of a"), to_bytes("for a")};
  const DescribeReply::Member b{"seat-2", "seat", "b", "/127.0.0.1", to_bytes("topics of b"), to_bytes("for b")};
  ASSERT_EQ(group.members.size(), 2u);
  EXPECT_TRUE(group.members[0] == a);
  EXPECT_TRUE(group.members[1] == b);
}

TEST(Describe, DuringARebalanceMembersAreShownWithoutMetadata) {
  Scenario s;
  const auto [a] = s.stable("a");
  s.join(consumer("a").as(a.id).in("g"));
  const auto group = s.describe();
  EXPECT_EQ(group.state, GroupState::completing_rebalance);
  EXPECT_EQ(group.protocol_data, "");
  EXPECT_EQ(group.members, (std::vector<DescribeReply::Member>{{a.id, std::nullopt, "a", "/127.0.0.1", {}, {}}}));
}

TEST(Describe, StatesHaveTheWiresSpelling) {
  EXPECT_EQ(name_of(GroupState::empty), "Empty");
  EXPECT_EQ(name_of(GroupState::preparing_rebalance), "PreparingRebalance");
  EXPECT_EQ(name_of(GroupState::completing_rebalance), "CompletingRebalance");
  EXPECT_EQ(name_of(GroupState::stable), "Stable");
  EXPECT_EQ(name_of(GroupState::dead), "Dead");
}

TEST(Describe, AllowedTransitionsAreTheProtocolsOwn) {
  using enum GroupState;
  const std::set<std::pair<GroupState, GroupState>> allowed{{empty, preparing_rebalance},
                                                            {completing_rebalance, preparing_rebalance},
                                                            {stable, preparing_rebalance},
                                                            {preparing_rebalance, empty},
                                                            {preparing_rebalance, completing_rebalance},
                                                            {completing_rebalance, stable},
                                                            {empty, dead}};
  for (const auto from : {empty, preparing_rebalance, completing_rebalance, stable, dead})
    for (const auto to : {empty, preparing_rebalance, completing_rebalance, stable, dead})
      EXPECT_EQ(is_allowed_transition(from, to), allowed.contains({from, to})) << name_of(from) << " " << name_of(to);
}

struct Several : testing::Test {
  Scenario s;
  Several() {
    s.stable({consumer("a").in("s")});
    s.commit_simply({"t", 0, 1}, "e");
    s.join(consumer("b").in("p"));
  }
};

TEST_F(Several, AreListedWithStateAndType) {
  EXPECT_EQ(s.list().groups, (std::vector<ListReply::Group>{{"e", "", GroupState::empty},
                                                            {"p", "consumer", GroupState::preparing_rebalance},
                                                            {"s", "consumer", GroupState::stable}}));
}

TEST_F(Several, AreFilteredByStateInAnyCase) {
  EXPECT_EQ(names(s.list({{"stable", "EMPTY"}, {}})), (std::vector<std::string>{"e", "s"}));
  EXPECT_EQ(names(s.list({{"PreparingRebalance"}, {}})), std::vector<std::string>{"p"});
  EXPECT_TRUE(s.list({{"Dead", "nonsense"}, {}}).groups.empty());
}

TEST_F(Several, AreFilteredByTypeInAnyCase) {
  EXPECT_EQ(s.list({{}, {"Classic"}}).groups.size(), 3u);
  EXPECT_EQ(s.list({{}, {"consumer", "classic"}}).groups.size(), 3u);
  EXPECT_TRUE(s.list({{}, {"consumer"}}).groups.empty());
}

}  // namespace
}  // namespace millrace::groups
