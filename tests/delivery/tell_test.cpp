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

}  // namespace
}  // namespace millrace::delivery
