#include "millrace/push/sink_state.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <deque>
#include <vector>

namespace millrace::push {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

SinkPolicy with_rate(std::uint32_t per_minute) {
  SinkPolicy policy;
  policy.rate.per_minute = per_minute;
  policy.in_flight_max = 1'000;
  return policy;
}

/// A sink and a clock.
struct Sink {
  explicit Sink(const SinkPolicy& policy = {}) : state(policy, now) {}

  SinkState::Answer begin() { return state.begin(now); }
  /// Requests that begin and end at once, as many as are let.
  int run(int requests, Health health) {
    int done = 0;
    for (int i = 0; i < requests; ++i) {
      const auto answer = begin();
      if (!answer.ticket) break;
      state.ended(*answer.ticket, health, now);
      ++done;
    }
    return done;
  }
  [[nodiscard]] SinkState::Facts facts() const { return state.facts(now); }

  Instant now{42ms};
  SinkState state;
};

/// 100 that failed: the breaker is open.
Sink opened() {
  Sink sink;
  EXPECT_EQ(sink.run(100, Health::bad), 100);
  EXPECT_EQ(sink.facts().breaker, Breaker::open);
  return sink;
}

class GrantedRate : public testing::TestWithParam<std::uint32_t> {};
INSTANTIATE_TEST_SUITE_P(Rates, GrantedRate, testing::Values(1, 2, 3, 19, 20, 21, 60, 120, 1'000, 59'999, 200'000));

TEST_P(GrantedRate, IsNeverExceededInAnyMinuteAndNearlyUsed) {
  const std::uint32_t rate = GetParam();
  Sink sink(with_rate(rate));
  std::deque<Instant> minute;
  std::size_t sent = 0;
  const Instant end = sink.now + 10min;
  while (sink.now < end) {
    const auto answer = sink.begin();
    if (!answer.ticket) {
      ASSERT_EQ(answer.wait, Wait::rate);
      ASSERT_GT(*answer.wake, sink.now);
      sink.now = *answer.wake;
      continue;
    }
    sink.state.ended(*answer.ticket, Health::good, sink.now);
    while (!minute.empty() && minute.front() <= sink.now - 1min) minute.pop_front();
    minute.push_back(sink.now);
    ASSERT_LE(minute.size(), rate) << "within the minute before " << sink.now.time_since_epoch().count();
    ++sent;
  }
  // A twentieth is kept for bursts, and a millisecond is the finest that anybody waits for.
  EXPECT_GE(sent, std::size_t{rate} * 10 * 94 / 100);
}

TEST(SinkRate, AfterARestAFewMayComeAtOnce) {
  Sink sink(with_rate(60));
  sink.now += 1h;
  EXPECT_EQ(sink.run(100, Health::good), 4) << "a twentieth and one, not an hour's worth";
}

TEST(SinkRate, WakesWhenTheNextOneMayGo) {
  Sink sink(with_rate(1));
  ASSERT_TRUE(sink.begin().ticket);
  const auto wake = *sink.begin().wake;
  EXPECT_EQ(wake, sink.now + 1min);
  sink.now = wake - 1ms;
  EXPECT_FALSE(sink.begin().ticket);
  sink.now = wake;
  EXPECT_TRUE(sink.begin().ticket);
}

TEST(SinkRate, AnotherRateIsWorthNoBurst) {
  Sink sink(with_rate(60));
  EXPECT_EQ(sink.run(100, Health::good), 4);
  for (const std::uint32_t rate : {61U, 60U, 61U}) {
    sink.state.set_policy(with_rate(rate), sink.now);
    EXPECT_EQ(sink.run(100, Health::good), 0);
  }
  sink.state.set_policy(with_rate(61), sink.now);
  EXPECT_LT(*sink.begin().wake, sink.now + 3s) << "the same rate changes nothing";
}

TEST(SinkPause, HoldsEverythingUntilItIsOver) {
  Sink sink;
  sink.state.pause(30s, sink.now);
  sink.state.pause(10s, sink.now);
  const auto answer = sink.begin();
  EXPECT_EQ(answer.wait, Wait::paused);
  EXPECT_EQ(answer.wake, sink.now + 30s) << "the longest counts";
  sink.now += 30s - 1ms;
  EXPECT_FALSE(sink.begin().ticket);
  sink.now += 1ms;
  EXPECT_TRUE(sink.begin().ticket);
}

TEST(SinkPause, IsADayAtMost) {
  Sink sink;
  sink.state.pause(Milliseconds::max(), sink.now);
  EXPECT_EQ(sink.begin().wake, sink.now + 24h);
}

TEST(SinkPlaces, AreAsManyAsTheyAre) {
  Sink sink({.in_flight_max = 2});
  const auto first = sink.begin();
  ASSERT_TRUE(sink.begin().ticket);
  const auto third = sink.begin();
  EXPECT_EQ(third.wait, Wait::in_flight);
  EXPECT_EQ(third.wake, std::nullopt) << "until one ends";
  sink.state.ended(*first.ticket, Health::good, sink.now);
  EXPECT_TRUE(sink.begin().ticket);
}

TEST(SinkPlaces, OfADeadSinkAreNotThoseOfAnother) {
  Sink dead, alive;
  while (dead.begin().ticket) continue;
  EXPECT_EQ(dead.facts().in_flight, 10U);
  EXPECT_EQ(alive.run(1'000, Health::good), 1'000);
}

TEST(SinkBreaker, OpensWhenHalfOfAHundredFailed) {
  Sink sink;
  EXPECT_EQ(sink.run(50, Health::good), 50);
  EXPECT_EQ(sink.run(49, Health::bad), 49);
  EXPECT_EQ(sink.facts().breaker, Breaker::closed) << "99 say nothing";
  EXPECT_EQ(sink.run(1, Health::bad), 1);
  EXPECT_EQ(sink.facts().breaker, Breaker::open);
  EXPECT_EQ(sink.begin().wait, Wait::breaker);
  EXPECT_EQ(sink.begin().wake, sink.now + 30s);
}

TEST(SinkBreaker, StaysClosedWithFewerFailures) {
  Sink sink;
  EXPECT_EQ(sink.run(51, Health::good), 51);
  EXPECT_EQ(sink.run(49, Health::bad), 49);
  EXPECT_EQ(sink.facts().breaker, Breaker::closed);
}

TEST(SinkBreaker, ForgetsWhatIsOlderThanItsWindow) {
  Sink sink;
  EXPECT_EQ(sink.run(99, Health::bad), 99);
  sink.now += 60s;
  EXPECT_EQ(sink.facts().failed, 0U);
  EXPECT_EQ(sink.run(99, Health::bad), 99);
  EXPECT_EQ(sink.facts().breaker, Breaker::closed);
  sink.now += 50s;
  EXPECT_EQ(sink.run(1, Health::bad), 1);
  EXPECT_EQ(sink.facts().breaker, Breaker::open) << "within the window they add up";
}

TEST(SinkBreaker, CountsNothingThatIsNotAboutTheSinksHealth) {
  Sink sink;
  EXPECT_EQ(sink.run(500, Health::unknown), 500);
  EXPECT_EQ(sink.facts().ended, 0U);
}

TEST(SinkBreaker, ProbesOneByOneAndClosesAfterThree) {
  Sink sink = opened();
  sink.now += 30s;
  for (int i = 0; i < 3; ++i) {
    const auto probe = sink.begin();
    ASSERT_TRUE(probe.ticket);
    EXPECT_EQ(sink.facts().breaker, Breaker::half_open);
    EXPECT_EQ(sink.begin().wait, Wait::breaker);
    EXPECT_EQ(sink.begin().wake, std::nullopt) << "until the probe ends";
    sink.state.ended(*probe.ticket, Health::good, sink.now);
  }
  EXPECT_EQ(sink.facts().breaker, Breaker::closed);
  EXPECT_EQ(sink.facts().ended, 0U);
  EXPECT_EQ(sink.run(200, Health::good), 200);
}

TEST(SinkBreaker, StaysOpenTwiceAsLongEachTimeUpToABound) {
  Sink sink = opened();
  for (const auto length : {30s, 60s, 120s, 240s, 300s, 300s}) {
    EXPECT_EQ(sink.begin().wake, sink.now + length);
    sink.now += length;
    EXPECT_EQ(sink.run(10, Health::bad), 1) << "one probe, and it is bad";
  }
  sink.now += 300s;
  EXPECT_EQ(sink.run(3, Health::good), 3);
  EXPECT_EQ(sink.run(200, Health::bad), 100);
  EXPECT_EQ(sink.begin().wake, sink.now + 30s) << "once it has closed, it begins anew";
}

TEST(SinkBreaker, AProbeThatSaysNothingIsFollowedByAnother) {
  Sink sink = opened();
  sink.now += 30s;
  EXPECT_EQ(sink.run(5, Health::unknown), 5);
  EXPECT_EQ(sink.facts().breaker, Breaker::half_open);
  EXPECT_EQ(sink.run(3, Health::good), 3);
  EXPECT_EQ(sink.facts().breaker, Breaker::closed);
}

TEST(SinkBreaker, WhatBeganBeforeItChangedCountsNoMore) {
  Sink sink({.in_flight_max = 200});
  std::vector<SinkState::Ticket> old;
  for (int i = 0; i < 150; ++i) old.push_back(*sink.begin().ticket);
  for (int i = 0; i < 100; ++i) {
    sink.state.ended(old.back(), Health::bad, sink.now);
    old.pop_back();
  }
  ASSERT_EQ(sink.facts().breaker, Breaker::open);
  sink.now += 30s;
  const auto probe = sink.begin();
  ASSERT_TRUE(probe.ticket);
  for (const auto ticket : old) sink.state.ended(ticket, Health::bad, sink.now);
  EXPECT_EQ(sink.facts().breaker, Breaker::half_open);
  EXPECT_EQ(sink.facts().in_flight, 1U) << "their places are free";
  EXPECT_FALSE(sink.begin().ticket) << "and the probe is still alone";
  sink.state.ended(*probe.ticket, Health::good, sink.now);
}

/// So many begin in a row, and what then keeps the next one.
void expect_room(const Sink& sink, std::size_t requests, Wait wait = Wait::none) {
  const auto room = sink.state.room(sink.now);
  EXPECT_EQ(room.requests, requests);
  EXPECT_EQ(room.wait, wait);
  Sink same = sink;
  std::size_t began = 0;
  auto answer = same.begin();
  for (; answer.ticket; answer = same.begin()) ++began;
  EXPECT_EQ(began, requests);
  if (requests == 0) {
    EXPECT_EQ(room.wake, answer.wake);
  }
}

TEST(SinkRoom, IsForAsManyAsMayBeginInARow) {
  expect_room(Sink(), 10);
  Sink slow(with_rate(60));
  slow.now += 1h;
  expect_room(slow, 4);
  EXPECT_EQ(slow.run(1, Health::good), 1);
  expect_room(slow, 3);
  EXPECT_EQ(slow.run(9, Health::good), 3);
  expect_room(slow, 0, Wait::rate);
  for (int i = 0; i < 100; ++i) {
    slow.now += 137ms;
    const auto room = slow.state.room(slow.now);
    expect_room(slow, room.requests, room.wait);
  }
  Sink paused;
  paused.state.pause(5s, paused.now);
  expect_room(paused, 0, Wait::paused);
}

TEST(SinkRoom, IsForOneProbe) {
  Sink sink = opened();
  expect_room(sink, 0, Wait::breaker);
  sink.now += 30s;
  expect_room(sink, 1);
  const auto probe = sink.begin();
  expect_room(sink, 0, Wait::breaker);
  sink.state.ended(*probe.ticket, Health::good, sink.now);
  expect_room(sink, 1);
}

TEST(SinkPolicyCheck, NamesTheField) {
  EXPECT_TRUE(check(SinkPolicy{}).has_value());
  EXPECT_EQ(check(SinkPolicy{.in_flight_max = 0}).error().message, "maxinflight is 0; it may be from 1 to 1000");
  EXPECT_THAT(check(SinkPolicy{.rate = {0}}).error().message, HasSubstr("rate is 0"));
  EXPECT_THAT(check(SinkPolicy{.breaker = {.failed_percent = 101}}).error().message, HasSubstr("breaker.rate"));
  EXPECT_THAT(check(SinkPolicy{.breaker = {.window = 999ms}}).error().message, HasSubstr("breaker.window"));
  EXPECT_THAT(check(SinkPolicy{.breaker = {.open_first = 6min}}).error().message, HasSubstr("breaker.open-max"));
}

}  // namespace
}  // namespace millrace::push
