// What fails is tried again later and later, then dead; what is too old is dead at once.

#include "delivery/story.hpp"

namespace millrace::delivery {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

TEST(Failures, EachIsWaitedForLongerUpToTheCap) {
  Policy policy = plain();
  policy.max_deliveries.reset();
  policy.backoff = {.base = 1s, .factor_percent = 300, .cap = 10s, .jitter_percent = 0};
  Story s(policy);
  s.publish(1);
  std::uint16_t attempt = 1;
  for (const Milliseconds wait : {1s, 3s, 9s, 10s, 10s}) {
    const Acquired event = s.take_one();
    EXPECT_EQ(event.attempt, attempt++);
    (void)s.fail(event);
    s.pass(wait - 1ms);
    EXPECT_THAT(s.take(1), IsEmpty()) << "after " << wait.count() << " ms";
    s.pass(1ms);
  }
}

TEST(Failures, ASinkMayAskForMoreTimeButNotForLess) {
  Story s;
  s.publish(2);
  const Hands both = s.take(2);
  (void)s.fail(both[0], Story::busy(), 20s);
  (void)s.fail(both[1], Story::busy(), 1ms);
  s.pass(999ms);
  EXPECT_THAT(s.take(2), IsEmpty());
  s.pass(1ms);
  EXPECT_EQ(Story::offsets(s.take(2)), (Offsets{1}));
  s.pass(18'999ms);
  EXPECT_THAT(s.take(2), IsEmpty());
  s.pass(1ms);
  EXPECT_EQ(Story::offsets(s.take(2)), (Offsets{0}));
}

TEST(Failures, NobodyWaitsForMoreThanADay) {
  Story s;
  s.publish(1);
  (void)s.fail(s.take_one(), Story::busy(), std::chrono::hours(24 * 365));
  s.pass(24h);
  EXPECT_THAT(s.take(1), SizeIs(1));
}

TEST(Failures, TheLastOneAllowedIsDeath) {
  Story s;
  s.publish(1);
  for (int i = 0; i < 4; ++i) {
    (void)s.fail(s.take_one());
    s.pass(5min);
  }
  EXPECT_THAT(s.letters(), IsEmpty());
  const Timestamp died = s.now().wall;
  (void)s.fail(s.take_one(), {.reason = Reason::http_timeout, .code = 0, .message = "no answer in 30 s"});
  ASSERT_THAT(s.letters(), SizeIs(1));
  const DeadLetter& letter = s.letters()[0];
  EXPECT_EQ(letter.offset, Offset(0));
  EXPECT_EQ(letter.reason, Reason::max_deliveries);
  EXPECT_EQ(letter.died_at, died);
  EXPECT_EQ(letter.failures.count, 5);
  EXPECT_EQ(letter.failures.hand_outs, 5);
  EXPECT_EQ(letter.failures.first, noon);
  EXPECT_EQ(letter.failures.message, "no answer in 30 s");
  const Timestamp fourth = noon + 3 * 300'000;
  EXPECT_THAT(letter.failures.history,
              ElementsAre(Past{Reason::http_status, 4, noon, fourth}, Past{Reason::http_timeout, 1, died, died}));
}

TEST(Failures, OnlyFailuresCount) {
  Story s;
  s.publish(1);
  for (int i = 0; i < 4; ++i) {
    (void)s.release(0ms, s.take_one());
    (void)s.take_one();
    s.consumer_gone(1);
    (void)s.fail(s.take_one());
    s.pass(5min);
  }
  const Acquired last = s.take_one();
  EXPECT_EQ(last.attempt, 5);
  EXPECT_EQ(last.hand_outs, 13);
}

TEST(Failures, ARejectionIsDeathAtOnce) {
  Story s;
  s.publish(1);
  (void)s.reject(s.take_one());
  ASSERT_THAT(s.letters(), SizeIs(1));
  EXPECT_EQ(s.letters()[0].reason, Reason::rejected);
  EXPECT_EQ(s.letters()[0].failures.code, 7);
  EXPECT_EQ(s.letters()[0].failures.message, "broken");
  EXPECT_EQ(s.letters()[0].failures.count, 1);
}

TEST(Failures, ATextIsCutBetweenCharacters) {
  Policy policy = plain();
  policy.message_bytes_max = 4;
  Story s(policy);
  s.publish(1);
  (void)s.reject(s.take_one(), {.reason = Reason::rejected, .code = 0, .message = "abc\xC3\xA9"});
  EXPECT_EQ(s.letters().at(0).failures.message, "abc") << "the fifth byte is the second half of an é";
}

TEST(Failures, ManyTextsAreInTheLogButNotInMemory) {
  Policy policy = plain();
  policy.texts_bytes_max = 10;
  policy.max_deliveries = 2;
  Story s(policy);
  s.publish(2);
  const Hands both = s.take(2);
  (void)s.fail(both[0], {.reason = Reason::http_status, .code = 500, .message = "eight ch"});
  (void)s.fail(both[1], {.reason = Reason::http_status, .code = 500, .message = "eight ch"});
  for (std::size_t i = s.records().size() - 2; i < s.records().size(); ++i)
    EXPECT_EQ(std::get<EventState>(s.records()[i]).failures.message, "eight ch");
  s.pass(1s);
  for (const Acquired& event : s.take(2))
    (void)s.fail(event, {.reason = Reason::http_status, .code = 1, .message = {}});
  EXPECT_EQ(s.letters().size(), 2u) << "what is not kept is not missed";
}

TEST(Failures, WhatIsTooOldIsNotHandedOutButDead) {
  Policy policy = plain();
  policy.max_age = 10min;
  Story s(policy);
  s.publish_at(noon - 11 * 60'000);
  s.publish_at(noon - 9 * 60'000);
  s.publish_at(noon + 60'000'000);
  EXPECT_EQ(Story::offsets(s.take(1)), (Offsets{1}));
  ASSERT_THAT(s.letters(), SizeIs(1));
  EXPECT_EQ(s.letters()[0].offset, Offset(0));
  EXPECT_EQ(s.letters()[0].reason, Reason::expired);
  EXPECT_EQ(s.letters()[0].failures.count, 0);
  s.pass(9min);
  EXPECT_EQ(Story::offsets(s.take(1)), (Offsets{2})) << "one from the future is as old as its telling";
}

TEST(Failures, AnAgeEndsByItselfWhereNobodyTakesAnything) {
  Policy policy = plain();
  policy.max_age = 10s;
  Story s(policy);
  s.publish(2);
  s.feed();
  s.pass(9'999ms);
  EXPECT_THAT(s.letters(), IsEmpty());
  s.pass(1ms);
  EXPECT_THAT(s.letters(), SizeIs(2));
}

TEST(Failures, AnAgeThatEndsInAHandIsSeenWhenTheEventComesBack) {
  Policy policy = plain();
  policy.max_age = 10s;
  Story s(policy);
  s.publish(3);
  const Hands all = s.take(3);
  s.pass(15s);
  EXPECT_THAT(s.letters(), IsEmpty());
  (void)s.release(0ms, all[0]);
  (void)s.fail(all[1]);
  EXPECT_THAT(s.acknowledge(all[2]), ElementsAre(TokenError::none));
  ASSERT_THAT(s.letters(), SizeIs(2));
  EXPECT_EQ(s.letters()[0].reason, Reason::expired);
  EXPECT_EQ(s.letters()[1].reason, Reason::expired);
  EXPECT_EQ(s.letters()[1].failures.count, 1);
}

TEST(Failures, NoAgeEndsBecauseTheWallClockJumps) {
  Policy policy = plain();
  policy.max_age = 10min;
  Story s(policy);
  s.publish(1);
  s.feed();
  s.jump_wall_clock(std::chrono::hours(24 * 365));
  s.pass(1min);
  EXPECT_THAT(s.take(1), SizeIs(1));
  EXPECT_THAT(s.letters(), IsEmpty());
}

TEST(Failures, ABackOffOutlivesTheBroker) {
  Story s;
  s.publish(1);
  (void)s.fail(s.take_one(), Story::busy(), 60s);
  s.pass(20s);
  s.crash();
  EXPECT_THAT(s.take(1), IsEmpty());
  s.pass(39'999ms);
  EXPECT_THAT(s.take(1), IsEmpty());
  s.pass(1ms);
  EXPECT_EQ(s.take_one().attempt, 2);
}

TEST(Failures, ABackOffIsNotProlongedBeyondADayByAWallClockThatWentBack) {
  Story s;
  s.publish(1);
  (void)s.fail(s.take_one());
  s.jump_wall_clock(-std::chrono::hours(24 * 365));
  s.crash();
  s.feed();
  s.pass(24h);
  EXPECT_THAT(s.take(1), SizeIs(1));
}

}  // namespace
}  // namespace millrace::delivery
