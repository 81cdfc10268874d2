// Who has what in hand, and what of it counts as a failure.

#include "delivery/story.hpp"

namespace millrace::delivery {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr auto good = TokenError::none;
constexpr auto lost = TokenError::lost;

TEST(Hands, EventsAreHandedOutInTheOrderOfTheLogAndEachOnce) {
  Story s;
  s.publish(5);
  EXPECT_EQ(Story::offsets(s.take(2)), (Offsets{0, 1}));
  EXPECT_EQ(Story::offsets(s.take(9, 2)), (Offsets{2, 3, 4}));
  EXPECT_THAT(s.take(9), IsEmpty());
}

TEST(Hands, WhatIsAcknowledgedNeverComesBack) {
  Story s;
  s.publish(3);
  const Hands all = s.take(3);
  EXPECT_THAT(s.acknowledge(all[0], all[2]), ElementsAre(good, good));
  s.pass(31s);
  s.pass(1h);
  EXPECT_EQ(Story::offsets(s.take(9)), (Offsets{1}));
}

TEST(Hands, EachTokenIsAnsweredForItself) {
  Story s;
  s.publish(2);
  const Hands all = s.take(2);
  EXPECT_THAT(s.acknowledge(all[0]), ElementsAre(good));
  const Acquired never{.token = {Offset(77), all[1].token.hand_out}};
  const Acquired forged{.token = {Offset(1), all[1].token.hand_out + 1}};
  EXPECT_THAT(s.acknowledge(all[0], never, forged, all[1], all[1]),
              ElementsAre(lost, TokenError::unknown, lost, good, lost));
}

TEST(Hands, ALockThatRunsOutCountsAsAFailureAndMakesTheTokenWorthless) {
  Story s;
  s.publish(1);
  const Acquired first = s.take_one();
  s.pass(29'999ms);
  EXPECT_THAT(s.take(1), IsEmpty());
  s.pass(1ms);
  EXPECT_EQ(s.facts().waiting, 1u);
  s.pass(1s);
  const Acquired second = s.take_one();
  EXPECT_EQ(second.attempt, 2);
  EXPECT_EQ(second.hand_outs, 2);
  EXPECT_THAT(s.acknowledge(first), ElementsAre(lost));
  EXPECT_THAT(s.acknowledge(second), ElementsAre(good));
}

TEST(Hands, ARenewedLockLastsFromThenOn) {
  Story s;
  s.publish(3);
  const Hands all = s.take(3);
  s.pass(20s);
  EXPECT_THAT(s.renew(all[0], all[2], all[0]), ElementsAre(good, good, good));
  s.pass(10s);
  EXPECT_EQ(s.facts().acquired, 2u) << "the one in between was not renewed";
  s.pass(19s);
  EXPECT_THAT(s.acknowledge(all[0]), ElementsAre(good)) << "the token is the same as before";
  s.pass(1s);
  EXPECT_THAT(s.acknowledge(all[2]), ElementsAre(lost));
}

TEST(Hands, WhatIsGivenBackIsNoFailure) {
  Story s;
  s.publish(1);
  for (int i = 0; i < 20; ++i) {
    const Acquired event = s.take_one();
    EXPECT_EQ(event.attempt, 1);
    EXPECT_EQ(event.hand_outs, i + 1);
    if (i % 3 == 0) {
      EXPECT_THAT(s.release(0ms, event), ElementsAre(good));
    } else if (i % 3 == 1) {
      s.consumer_gone(1);
    } else {
      s.shut_down();
    }
  }
  EXPECT_THAT(s.letters(), IsEmpty());
  EXPECT_EQ(s.machine().counts().released, 7u);
  EXPECT_EQ(s.machine().counts().lost, 7u);
  EXPECT_EQ(s.machine().counts().shut_down, 6u);
  EXPECT_EQ(s.machine().counts().failed, 0u);
}

TEST(Hands, AReleaseMayAskForADelay) {
  Story s;
  s.publish(2);
  const Hands all = s.take(2);
  (void)s.release(5s, all[0]);
  (void)s.release(0ms, all[1]);
  EXPECT_EQ(Story::offsets(s.take(9)), (Offsets{1}));
  s.pass(4'999ms);
  EXPECT_THAT(s.take(9), IsEmpty());
  s.pass(1ms);
  EXPECT_EQ(Story::offsets(s.take(9)), (Offsets{0}));
}

TEST(Hands, OnlyWhatTheLostConsumerHadIsGivenBack) {
  Story s;
  s.publish(3);
  const Acquired a = s.take_one(1), b = s.take_one(2), c = s.take_one(1);
  s.consumer_gone(1);
  EXPECT_THAT(s.acknowledge(a, b, c), ElementsAre(lost, good, lost));
  EXPECT_EQ(Story::offsets(s.take(9)), (Offsets{0, 2}));
}

TEST(Hands, ARenewalDoesNotTakeAnEventFromItsConsumer) {
  Story s;
  s.publish(2);
  const Acquired a = s.take_one(1), b = s.take_one(2);
  (void)s.renew(a, b);
  s.consumer_gone(2);
  EXPECT_EQ(Story::offsets(s.take(9)), (Offsets{1}));
}

TEST(Hands, NoMoreThanAllowedAreInHandAtOnce) {
  Policy policy = plain();
  policy.in_flight_max = 2;
  Story s(policy);
  s.publish(5);
  const Hands first = s.take(9);
  EXPECT_EQ(first.size(), 2u);
  EXPECT_THAT(s.take(9), IsEmpty());
  (void)s.acknowledge(first[0]);
  EXPECT_EQ(Story::offsets(s.take(9)), (Offsets{2}));
}

TEST(Hands, TokensOfALifeBeforeAreNotTakenForOwn) {
  Story s;
  s.publish(1);
  const Acquired before = s.take_one();
  s.crash();
  const Acquired after = s.take_one();
  EXPECT_EQ(after.token.offset, before.token.offset);
  EXPECT_THAT(s.acknowledge(before), ElementsAre(lost));
  EXPECT_THAT(s.acknowledge(after), ElementsAre(good));
}

TEST(Hands, ManyLocksThatEndTogetherEndInSeveralTicks) {
  Policy policy = plain();
  policy.read_ahead = 5'000;
  Story s(policy);
  s.publish(2'500);
  EXPECT_EQ(s.take(5'000).size(), 2'500u);
  s.pass(30s);
  EXPECT_EQ(s.facts().waiting, 2'500u);
}

}  // namespace
}  // namespace millrace::delivery
