#include "span_queue.hpp"

#include <gmock/gmock.h>

#include <deque>
#include <thread>

#include "support/seeded_random.hpp"

namespace millrace::tracing {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(SpanQueue, GivesTheOldestFirst) {
  SpanQueue queue(10, 100);
  EXPECT_EQ(queue.push("a"), 1U);
  EXPECT_EQ(queue.push("b"), 2U);
  EXPECT_EQ(queue.push("c"), 3U);
  EXPECT_THAT(queue.take(2, 100), ElementsAre("a", "b"));
  EXPECT_THAT(queue.take(2, 100), ElementsAre("c"));
  EXPECT_THAT(queue.take(2, 100), IsEmpty());
}

TEST(SpanQueue, DropsTheNewestWhenThereAreTooMany) {
  SpanQueue queue(2, 100);
  EXPECT_NE(queue.push("a"), 0U);
  EXPECT_NE(queue.push("b"), 0U);
  EXPECT_TRUE(queue.is_full());
  EXPECT_EQ(queue.push("c"), 0U);
  EXPECT_THAT(queue.take(9, 100), ElementsAre("a", "b"));
}

TEST(SpanQueue, DropsTheNewestWhenTheyAreTooLarge) {
  SpanQueue queue(100, 10);
  EXPECT_NE(queue.push("123456"), 0U);
  EXPECT_EQ(queue.push("12345"), 0U);
  EXPECT_NE(queue.push("1234"), 0U);
  EXPECT_EQ(queue.bytes(), 10U);
  EXPECT_TRUE(queue.is_full());
}

TEST(SpanQueue, ABatchHasABoundButIsNeverEmpty) {
  SpanQueue queue(100, 1'000);
  for (const auto* span : {"aaaaaaaa", "bb", "cc", "dd"}) EXPECT_NE(queue.push(span), 0U);
  EXPECT_THAT(queue.take(10, 4), ElementsAre("aaaaaaaa"));
  EXPECT_THAT(queue.take(10, 4), ElementsAre("bb", "cc"));
  EXPECT_EQ(queue.bytes(), 2U);
}

TEST(SpanQueue, DoesWhatAPlainListWouldDoWithinItsBounds) {
  for (std::uint64_t seed = 1; seed <= support::seed_count_from_env(50); ++seed) {
    SCOPED_TRACE("MILLRACE_SEED=" + std::to_string(support::seed_from_env(seed)));
    support::SeededRandom random(support::seed_from_env(seed));
    const std::size_t spans_max = 1 + random.below(20), bytes_max = 1 + random.below(200);
    SpanQueue queue(spans_max, bytes_max);
    std::deque<std::string> model;
    std::size_t bytes = 0;
    for (int step = 0; step < 500; ++step) {
      if (random.chance(70)) {
        std::string span(random.below(40), static_cast<char>('a' + random.below(26)));
        const bool fits = model.size() < spans_max && bytes + span.size() <= bytes_max;
        if (fits) {
          bytes += span.size();
          model.push_back(span);
        }
        EXPECT_EQ(queue.push(std::move(span)), fits ? model.size() : 0U);
      } else {
        for (const auto& taken : queue.take(1 + random.below(8), 1 + random.below(80))) {
          ASSERT_FALSE(model.empty());
          EXPECT_EQ(taken, model.front());
          bytes -= taken.size();
          model.pop_front();
        }
      }
      ASSERT_EQ(queue.size(), model.size());
      ASSERT_EQ(queue.bytes(), bytes);
    }
  }
}

TEST(SpanQueue, LosesNothingThatItTookFromSeveralThreads) {
  SpanQueue queue(1'000, 1'000'000);
  const auto push = [&queue](char what) {
    for (int i = 0; i < 400; ++i) EXPECT_NE(queue.push(std::string(1, what)), 0U);
  };
  std::thread one(push, 'a'), another(push, 'b');
  std::size_t taken = 0;
  while (taken < 800) taken += queue.take(7, 1'000).size();
  one.join();
  another.join();
  EXPECT_EQ(queue.size(), 0U);
  EXPECT_EQ(queue.bytes(), 0U);
}

}  // namespace
}  // namespace millrace::tracing
