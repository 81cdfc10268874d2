// Who waits for a commit is told by the commit that leads past the offset, and by no other.

#include <gmock/gmock.h>

#include "groups/scenario.hpp"

namespace millrace::groups {
namespace {

Ticket await(Scenario& s, std::int64_t offset, Milliseconds patience = 10s, const std::string& group = "g",
             PartitionIndex partition = 0) {
  const Ticket ticket = s.ticket();
  s.apply(s.coordinator().await(
      {.group_id = group, .topic = "t", .partition = partition, .offset = Offset(offset), .patience = patience}, ticket,
      s.now()));
  return ticket;
}

AwaitReply past(std::int64_t committed) {
  return {.error = ErrorCode::none, .message = {}, .is_past = true, .committed = Offset(committed)};
}

AwaitReply late(Offset committed) {
  return {.error = ErrorCode::none, .message = {}, .is_past = false, .committed = committed};
}

TEST(Await, IsAnsweredByTheCommitThatLeadsPast) {
  Scenario s;
  const auto [seat] = s.stable("a");
  const auto first = await(s, 4), second = await(s, 9), elsewhere = await(s, 0, 10s, "g", 1);
  (void)s.commit(seat, {"t", 0, 4});
  EXPECT_FALSE(s.answered(first)) << "what is committed is where the group reads next: 4 was not read yet";
  (void)s.commit(seat, {"t", 0, 7});
  EXPECT_EQ(s.answer<AwaitReply>(first), past(7));
  EXPECT_FALSE(s.answered(second));
  EXPECT_FALSE(s.answered(elsewhere));
  (void)s.commit(seat, {"t", 0, 10});
  EXPECT_EQ(s.answer<AwaitReply>(second), past(10));
}

TEST(Await, IsAnsweredAtOnceWhenItIsPast) {
  Scenario s;
  const auto [seat] = s.stable("a");
  (void)s.commit(seat, {"t", 0, 7});
  EXPECT_EQ(s.answer<AwaitReply>(await(s, 6)), past(7));
  EXPECT_EQ(s.answer<AwaitReply>(await(s, 7, 0s)), late(Offset(7))) << "who has no patience is told what there is";
}

TEST(Await, GivesUpInTime) {
  Scenario s;
  const auto [seat] = s.stable("a");
  (void)s.commit(seat, {"t", 0, 3});
  const auto brief = await(s, 3, 1s), patient = await(s, 3, 2s);
  s.pass(999ms);
  EXPECT_FALSE(s.answered(brief));
  s.pass(1ms);
  EXPECT_EQ(s.answer<AwaitReply>(brief), late(Offset(3)));
  EXPECT_FALSE(s.answered(patient));
  (void)s.commit(seat, {"t", 0, 4});
  EXPECT_EQ(s.answer<AwaitReply>(patient), past(4));
}

TEST(Await, MayBeginBeforeThereIsAGroup) {
  Scenario s;
  const auto waiting = await(s, 0, 60s), other = await(s, 0, 60s, "other");
  const auto [seat] = s.stable("a");
  (void)s.commit(seat, {"t", 0, 1});
  EXPECT_EQ(s.answer<AwaitReply>(waiting), past(1));
  s.pass(60s);
  EXPECT_EQ(s.answer<AwaitReply>(other), late(no_offset));
}

TEST(Await, IsAnsweredByAResetToo) {
  Scenario s;
  s.topics({{"t", 4}});
  const auto waiting = await(s, 5);
  const Ticket ticket = s.ticket();
  ResetRequest request{.group_id = "g", .topics = {{.name = "t", .partitions = {{0, Offset(6)}}}}};
  s.apply(s.coordinator().reset(request, ticket, s.now()));
  EXPECT_EQ(s.answer<AwaitReply>(waiting), past(6));
}

TEST(Await, IsRefusedBeyondItsBound) {
  Config config;
  config.awaits_max = 2;
  Scenario s(config);
  const auto first = await(s, 0, 1s), second = await(s, 0, 1s);
  EXPECT_EQ(s.answer<AwaitReply>(await(s, 0, 1s)).error, ErrorCode::policy_violation);
  s.pass(1s);
  EXPECT_TRUE(s.answered(first) && s.answered(second));
  EXPECT_FALSE(s.answered(await(s, 0, 1s))) << "there is room again";
}

TEST(Await, IsRefusedForAGroupThatCannotBe) {
  Scenario s;
  EXPECT_EQ(s.answer<AwaitReply>(await(s, 0, 1s, "")).error, ErrorCode::invalid_group_id);
}

}  // namespace
}  // namespace millrace::groups
