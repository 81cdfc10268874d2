// ConsumerGroupHeartbeat: what is refused, joining, epochs, leaving (KIP-848).

#include <gmock/gmock.h>

#include "groups/consumer.hpp"

namespace millrace::groups {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

ConsumerHeartbeatRequest first_request() {
  ConsumerHeartbeatRequest request;
  request.group_id = "g";
  request.member_id = "a";
  request.rebalance_timeout = 60s;
  request.subscribed_topics = std::vector<std::string>{"t"};
  request.owned = Assignment{};
  request.requires_member_id = true;
  return request;
}

TEST(ConsumerHeartbeat, NamesWhatIsWrongWithARequest) {
  Scenario s;
  s.topics({{"t", 2}});
  const auto refused = [&](auto&& change) {
    ConsumerHeartbeatRequest request = first_request();
    change(request);
    const auto reply = s.beat(request);
    EXPECT_TRUE(reply.message.has_value());
    return std::pair(reply.error, reply.message.value_or("").substr(0, reply.message.value_or("").find(' ')));
  };
  using Named = std::pair<ErrorCode, std::string>;
  const auto invalid = [](std::string name) { return Named{ErrorCode::invalid_request, std::move(name)}; };
  EXPECT_EQ(refused([](auto& r) { r.group_id = ""; }), invalid("group_id"));
  EXPECT_EQ(refused([](auto& r) { r.member_id = ""; }), invalid("member_id"));
  EXPECT_EQ(refused([](auto& r) { r.instance_id = " "; }), invalid("instance_id"));
  EXPECT_EQ(refused([](auto& r) { r.rack_id = ""; }), invalid("rack_id"));
  EXPECT_EQ(refused([](auto& r) { r.rebalance_timeout.reset(); }), invalid("rebalance_timeout_ms"));
  EXPECT_EQ(refused([](auto& r) { r.owned.reset(); }), invalid("topic_partitions"));
  EXPECT_EQ(refused([&](auto& r) { r.owned = Assignment{{s.topic_id("t"), {0}}}; }), invalid("topic_partitions"));
  EXPECT_EQ(refused([](auto& r) { r.subscribed_topics.reset(); }), invalid("neither"));
  EXPECT_EQ(refused([](auto& r) { r.member_epoch = -2; }), invalid("instance_id"));
  EXPECT_EQ(refused([](auto& r) { r.member_epoch = -3; }), invalid("member_epoch"));
  EXPECT_EQ(refused([](auto& r) { r.group_id = std::string(250, 'g'); }), invalid("group_id"));
  EXPECT_EQ(refused([](auto& r) { r.member_id = std::string(40'000, 'm'); }), invalid("member_id"));
  EXPECT_EQ(refused([](auto& r) { r.server_assignor = "dice"; }),
            Named(ErrorCode::unsupported_assignor, "server_assignor"));
  EXPECT_EQ(refused([](auto& r) { r.subscribed_regex = "["; }),
            Named(ErrorCode::invalid_regular_expression, "subscribed_topic_regex:"));
  EXPECT_THAT(s.list().groups, IsEmpty()) << "a refused request makes no group";
}

TEST(ConsumerHeartbeat, OfAGroupThatDoesNotExistIsRefusedUnlessItJoins) {
  Scenario s;
  ConsumerHeartbeatRequest request = first_request();
  request.member_epoch = 4;
  EXPECT_EQ(s.beat(request).error, ErrorCode::group_id_not_found);
  request.member_epoch = -1;
  EXPECT_EQ(s.beat(request).error, ErrorCode::group_id_not_found);
}

TEST(ConsumerHeartbeat, TheFirstMemberGetsEverythingAtOnce) {
  Scenario s;
  s.topics({{"t", 3}, {"other", 2}});
  Consumer a(s, "a");
  const auto reply = a.reads({"t"}).join();
  EXPECT_EQ(reply.error, ErrorCode::none);
  EXPECT_EQ(reply.member_id, "a");
  EXPECT_EQ(reply.heartbeat_interval, 5s);
  EXPECT_THAT(a.has(), ElementsAre("t-0", "t-1", "t-2"));
  const auto described = s.describe_consumer();
  EXPECT_EQ(described.state, GroupState::stable);
  EXPECT_EQ(described.epoch, a.epoch);
  EXPECT_EQ(described.assignor, "uniform");
  EXPECT_EQ(described.members.at(0).subscribed_topics, std::vector<std::string>{"t"});
  EXPECT_EQ(described.members.at(0).assignment, described.members.at(0).target);
}

TEST(ConsumerHeartbeat, AnAssignmentIsSentOnlyWhenItChangesOrIsAskedFor) {
  Scenario s;
  s.topics({{"t", 2}});
  Consumer a(s, "a");
  EXPECT_TRUE(a.reads({"t"}).join().assignment.has_value());
  EXPECT_FALSE(a.beat().assignment.has_value());
  EXPECT_TRUE(a.tell().assignment.has_value()) << "a full request asks for it";
}

TEST(ConsumerHeartbeat, InVersion0TheBrokerMakesTheMemberId) {
  Scenario s;
  ConsumerHeartbeatRequest request = first_request();
  request.member_id = "";
  request.requires_member_id = false;
  const auto reply = s.beat(request);
  EXPECT_EQ(reply.error, ErrorCode::none);
  EXPECT_EQ(reply.member_id, "made-1");
  EXPECT_EQ(s.describe_consumer().members.at(0).member_id, "made-1");
}

TEST(ConsumerHeartbeat, AnEmptySubscriptionIsAMemberThatReadsNothing) {
  Scenario s;
  Consumer a(s, "a");
  EXPECT_EQ(a.reads({}).join().error, ErrorCode::none);
  EXPECT_THAT(a.has(), IsEmpty());
  EXPECT_EQ(s.describe_consumer().state, GroupState::stable);
}

TEST(ConsumerEpoch, GrowsWithASubscriptionAndNotWithAnythingElse) {
  Scenario s;
  s.topics({{"t", 1}, {"u", 1}});
  Consumer a(s, "a");
  a.reads({"t"}).join();
  const auto first = a.epoch;
  a.tell();
  EXPECT_EQ(a.epoch, first);
  a.reads({"t", "t"}).tell();
  EXPECT_EQ(a.epoch, first) << "the same topics";
  a.reads({"u", "t"}).tell();
  EXPECT_EQ(a.epoch, first + 1);
  EXPECT_THAT(a.has(), ElementsAre("t-0", "u-0"));
}

TEST(ConsumerEpoch, GrowsWhenATopicThatIsReadChanges) {
  Scenario s;
  s.topics({{"t", 1}, {"other", 1}});
  Consumer a(s, "a");
  a.reads({"t", "later"}).join();
  const auto first = a.epoch;
  s.topics({{"t", 1}, {"other", 5}});
  a.beat();
  EXPECT_EQ(a.epoch, first) << "nobody reads that";
  s.topics({{"t", 2}, {"other", 5}});
  a.beat();
  EXPECT_EQ(a.epoch, first + 1);
  EXPECT_THAT(a.has(), ElementsAre("t-0", "t-1"));
  s.topics({{"t", 2}, {"later", 1}});
  a.beat();
  EXPECT_THAT(a.has(), ElementsAre("later-0", "t-0", "t-1"));
  s.topics({{"later", 1}});
  settle({&a});
  EXPECT_THAT(a.has(), ElementsAre("later-0")) << "a deleted topic is given up";
}

TEST(ConsumerEpoch, IsTheSameAfterARestart) {
  Scenario s;
  s.topics({{"t", 2}});
  Consumer a(s, "a"), b(s, "b");
  a.reads({"t"}).join();
  b.reads({"t"}).join();
  settle({&a, &b});
  b.leave();
  settle({&a});
  const auto before = a.epoch;
  s.restart();
  EXPECT_EQ(a.beat().error, ErrorCode::none);
  EXPECT_EQ(a.epoch, before);
  EXPECT_EQ(s.describe_consumer().epoch, before) << "a restart alone changes nothing";
}

TEST(ConsumerEpoch, ThatIsNotTheMembersIsFenced) {
  Scenario s;
  s.topics({{"t", 2}});
  Consumer a(s, "a");
  a.reads({"t"}).join();
  a.reads({"t", "u"}).tell();
  Consumer ahead = a, behind = a;
  ahead.epoch += 1;
  EXPECT_EQ(ahead.beat().error, ErrorCode::fenced_member_epoch);
  behind.epoch -= 2;
  EXPECT_EQ(behind.beat().error, ErrorCode::fenced_member_epoch);
  Consumer stranger(s, "stranger");
  stranger.epoch = a.epoch;
  EXPECT_EQ(stranger.beat().error, ErrorCode::unknown_member_id);
}

TEST(ConsumerEpoch, OneBehindIsALostAnswerIfTheMemberOwnsNothingElse) {
  Scenario s;
  s.topics({{"t", 2}, {"u", 1}});
  Consumer a(s, "a");
  a.reads({"t"}).join();
  Consumer before = a;
  a.reads({"t", "u"}).tell();
  before.about = a.about;
  EXPECT_EQ(before.tell().error, ErrorCode::none);
  EXPECT_EQ(before.epoch, a.epoch);
  EXPECT_EQ(before.owned, a.owned);
  Consumer greedy = a;
  greedy.epoch -= 1;
  greedy.owned[s.topic_id("t")].insert(7);
  EXPECT_EQ(greedy.beat().error, ErrorCode::fenced_member_epoch);
}

TEST(ConsumerEpoch, ZeroLetsAMemberComeBackAtAnyTime) {
  Scenario s;
  s.topics({{"t", 2}});
  Consumer a(s, "a");
  a.reads({"t"}).join();
  EXPECT_EQ(a.join().error, ErrorCode::none);
  EXPECT_THAT(a.has(), ElementsAre("t-0", "t-1"));
}

TEST(ConsumerLeave, FreesWhatTheMemberHad) {
  Scenario s;
  s.topics({{"t", 2}});
  Consumer a(s, "a"), b(s, "b");
  a.reads({"t"}).join();
  b.reads({"t"}).join();
  settle({&a, &b});
  const auto reply = b.leave();
  EXPECT_EQ(reply.error, ErrorCode::none);
  EXPECT_EQ(reply.member_epoch, -1);
  EXPECT_EQ(s.describe_consumer().state, GroupState::assigning);
  settle({&a});
  EXPECT_THAT(a.has(), ElementsAre("t-0", "t-1"));
  EXPECT_EQ(b.leave().error, ErrorCode::unknown_member_id);
  a.leave();
  EXPECT_EQ(s.describe_consumer().state, GroupState::empty);
}

TEST(ConsumerSession, AMemberThatIsSilentIsRemoved) {
  Scenario s;
  s.topics({{"t", 2}});
  Consumer a(s, "a"), b(s, "b");
  a.reads({"t"}).join();
  b.reads({"t"}).join();
  settle({&a, &b});
  s.pass(44'999ms);
  a.beat();
  s.pass(1ms);
  EXPECT_EQ(b.beat().error, ErrorCode::unknown_member_id);
  settle({&a});
  EXPECT_THAT(a.has(), ElementsAre("t-0", "t-1"));
}

TEST(ConsumerSession, BeginsAnewAfterARestart) {
  Scenario s;
  s.topics({{"t", 1}});
  Consumer a(s, "a");
  a.reads({"t"}).join();
  s.pass(40s);
  s.restart();
  s.pass(40s);
  EXPECT_EQ(a.beat().error, ErrorCode::none);
}

/// Of one group alone.
class SetFor final : public Settings {
 public:
  explicit SetFor(std::string group) : group_(std::move(group)) {}
  [[nodiscard]] std::optional<Milliseconds> session_timeout(std::string_view group_id) const override {
    return group_id == group_ ? std::optional<Milliseconds>(50s) : std::nullopt;
  }
  [[nodiscard]] std::optional<Milliseconds> heartbeat_interval(std::string_view group_id) const override {
    return group_id == group_ ? std::optional<Milliseconds>(7s) : std::nullopt;
  }

 private:
  std::string group_;
};

TEST(ConsumerSession, IsAsLongAsItIsSetForTheGroup) {
  Scenario s;
  s.topics({{"t", 1}});
  s.coordinator().set_settings(std::make_shared<SetFor>("g"));
  Consumer a(s, "a");
  EXPECT_EQ(a.reads({"t"}).join().heartbeat_interval, 7s);
  Consumer b(s, "b");
  b.about.group_id = "other";
  EXPECT_EQ(b.reads({"t"}).join().heartbeat_interval, 5s);
  s.pass(46s);
  EXPECT_EQ(s.describe_consumer("g").members.size(), 1U);
  EXPECT_EQ(s.describe_consumer("other").members.size(), 0U);
  s.pass(5s);
  EXPECT_EQ(s.describe_consumer("g").members.size(), 0U);
}

TEST(ConsumerSession, FollowsAChangeOnceTheMemberSpeaks) {
  Scenario s;
  s.topics({{"t", 1}});
  Consumer a(s, "a");
  a.reads({"t"}).join();
  s.coordinator().set_settings(std::make_shared<SetFor>("g"));
  EXPECT_EQ(a.beat().heartbeat_interval, 7s);
  s.pass(46s);
  EXPECT_EQ(s.describe_consumer("g").members.size(), 1U);
}

TEST(ConsumerLimits, OneMemberTooManyIsTurnedAway) {
  Config config;
  config.group_max_size = 2;
  Scenario s(config);
  s.topics({{"t", 2}});
  Consumer a(s, "a"), b(s, "b"), c(s, "c");
  a.reads({"t"}).join();
  b.reads({"t"}).join();
  EXPECT_EQ(c.reads({"t"}).join().error, ErrorCode::group_max_size_reached);
  EXPECT_EQ(b.join().error, ErrorCode::none) << "who is in may come back";
}

TEST(ConsumerLimits, MemoryOfMembersIsBounded) {
  Config config;
  config.members_bytes_max = 10'000;
  Scenario s(config);
  std::size_t in = 0;
  for (int i = 0; i < 100; ++i) {
    Consumer each(s, "m" + std::to_string(i));
    const auto error = each.reads({"t"}).join().error;
    if (error == ErrorCode::none)
      ++in;
    else
      EXPECT_EQ(error, ErrorCode::policy_violation);
  }
  EXPECT_LT(in, 20u);
  EXPECT_LE(s.coordinator().totals().members_bytes, 10'000u);
}

TEST(ConsumerGroups, AreListedByTypeAndState) {
  Scenario s;
  s.topics({{"t", 1}});
  Consumer a(s, "a");
  a.reads({"t"}).join();
  s.commit_simply({"t", 0, 5}, "simple");
  const auto listed = s.list({{}, {"Consumer"}});
  ASSERT_EQ(listed.groups.size(), 1u);
  EXPECT_EQ(listed.groups[0].group_id, "g");
  EXPECT_EQ(listed.groups[0].protocol_type, "consumer");
  EXPECT_EQ(listed.groups[0].type, GroupType::consumer);
  EXPECT_EQ(s.list({{"stable"}, {}}).groups.size(), 1u);
  EXPECT_EQ(s.list({{}, {"classic"}}).groups.at(0).group_id, "simple");
  EXPECT_EQ(s.describe().state, GroupState::dead) << "the classic way of describing does not know it";
  EXPECT_EQ(s.describe_consumer("simple").error, ErrorCode::group_id_not_found);
}

TEST(ConsumerGroups, AreDeletedOnceEmptyAndLeaveNothing) {
  Scenario s;
  s.topics({{"t", 1}});
  Consumer a(s, "a");
  a.reads({"t"}).matching("t.*").join();
  EXPECT_EQ(s.delete_group(), ErrorCode::non_empty_group);
  a.leave();
  EXPECT_EQ(s.delete_group(), ErrorCode::none);
  EXPECT_EQ(s.describe_consumer().error, ErrorCode::group_id_not_found);
  std::map<std::string, bool> alive;
  for (const LogRecord& record : s.log()) alive[std::string(as_text(record.key))] = record.value.has_value();
  for (const auto& [key, is_alive] : alive) EXPECT_FALSE(is_alive) << "a record is left of a group that is gone";
}

}  // namespace
}  // namespace millrace::groups
