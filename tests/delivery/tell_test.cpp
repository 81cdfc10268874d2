// What the log has, what it no longer has, and how much of it is asked for.

#include "delivery/story.hpp"

namespace millrace::delivery {
namespace {

using testing::IsEmpty;
using testing::SizeIs;

TEST(Tell, NoMoreIsAskedForThanIsToBeReady) {
  Policy policy = plain();
  policy.read_ahead = 10;
  Story s(policy);
  s.publish(100);
  s.feed();
  EXPECT_EQ(s.facts().ready, 10u);
  (void)s.take(4);
  EXPECT_FALSE(s.machine().wanted()) << "more than half of it is left";
  (void)s.take(1);
  ASSERT_TRUE(s.machine().wanted());
  EXPECT_EQ(s.machine().wanted()->from, Offset(10));
  EXPECT_EQ(s.machine().wanted()->events_max, 5u);
}

TEST(Tell, WhatIsPassedOverIsSettled) {
  Story s;
  s.publish(1);
  s.publish_uninteresting(10);
  s.publish(1);
  s.publish_uninteresting(10);
  const Hands both = s.take(9);
  EXPECT_EQ(Story::offsets(both), (Offsets{0, 11}));
  (void)s.acknowledge(both[0]);
  EXPECT_EQ(s.facts().start, Offset(11));
  (void)s.acknowledge(both[1]);
  EXPECT_EQ(s.facts().start, Offset(22));
}

TEST(Tell, ALongWayThroughWhatDoesNotMatterIsWrittenDown) {
  Story s;
  s.publish_uninteresting(4'095);
  s.feed();
  EXPECT_THAT(s.new_records(), SizeIs(1)) << "where it began";
  s.publish_uninteresting(1);
  s.feed();
  EXPECT_EQ(s.new_records(), (std::vector<Record>{Progress{Offset(4'096), Offset(4'096)}}));
}

TEST(Tell, ToldTwiceIsHandedOutOnce) {
  Story s;
  s.publish(2);
  s.feed();
  const Event again{.offset = Offset(1), .key = no_key, .time = noon};
  const auto told = s.machine().tell(Offset(0), Offset(2), {&again, 1}, s.now());
  EXPECT_EQ(told.until, Offset(2));
  EXPECT_THAT(s.take(9), SizeIs(2));
}

TEST(Tell, WhatTheLogHasLostIsSettled) {
  Story s;
  s.publish(4);
  const Hands two = s.take(2);
  (void)s.fail(two[0]);
  s.log_begins(3);
  EXPECT_EQ(s.facts().unsettled, 2u) << "what somebody has in hand, and what is still there";
  EXPECT_EQ(s.machine().counts().gone, 2u);
  EXPECT_EQ(s.acknowledge(two[1]).at(0), TokenError::none);
  EXPECT_EQ(Story::offsets(s.take(9)), (Offsets{3}));
}

TEST(Tell, WhatComesBackToALogThatHasLostItIsSettled) {
  Story s;
  s.publish(3);
  const Hands all = s.take(3);
  s.log_begins(3);
  (void)s.release(0ms, all[0]);
  (void)s.fail(all[1]);
  s.consumer_gone(1);
  EXPECT_EQ(s.facts().unsettled, 0u);
  EXPECT_EQ(s.machine().counts().gone, 3u);
  EXPECT_EQ(s.facts().start, Offset(3));
}

TEST(Tell, ALogThatBeginsLaterIsReadFromThere) {
  Story s;
  s.publish(10);
  s.log_begins(7);
  EXPECT_EQ(Story::offsets(s.take(9)), (Offsets{7, 8, 9}));
}

TEST(Tell, ALetterIsWrittenAlsoOfWhatTheLogHasLostMeanwhile) {
  Story s;
  s.publish(2);
  (void)s.reject(s.take_one());
  s.crash();
  s.log_begins(1);
  ASSERT_THAT(s.letters(), SizeIs(1));
  EXPECT_EQ(s.letters()[0].offset, Offset(0));
  s.archived(0, 1);
  EXPECT_EQ(Story::offsets(s.take(9)), (Offsets{1}));
}

TEST(Tell, WhatWasLeftBehindIsAskedForFirst) {
  Policy policy = plain();
  policy.read_ahead = 20'000;
  Story s(policy);
  s.publish(10'000);
  const Hands all = s.take(20'000);
  for (std::size_t i = 0; i < all.size(); ++i)
    if (i != 5 && i != 9'000) (void)s.acknowledge(all[i]);
  s.crash();
  EXPECT_EQ(s.machine().wanted()->from, Offset(5));
  EXPECT_EQ(s.machine().wanted()->to, Offset(6));
  EXPECT_EQ(s.facts().start, Offset(5));
  EXPECT_EQ(Story::offsets(s.take(20'000)), (Offsets{5, 9'000}));
}

TEST(Tell, WhatWasLeftBehindAndIsGoneIsForgotten) {
  Policy policy = plain();
  policy.read_ahead = 20'000;
  Story s(policy);
  s.publish(10'000);
  const Hands all = s.take(20'000);
  for (std::size_t i = 1; i < all.size(); ++i) (void)s.acknowledge(all[i]);
  s.crash();
  // The filter is another one now.
  auto told = s.machine().tell(Offset(0), Offset(1), {}, s.now());
  EXPECT_EQ(told.effects.records.back(), Record(EventForgotten{Offset(0)}));
  EXPECT_EQ(s.facts().start, Offset(s.facts().told));
  EXPECT_THAT(s.take(9), IsEmpty());
}

TEST(Tell, AnotherFilterIsAskedAboutWhatIsReady) {
  Story s;
  s.publish(6);
  s.feed();
  s.filter_out({0, 2, 5});
  EXPECT_THAT(s.machine().acquire(9, ConsumerId{1}, s.now()).events, IsEmpty()) << "nothing by the old one";
  ASSERT_TRUE(s.machine().wanted());
  EXPECT_EQ(s.machine().wanted()->from, Offset(0));
  EXPECT_EQ(s.machine().wanted()->to, Offset(6));
  EXPECT_EQ(Story::offsets(s.take(9)), (Offsets{1, 3, 4}));
  EXPECT_EQ(s.facts().start, Offset(1)) << "what is passed over is settled";
  s.crash();
  EXPECT_EQ(Story::offsets(s.take(9)), (Offsets{1, 3, 4}));
}

TEST(Tell, WhatIsFarApartIsAskedForPieceByPiece) {
  Policy policy = plain();
  policy.read_ahead = 5'000;
  Story s(policy);
  s.publish(1);
  s.publish_uninteresting(1'000);
  s.publish(2'000);
  s.feed();
  s.filter_out({});
  EXPECT_EQ(s.machine().wanted()->to, Offset(1));
  EXPECT_EQ(s.machine().wanted()->events_max, 1u);
  EXPECT_EQ(s.machine().tell(Offset(0), Offset(1), {}, s.now()).until, Offset(3'001));
  EXPECT_EQ(s.machine().wanted()->from, Offset(1'001));
  EXPECT_EQ(s.machine().wanted()->to, Offset(2'001));
  EXPECT_EQ(s.take(9'999).size(), 2'000u);
}

TEST(Tell, WhatIsInHandIsPassedOverWhenItComesBack) {
  Story s(ordered());
  s.publish(2, "a");
  s.publish(3);
  const Hands all = s.take(9);
  EXPECT_EQ(Story::offsets(all), (Offsets{0, 2, 3, 4}));
  s.filter_out({0, 2, 3});
  (void)s.release(0ms, all[0]);
  EXPECT_EQ(Story::offsets(s.take(9)), (Offsets{1})) << "it holds back its key no longer";
  (void)s.release(50ms, all[1]);
  s.pass(50ms);
  (void)s.fail(all[2]);
  s.consumer_gone(1);
  s.pass(10s);
  EXPECT_EQ(Story::offsets(s.take(9)), (Offsets{1, 3, 4})) << "what has failed is tried again";
}

TEST(Tell, AThirdFilterMayWantAgainWhatIsStillInHand) {
  Story s;
  s.publish(2);
  const Hands both = s.take(2);
  s.filter_out({0, 1});
  s.feed();
  s.machine().judge_anew();
  const Event first{.offset = Offset(0), .key = no_key, .time = noon};
  (void)s.machine().tell(Offset(0), Offset(2), {&first, 1}, s.now());
  (void)s.release(0ms, both);
  EXPECT_EQ(Story::offsets(s.machine().acquire(9, ConsumerId{1}, s.now()).events), (Offsets{0}));
}

TEST(Tell, ARedrivenEventIsAskedOfNoFilter) {
  Policy policy = plain();
  policy.max_deliveries = 1;
  Story s(policy);
  s.publish(1);
  (void)s.fail(s.take_one());
  s.archived(0, 0);
  EXPECT_EQ(s.redrive(0), RedriveError::none);
  s.machine().judge_anew();
  EXPECT_EQ(Story::offsets(s.take(9)), (Offsets{0}));
}

TEST(Tell, WhatTheLogHasLostIsNotJudged) {
  Story s;
  s.publish(4);
  const Hands two = s.take(2);
  s.machine().judge_anew();
  s.log_begins(3);
  EXPECT_EQ(s.machine().wanted()->from, Offset(3));
  EXPECT_EQ(Story::offsets(s.take(9)), (Offsets{3}));
  EXPECT_EQ(s.acknowledge(two).at(1), TokenError::none);
}

}  // namespace
}  // namespace millrace::delivery
