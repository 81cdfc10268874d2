// What is promised about order, and what stops rather than break it.

#include "delivery/story.hpp"

namespace millrace::delivery {
namespace {

using testing::IsEmpty;
using testing::SizeIs;

void publish(Story& s, std::initializer_list<const char*> keys) {
  for (const char* key : keys) s.publish(1, key);
}

TEST(KeyOrder, OneEventOfAKeyIsInHandAtATime) {
  Story s(ordered());
  publish(s, {"a", "a", "b", "a", "b"});
  const Hands heads = s.take(9);
  EXPECT_EQ(Story::offsets(heads), (Offsets{0, 2}));
  EXPECT_EQ(s.facts().parked, 3u);
  (void)s.acknowledge(heads[1]);
  EXPECT_EQ(Story::offsets(s.take(9)), (Offsets{4}));
  (void)s.acknowledge(heads[0]);
  EXPECT_EQ(Story::offsets(s.take(9)), (Offsets{1}));
}

TEST(KeyOrder, EventsWithoutAKeyAreFree) {
  Story s(ordered());
  s.publish(3);
  EXPECT_THAT(s.take(9), SizeIs(3));
}

TEST(KeyOrder, AFailedEventHoldsBackItsKeyAndNoOther) {
  Story s(ordered());
  publish(s, {"a", "b", "a", "b"});
  const Hands heads = s.take(9);
  (void)s.fail(heads[0]);
  (void)s.acknowledge(heads[1]);
  EXPECT_EQ(Story::offsets(s.take(9)), (Offsets{3}));
  s.pass(1s);
  EXPECT_EQ(Story::offsets(s.take(9)), (Offsets{0}));
}

TEST(KeyOrder, ADeadEventHoldsBackItsKeyUntilItIsRedriven) {
  Story s(ordered());
  publish(s, {"a", "a", "a"});
  (void)s.reject(s.take_one());
  EXPECT_THAT(s.take(9), IsEmpty()) << "its letter is being written";
  s.archived(0, 100);
  EXPECT_EQ(s.facts().dead, 1u);
  EXPECT_THAT(s.take(9), IsEmpty());
  s.crash();
  EXPECT_THAT(s.take(9), IsEmpty()) << "also after a restart";
  EXPECT_THAT(s.letters(), IsEmpty()) << "the letter is written";
  EXPECT_EQ(s.redrive(0), RedriveError::none);
  s.crash();
  const Hands again = s.take(9);
  EXPECT_EQ(Story::offsets(again), (Offsets{0}));
  (void)s.acknowledge(again);
  EXPECT_EQ(Story::offsets(s.take(9)), (Offsets{1}));
}

TEST(KeyOrder, ADiscardedEventReleasesTheRest) {
  Story s(ordered());
  publish(s, {"a", "a"});
  (void)s.reject(s.take_one());
  s.discard(0);
  EXPECT_THAT(s.take(9), IsEmpty()) << "only what is dead can be given up";
  s.archived(0, 100);
  s.discard(0);
  EXPECT_EQ(Story::offsets(s.take(9)), (Offsets{1}));
  s.crash();
  EXPECT_EQ(Story::offsets(s.take(9)), (Offsets{1}));
}

TEST(KeyOrder, TheDeadHoldNothingBackIfThePolicySaysSo) {
  Policy policy = ordered();
  policy.dead_holds = false;
  Story s(policy);
  publish(s, {"a", "a"});
  (void)s.reject(s.take_one());
  EXPECT_THAT(s.take(9), IsEmpty()) << "not before the letter is written";
  s.archived(0, 100);
  EXPECT_EQ(Story::offsets(s.take(9)), (Offsets{1}));
}

TEST(KeyOrder, AnEarlierEventThatIsRedrivenGoesFirst) {
  Policy policy = ordered();
  policy.dead_holds = false;
  Story s(policy);
  publish(s, {"a", "a", "a"});
  (void)s.reject(s.take_one());
  s.archived(0, 100);
  EXPECT_EQ(s.redrive(0), RedriveError::none);
  const Hands first = s.take(9);
  EXPECT_EQ(Story::offsets(first), (Offsets{0}));
  (void)s.acknowledge(first);
  EXPECT_EQ(Story::offsets(s.take(9)), (Offsets{1}));
}

TEST(KeyOrder, WhatIsHeldBackTooLongDiesOfThat) {
  Policy policy = ordered();
  policy.max_age = 1min;
  policy.lock_time = 1h;
  Story s(policy);
  publish(s, {"a", "a"});
  (void)s.take_one();
  s.pass(1min);
  ASSERT_THAT(s.letters(), SizeIs(1));
  EXPECT_EQ(s.letters()[0].offset, Offset(1));
  EXPECT_EQ(s.letters()[0].reason, Reason::key_blocked);
}

TEST(KeyOrder, ALongQueueOfOneKeyStopsThePartition) {
  Policy policy = ordered();
  policy.per_key_max = 3;
  Story s(policy);
  publish(s, {"a", "a", "b", "a", "a", "c"});
  const Hands heads = s.take(9);
  EXPECT_EQ(Story::offsets(heads), (Offsets{0, 2})) << "c lies behind what there is no room for";
  EXPECT_EQ(s.facts().stop, Stop::key);
  EXPECT_EQ(s.facts().told, Offset(4));
  (void)s.acknowledge(heads[0]);
  EXPECT_EQ(Story::offsets(s.take(9)), (Offsets{1, 5}));
  EXPECT_EQ(s.facts().stop, Stop::none);
}

TEST(KeyOrder, TooManyUnsettledEventsStopThePartition) {
  Policy policy = plain();
  policy.unsettled_max = 3;
  Story s(policy);
  s.publish(5);
  const Hands all = s.take(9);
  EXPECT_THAT(all, SizeIs(3));
  EXPECT_EQ(s.facts().stop, Stop::total);
  (void)s.acknowledge(all[2]);
  EXPECT_EQ(Story::offsets(s.take(9)), (Offsets{3}));
}

TEST(PartitionOrder, OneEventAfterTheOther) {
  Story s(ordered(Order::partition));
  publish(s, {"a", "b"});
  s.publish(1);
  for (std::int64_t at = 0; at < 3; ++at) {
    const Hands one = s.take(9);
    EXPECT_EQ(Story::offsets(one), (Offsets{at}));
    (void)s.acknowledge(one);
  }
}

TEST(PartitionOrder, FailuresDoNotKillOnlyAgeDoes) {
  Policy policy = ordered(Order::partition);
  policy.max_age = 1h;
  Story s(policy);
  s.publish(2);
  for (int i = 0; i < 9; ++i) {
    (void)s.fail(s.take_one());
    s.pass(5min);
  }
  EXPECT_THAT(s.letters(), IsEmpty());
  s.pass(15min);
  ASSERT_THAT(s.letters(), SizeIs(1));
  EXPECT_EQ(s.letters()[0].reason, Reason::expired);
  s.archived(0, 1);
  s.pass(24h);
  EXPECT_THAT(s.letters(), SizeIs(1)) << "the partition has stopped: those behind do not die of waiting";
  EXPECT_THAT(s.take(9), IsEmpty());
}

TEST(Order, AnotherPolicyCountsFromThenOn) {
  Story s(plain());
  publish(s, {"a", "a", "a", "b"});
  const Acquired first = s.take_one();
  s.policy(ordered());
  EXPECT_EQ(Story::offsets(s.take(9)), (Offsets{3}));
  (void)s.reject(first);
  s.archived(0, 1);
  EXPECT_THAT(s.take(9), IsEmpty());
  s.policy(plain());
  EXPECT_EQ(Story::offsets(s.take(9)), (Offsets{1, 2})) << "nobody is held back, the dead one is settled";
  EXPECT_EQ(s.facts().dead, 0u);
}

}  // namespace
}  // namespace millrace::delivery
