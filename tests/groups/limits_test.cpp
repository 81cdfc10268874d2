// Every bound of config.hpp, at the limit and one beyond.

#include "groups/scenario.hpp"

namespace millrace::groups {
namespace {

TEST(Limits, AFullGroupTakesNoNewMember) {
  Config config;
  config.group_max_size = 2;
  Scenario s(config);
  const auto [a, b] = s.stable("a", "b");
  const auto reply = s.joined(s.join(consumer("c")));
  EXPECT_EQ(reply.error, ErrorCode::group_max_size_reached);
  EXPECT_EQ(reply.member_id, "");
  EXPECT_EQ(s.joined(s.join(consumer("b").as(b.id))).error, ErrorCode::none);
}

TEST(Limits, DuringTheInitialDelayThoseAlreadyWaitingCount) {
  Config config;
  config.group_max_size = 2;
  Scenario s(config);
  s.join(consumer("a"));
  s.join(consumer("b"));
  EXPECT_EQ(s.joined(s.join(consumer("c"))).error, ErrorCode::group_max_size_reached);
  EXPECT_EQ(s.joined(s.join(consumer("c").version(4))).error, ErrorCode::group_max_size_reached);
  s.pass(6s);
  EXPECT_EQ(s.describe().members.size(), 2u);
}

TEST(Limits, AnAbsentStaticMemberKeepsItsPlaceInAFullGroup) {
  Config config;
  config.group_max_size = 2;
  Scenario s(config);
  const auto seats = s.stable({consumer("a"), consumer("b").instance("i")});
  s.join(consumer("a").as(seats[0].id));
  EXPECT_EQ(s.joined(s.join(consumer("c"))).error, ErrorCode::group_max_size_reached);
  EXPECT_EQ(s.joined(s.join(consumer("b").instance("i"))).error, ErrorCode::none);
}

TEST(Limits, WhoIsTurnedAwayWithAnIdIsNotWaitedForAnyLonger) {
  Config config;
  config.group_max_size = 1;
  Scenario s(config);
  const auto first = s.joined(s.join(consumer("late").version(4).session(30min)));
  const Ticket a = s.join(consumer("a").session(30min));
  s.pass(3s);
  s.sync(s.seat(a));
  EXPECT_EQ(s.joined(s.join(consumer("late").version(4).as(first.member_id))).error, ErrorCode::group_max_size_reached);
  EXPECT_EQ(s.coordinator().totals().pending_members, 0u);
  EXPECT_TRUE(s.answered(s.join(consumer("a").as(s.seat(a).id).session(30min))));
}

TEST(Limits, NoMoreGroupsThanAllowed) {
  Config config;
  config.groups_max = 2;
  Scenario s(config);
  s.commit_simply({"t", 0, 1}, "one");
  s.join(consumer("a").in("two"));
  EXPECT_EQ(s.joined(s.join(consumer("a").in("three"))).error, ErrorCode::policy_violation);
  EXPECT_EQ(s.commit_simply({"t", 0, 1}, "three"), ErrorCode::policy_violation);
  EXPECT_EQ(s.commit_simply({"t", 0, 2}, "one"), ErrorCode::none);
}

TEST(Limits, IdsHandedOutAreForgottenFromTheOldest) {
  Config config;
  config.pending_members_max = 3;
  Scenario s(config);
  std::vector<std::string> ids;
  for (const char* group : {"one", "one", "two", "three"})
    ids.push_back(s.joined(s.join(consumer("a").in(group).version(4))).member_id);
  EXPECT_EQ(s.coordinator().totals().pending_members, 3u);
  EXPECT_EQ(s.joined(s.join(consumer("a").in("one").as(ids[0]).version(4))).error, ErrorCode::unknown_member_id);
  EXPECT_FALSE(s.answered(s.join(consumer("a").in("one").as(ids[1]).version(4))));
}

TEST(Limits, OneGroupHandsOutNoMoreIdsThanItTakesMembers) {
  Config config;
  config.group_max_size = 2;
  Scenario s(config);
  const auto oldest = s.joined(s.join(consumer("a").version(4))).member_id;
  for (int i = 0; i < 100; ++i) s.join(consumer("a").version(4));
  EXPECT_EQ(s.coordinator().totals().pending_members, 2u);
  EXPECT_EQ(s.joined(s.join(consumer("a").as(oldest).version(4))).error, ErrorCode::unknown_member_id);
}

TEST(Limits, AMembersMetadata) {
  Config config;
  config.member_metadata_bytes_max = 1'000;
  Scenario s(config);
  EXPECT_EQ(s.joined(s.join(Client("a").knows("range", std::string(996, 'x')))).error, ErrorCode::policy_violation);
  EXPECT_FALSE(s.answered(s.join(Client("a").knows("range", std::string(995, 'x')))));
}

TEST(Limits, AMembersProtocols) {
  Config config;
  config.protocols_per_member_max = 2;
  Scenario s(config);
  EXPECT_EQ(s.joined(s.join(Client("a").knows("x").knows("y").knows("z"))).error,
            ErrorCode::inconsistent_group_protocol);
  EXPECT_FALSE(s.answered(s.join(Client("a").knows("x").knows("y"))));
  EXPECT_EQ(s.joined(s.join(Client("b").knows("x").knows(std::string(250, 'p')))).error,
            ErrorCode::inconsistent_group_protocol);
}

TEST(Limits, OfAProtocolNamedTwiceTheFirstCounts) {
  Scenario s;
  const Ticket a = s.join(Client("a").knows("range", "first").knows("range", "second"));
  s.pass(3s);
  EXPECT_EQ(s.joined(a).members.at(0).metadata, to_bytes("first"));
}

TEST(Limits, TheMembersOfACoordinatorTogether) {
  Config config;
  config.members_bytes_max = 100'000;
  Scenario s(config);
  int joined = 0;
  while (!s.answered(s.join(Client("a").knows("range", std::string(10'000, 'x')).in(std::to_string(joined))))) ++joined;
  EXPECT_EQ(joined, 9);
  EXPECT_LE(s.coordinator().totals().members_bytes, 100'000u);
  s.pass(10min);
  EXPECT_EQ(s.coordinator().totals().members_bytes, 0u);
}

TEST(Limits, TheOffsetsOfACoordinatorTogether) {
  Config config;
  config.offsets_bytes_max = 1'000;
  Scenario s(config);
  for (int i = 0; i < 7; ++i) EXPECT_EQ(s.commit_simply({"t", i, 1}), ErrorCode::none);
  EXPECT_EQ(s.commit_simply({"t", 7, 1}), ErrorCode::invalid_commit_offset_size);
  EXPECT_EQ(s.commit_simply({"t", 6, 2}), ErrorCode::none);
  EXPECT_EQ(s.commit_simply({"t", 6, 2, std::string(200, 'm')}), ErrorCode::invalid_commit_offset_size);
}

TEST(Limits, ALongClientIdIsCutBetweenCharacters) {
  Scenario s;
  std::string name(255, 'x');
  name += "\xC3\xA9\xC3\xA9";
  const auto reply = s.joined(s.join(Client(name).knows("range").version(4)));
  EXPECT_EQ(reply.member_id, std::string(255, 'x') + "-1");
}

TEST(Limits, ATickFiresABoundedNumberOfTimers) {
  Config config;
  config.timers_per_tick = 10;
  Scenario s(config);
  for (int i = 0; i < 25; ++i) s.join(consumer("a").in("g" + std::to_string(i)));
  const Now later{s.now().steady + 3s, s.now().wall};
  std::vector<std::size_t> answered;
  for (int i = 0; i < 3; ++i) {
    Effects effects = s.coordinator().tick(later);
    answered.push_back(effects.replies.size());
    s.apply(std::move(effects));
  }
  EXPECT_EQ(answered, (std::vector<std::size_t>{10, 10, 5}));
}

}  // namespace
}  // namespace millrace::groups
