#include "groups/scenario.hpp"

namespace millrace::groups {
namespace {

GroupValue two_members() {
  GroupValue value;
  value.protocol_type = "consumer";
  value.generation = 4;
  value.protocol = "range";
  value.leader = "a";
  value.members = {{"a", std::nullopt, "a", "/::1", 60'000, 10'000, {}, {}},
                   {"b", "i", "b", "/::1", 60'000, 10'000, {}, {}}};
  return value;
}

Errc refusal(Coordinator& into, ByteView key, std::optional<ByteView> value) {
  const auto applied = into.replay(key, value);
  EXPECT_FALSE(applied.has_value());
  return applied.has_value() ? Errc::busy : applied.error().code;
}

TEST(Replay, MembersGoOnWithTheirIdsAndGeneration) {
  Scenario s;
  const auto [a, b] = s.stable("a", "b");
  s.commit(a, {"t", 0, 5});
  s.restart();
  EXPECT_EQ(s.heartbeat(a), ErrorCode::none);
  EXPECT_EQ(s.heartbeat(b), ErrorCode::none);
  EXPECT_EQ(s.synced(s.sync(b)).assignment, to_bytes("for b"));
  EXPECT_EQ(s.commit(b, {"t", 0, 6}), ErrorCode::none);
  EXPECT_EQ(s.state(), GroupState::stable);
}

TEST(Replay, MembersHaveASessionToShowUp) {
  Scenario s;
  const auto [a, b] = s.stable("a", "b");
  s.restart();
  s.pass(9'999ms);
  EXPECT_EQ(s.heartbeat(a), ErrorCode::none);
  s.pass(1ms);
  EXPECT_EQ(s.heartbeat(a), ErrorCode::rebalance_in_progress);
  EXPECT_EQ(s.heartbeat(b), ErrorCode::unknown_member_id);
}

TEST(Replay, ARebalanceThatWasRunningIsBackAtTheLastStableGeneration) {
  Scenario s;
  const auto [a, b] = s.stable("a", "b");
  s.join(consumer("c"));
  s.restart();
  EXPECT_EQ(s.state(), GroupState::stable);
  EXPECT_EQ(s.heartbeat(a), ErrorCode::none);
  EXPECT_EQ(s.heartbeat(b), ErrorCode::none);
}

TEST(Replay, AGroupAboveANewSizeLimitRebalances) {
  Scenario s;
  const auto [a, b, c] = s.stable("a", "b", "c");
  Config smaller;
  smaller.group_max_size = 2;
  Coordinator after(smaller);
  for (const LogRecord& record : s.log())
    ASSERT_TRUE(after.replay(record.key, record.value ? std::optional<ByteView>(*record.value) : std::nullopt));
  after.loaded(s.now());
  const auto join = [&](const Seat& seat, Ticket to) {
    return after.join(Client("x").as(seat.id).knows("range").request, to, s.now());
  };
  EXPECT_TRUE(join(a, Ticket{1}).replies.empty());
  EXPECT_TRUE(join(b, Ticket{2}).replies.empty());
  // The third is one too many; with it gone, the other two are complete.
  const Effects effects = join(c, Ticket{3});
  EXPECT_EQ(effects.replies.size(), 3u);
  for (const Reply& reply : effects.replies)
    EXPECT_EQ(std::get<JoinReply>(reply.answer).error,
              reply.to == Ticket{3} ? ErrorCode::group_max_size_reached : ErrorCode::none);
}

TEST(Replay, TombstonesRemoveGroupsAndOffsets) {
  Coordinator c{Config{}};
  const Bytes group = encode_key(GroupKey{"g"});
  const Bytes offset = encode_key(OffsetKey{"g", "t", 0});
  ASSERT_TRUE(c.replay(group, encode_value(two_members())));
  ASSERT_TRUE(c.replay(offset, encode_value(OffsetValue{})));
  EXPECT_EQ(c.totals().members, 2u);
  ASSERT_TRUE(c.replay(offset, std::nullopt));
  ASSERT_TRUE(c.replay(group, std::nullopt));
  EXPECT_EQ(c.totals().groups, 0u);
  EXPECT_EQ(c.totals().members_bytes, 0u);
  EXPECT_EQ(c.totals().offsets_bytes, 0u);
}

TEST(Replay, OffsetsOutliveTheTombstoneOfTheirGroup) {
  Coordinator c{Config{}};
  ASSERT_TRUE(c.replay(encode_key(OffsetKey{"g", "t", 0}), encode_value(OffsetValue{})));
  ASSERT_TRUE(c.replay(encode_key(GroupKey{"g"}), encode_value(two_members())));
  ASSERT_TRUE(c.replay(encode_key(GroupKey{"g"}), std::nullopt));
  EXPECT_EQ(c.totals().offsets, 1u);
  EXPECT_EQ(c.totals().members, 0u);
}

TEST(Replay, TombstonesOfNothingAreNothing) {
  Coordinator c{Config{}};
  EXPECT_TRUE(c.replay(encode_key(OffsetKey{"g", "t", 0}), std::nullopt));
  EXPECT_TRUE(c.replay(encode_key(GroupKey{"g"}), std::nullopt));
  EXPECT_EQ(c.totals().groups, 0u);
}

TEST(Replay, ANewerVersionIsUnsupportedAndChangesNothing) {
  Coordinator c{Config{}};
  const Bytes newer_key{std::byte{0}, std::byte{9}, std::byte{0}, std::byte{0}};
  EXPECT_EQ(refusal(c, newer_key, std::nullopt), Errc::unsupported);
  const Bytes newer_value{std::byte{0}, std::byte{4}};
  EXPECT_EQ(refusal(c, encode_key(GroupKey{"g"}), newer_value), Errc::unsupported);
  EXPECT_EQ(refusal(c, encode_key(OffsetKey{"g", "t", 0}), newer_value), Errc::unsupported);
  EXPECT_EQ(c.totals().groups, 0u);
}

TEST(Replay, AGroupThatContradictsItselfIsCorruptAndChangesNothing) {
  Coordinator c{Config{}};
  const Bytes key = encode_key(GroupKey{"g"});
  const auto expect_corrupt = [&](auto damage) {
    GroupValue value = two_members();
    damage(value);
    EXPECT_EQ(refusal(c, key, encode_value(value)), Errc::corrupt);
  };
  expect_corrupt([](GroupValue& v) { v.members[1].member_id = "a"; });
  expect_corrupt([](GroupValue& v) { v.members[0].group_instance_id = "i"; });
  expect_corrupt([](GroupValue& v) { v.leader = "nobody"; });
  expect_corrupt([](GroupValue& v) { v.leader.reset(); });
  expect_corrupt([](GroupValue& v) { v.protocol.reset(); });
  expect_corrupt([](GroupValue& v) { v.protocol_type.clear(); });
  expect_corrupt([](GroupValue& v) { v.generation = -1; });
  EXPECT_EQ(c.totals().groups, 0u);
}

TEST(Replay, TimeoutsBeyondTheLimitsAreBroughtWithin) {
  Coordinator c{Config{}};
  GroupValue value = two_members();
  value.members[0].session_timeout_ms = std::numeric_limits<std::int32_t>::max();
  value.members[1].session_timeout_ms = -5;
  value.members[1].rebalance_timeout_ms = -1;
  ASSERT_TRUE(c.replay(encode_key(GroupKey{"g"}), encode_value(value)));
  c.loaded({});
  EXPECT_EQ(c.next_deadline(), Instant{6s});
}

TEST(Replay, TimesFarFromAnyClockAreOnlyOldOrNew) {
  Coordinator c{Config{}};
  OffsetValue value;
  value.commit_timestamp = std::numeric_limits<Timestamp>::min();
  ASSERT_TRUE(c.replay(encode_key(OffsetKey{"g", "old", 0}), encode_value(value)));
  value.commit_timestamp = std::numeric_limits<Timestamp>::max();
  ASSERT_TRUE(c.replay(encode_key(OffsetKey{"g", "new", 0}), encode_value(value)));
  c.loaded({Instant{}, 1'700'000'000'000});
  const Effects effects = c.tick({*c.next_deadline(), 1'700'000'000'000});
  ASSERT_EQ(effects.records.size(), 1u);
  EXPECT_EQ(effects.records[0].key, encode_key(OffsetKey{"g", "old", 0}));
}

TEST(Replay, AGenerationAtItsEndStartsOver) {
  Coordinator c{Config{}};
  GroupValue value = two_members();
  value.generation = std::numeric_limits<std::int32_t>::max();
  value.members.pop_back();
  ASSERT_TRUE(c.replay(encode_key(GroupKey{"g"}), encode_value(value)));
  c.loaded({});
  const Effects effects = c.join(Client("a").as("a").knows("range").request, Ticket{1}, {});
  EXPECT_EQ(std::get<JoinReply>(effects.replies.at(0).answer).generation_id, 0);
}

}  // namespace
}  // namespace millrace::groups
