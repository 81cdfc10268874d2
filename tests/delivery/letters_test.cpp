// Dead letters: written once, tried again, confirmed, redriven, given up.

#include <algorithm>

#include "delivery/story.hpp"

namespace millrace::delivery {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

/// Dead, its letter on its way.
std::int64_t killed(Story& s) {
  const Acquired event = s.take_one();
  (void)s.reject(event);
  return event.token.offset.value();
}

TEST(Letters, AnEventIsUnsettledUntilItsLetterIsWritten) {
  Story s;
  s.publish(2);
  (void)killed(s);
  EXPECT_EQ(s.facts().archiving, 1u);
  EXPECT_EQ(s.facts().start, Offset(0));
  s.archived(0, 100);
  EXPECT_EQ(s.facts().start, Offset(1));
  EXPECT_EQ(s.facts().unsettled, 1u);
}

TEST(Letters, ACrashBeforeTheConfirmationAsksAgainAndSaysWhereToLook) {
  Story s;
  s.publish(3);
  (void)killed(s);
  s.archived(0, 100);
  (void)killed(s);
  ASSERT_THAT(s.letters(), SizeIs(2));
  EXPECT_FALSE(s.letters()[1].may_be_there);
  EXPECT_EQ(s.letters()[1].look_behind, Offset(100));
  const DeadLetter before = s.letters()[1];
  s.crash();
  s.feed();
  DeadLetter expected = before;
  expected.may_be_there = true;
  EXPECT_THAT(s.letters(), ElementsAre(expected));
  s.archived(1, 105);
  s.crash();
  s.feed();
  EXPECT_THAT(s.letters(), IsEmpty());
  EXPECT_EQ(Story::offsets(s.take(9)), (Offsets{2}));
}

TEST(Letters, WhatTargetsRefuseIsHeldAndTriedAgain) {
  Story s;
  s.publish(1);
  (void)killed(s);
  s.archive_failed(0);
  s.pass(999ms);
  EXPECT_THAT(s.letters(), SizeIs(1));
  s.pass(1ms);
  EXPECT_THAT(s.letters(), SizeIs(2));
  s.archive_failed(0);
  s.pass(1'999ms);
  EXPECT_THAT(s.letters(), SizeIs(2));
  s.pass(1ms);
  ASSERT_THAT(s.letters(), SizeIs(3));
  EXPECT_TRUE(s.letters()[2].may_be_there) << "an attempt that failed may have written it";
  s.archived(0, 1);
  EXPECT_EQ(s.facts().start, Offset(1));
}

TEST(Letters, WhatTargetsRefuseIsDroppedIfThePolicySaysSo) {
  Policy policy = plain();
  policy.on_target_error = OnTargetError::drop;
  Story s(policy);
  s.publish(1);
  (void)killed(s);
  s.archive_failed(0);
  EXPECT_EQ(s.facts().unsettled, 0u);
  EXPECT_EQ(s.machine().counts().dropped, 1u);
}

TEST(Letters, ThereAreNoneWhereNoneAreWanted) {
  Policy policy = plain();
  policy.dead_letters = false;
  Story s(policy);
  s.publish(1);
  (void)killed(s);
  EXPECT_THAT(s.letters(), IsEmpty());
  EXPECT_EQ(s.facts().unsettled, 0u);
  EXPECT_EQ(s.machine().counts().died, 1u);
}

TEST(Letters, AConfirmationOfSomethingElseChangesNothing) {
  Story s;
  s.publish(1);
  const Acquired event = s.take_one();
  s.archived(0, 7);
  s.archive_failed(0);
  EXPECT_THAT(s.acknowledge(event), ElementsAre(TokenError::none));
}

TEST(Letters, ARedrivenEventComesToThisSubscriptionAgain) {
  Story s;
  s.publish(3);
  (void)killed(s);
  s.archived(0, 100);
  (void)s.acknowledge(s.take(9));
  EXPECT_EQ(s.facts().start, Offset(3));
  EXPECT_EQ(s.redrive(0), RedriveError::none);
  EXPECT_EQ(s.facts().start, Offset(3)) << "what is committed never goes back";
  s.crash();
  EXPECT_EQ(s.facts().start, Offset(3));
  const Acquired again = s.take_one();
  EXPECT_EQ(again.token.offset, Offset(0));
  EXPECT_EQ(again.attempt, 1);
  (void)s.acknowledge(again);
  s.crash();
  EXPECT_THAT(s.take(9), IsEmpty());
}

TEST(Letters, ARedrivenEventMayKeepItsFailuresAndDiesWithALetterOfItsOwn) {
  Story s;
  s.publish(1);
  (void)killed(s);
  const DeadLetter first = s.letters().at(0);
  s.archived(0, 100);
  EXPECT_EQ(s.redrive(0, first.life, first.failures), RedriveError::none);
  const Acquired again = s.take_one();
  EXPECT_EQ(again.attempt, 2);
  (void)s.reject(again);
  const DeadLetter& second = s.letters().at(1);
  EXPECT_EQ(second.life, first.life + 1);
  EXPECT_EQ(second.failures.count, 2);
  EXPECT_THAT(second.failures.history, ElementsAre(Past{Reason::rejected, 2, noon, noon}));
  EXPECT_EQ(second.look_behind, Offset(100));
}

TEST(Letters, ARedrivenEventDoesNotDieOfItsAge) {
  Policy policy = plain();
  policy.max_age = 10s;
  Story s(policy);
  s.publish(1);
  s.feed();
  s.pass(10s);
  s.archived(0, 1);
  EXPECT_EQ(s.redrive(0), RedriveError::none);
  s.crash();
  s.feed();
  s.pass(1h);
  EXPECT_EQ(Story::offsets(s.take(1)), (Offsets{0}));
}

TEST(Letters, OnlyTheDeadAreRedriven) {
  Policy policy = plain();
  policy.unsettled_max = 1;
  Story s(policy);
  s.publish(3);
  EXPECT_EQ(s.redrive(2), RedriveError::not_told);
  const Acquired event = s.take_one();
  EXPECT_EQ(s.redrive(0), RedriveError::not_dead);
  (void)s.reject(event);
  EXPECT_EQ(s.redrive(0), RedriveError::not_dead) << "its letter is being written";
  s.archived(0, 1);
  (void)s.take_one();
  EXPECT_EQ(s.redrive(0), RedriveError::full);
}

TEST(Letters, ARedrivenEventThatIsAcknowledgedResolvesItsLetter) {
  Story s;
  s.publish(2);
  const Hands both = s.take(2);
  (void)s.reject(both[0]);
  s.archived(0, 7);
  (void)s.acknowledge(both[1]);
  EXPECT_THAT(s.resolved(), IsEmpty()) << "it never was a dead letter";
  EXPECT_FALSE(s.machine().is_unsettled(Offset(0)));
  EXPECT_EQ(s.redrive(0, 4), RedriveError::none);
  EXPECT_TRUE(s.machine().is_unsettled(Offset(0)));
  s.crash();
  EXPECT_TRUE(s.machine().is_unsettled(Offset(0)));
  (void)s.acknowledge(s.take_one());
  EXPECT_THAT(s.resolved(), ElementsAre(Resolved{Offset(0), 4}));
  EXPECT_FALSE(s.machine().is_unsettled(Offset(0)));
}

TEST(Letters, ARedrivenEventIsDeliveredWhereItsLogHasLostIt) {
  Story s;
  s.publish(3);
  const Hands all = s.take(3);
  (void)s.reject(all[0]);
  (void)s.reject(all[1]);
  (void)s.acknowledge(all[2]);
  s.archived(0, 7);
  s.archived(1, 8);
  EXPECT_EQ(s.redrive(0), RedriveError::none);
  s.log_begins(3);
  EXPECT_EQ(s.redrive(1), RedriveError::none) << "its letter has it";
  s.crash();
  s.log_begins(3);
  const Hands again = s.take(9);
  EXPECT_EQ(Story::offsets(again), (Offsets{0, 1}));
  (void)s.fail(again[0]);
  (void)s.release(0ms, again[1]);
  s.pass(1h);
  EXPECT_EQ(Story::offsets(s.take(9)), (Offsets{0, 1}));
  EXPECT_EQ(s.machine().counts().gone, 0u);
}

TEST(Letters, AnEventRedrivenInTheMiddleIsOpenAfterACrash) {
  Story s;
  s.publish(4);
  const Hands all = s.take(4);
  (void)s.acknowledge(all[1], all[3]);
  (void)s.reject(all[2]);
  s.archived(2, 9);
  EXPECT_EQ(s.redrive(2), RedriveError::none);
  s.crash();
  EXPECT_EQ(Story::offsets(s.take(9)), (Offsets{0, 2}));
}

/// After a start delivery comes to an event only when somebody asks for events: letters do not wait for that.
TEST(Letters, WhatHasDiedBeforeARestartIsRedrivenBeforeAnybodyAsks) {
  for (const Order order : {Order::none, Order::key}) {
    Story s(ordered(order));
    for (const char* key : {"a", "b", "b", "c"}) s.publish(1, key);
    const Hands heads = s.take(9);
    const auto dead = std::ranges::find(heads, Offset(1), [](const Acquired& each) { return each.token.offset; });
    (void)s.reject(*dead);
    s.archived(1, 100);
    (void)s.acknowledge(heads.back());
    s.crash();
    EXPECT_EQ(s.redrive(1), RedriveError::none);
    EXPECT_EQ(s.redrive(1, 1), RedriveError::not_dead) << "it is on its way";
    EXPECT_TRUE(s.machine().is_unsettled(Offset(1)));
    s.crash();
    const Hands again = s.take(9);
    EXPECT_EQ(Story::offsets(again), order == Order::key ? (Offsets{0, 1}) : (Offsets{0, 1, 2}));
    (void)s.acknowledge(again);
    EXPECT_THAT(s.resolved(), ElementsAre(Resolved{Offset(1), 0}));
    EXPECT_EQ(Story::offsets(s.take(9)), order == Order::key ? (Offsets{2}) : (Offsets{}));
    s.crash();
    EXPECT_EQ(Story::offsets(s.take(9)), order == Order::key ? (Offsets{2}) : (Offsets{}));
  }
}

TEST(Letters, WhatHasDiedBeforeARestartIsGivenUpBeforeAnybodyAsks) {
  Story s(ordered());
  for (const char* key : {"a", "b", "b"}) s.publish(1, key);
  const Hands heads = s.take(9);
  EXPECT_EQ(Story::offsets(heads), (Offsets{0, 1}));
  (void)s.reject(heads[1]);
  s.archived(1, 100);
  s.crash();
  s.discard(0);
  s.discard(1);
  EXPECT_FALSE(s.machine().is_unsettled(Offset(1)));
  EXPECT_TRUE(s.machine().is_unsettled(Offset(0))) << "it is not dead";
  s.crash();
  EXPECT_EQ(Story::offsets(s.take(9)), (Offsets{0, 2})) << "nothing holds its key any more";
}

TEST(Letters, ALetterIsWrittenWhateverTheFilterSaysAfterACrash) {
  Story s;
  s.publish(3);
  const Hands all = s.take(9);
  (void)s.reject(all[0]);
  (void)s.reject(all[2]);
  s.crash();
  s.filter_out({0, 2});
  s.feed();
  ASSERT_THAT(s.letters(), SizeIs(2));
  EXPECT_EQ(s.letters()[0].offset, Offset(0));
  EXPECT_EQ(s.letters()[1].offset, Offset(2));
  EXPECT_TRUE(s.letters()[0].may_be_there);
}

}  // namespace
}  // namespace millrace::delivery
