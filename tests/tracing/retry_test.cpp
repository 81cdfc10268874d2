// What OTLP/HTTP says of answers that a client may try again, and how long it then waits.

#include "retry.hpp"

#include <gtest/gtest.h>

#include "support/seeded_random.hpp"

namespace millrace::tracing {
namespace {

TEST(Retry, OnlyFourAnswersMayBeTriedAgain) {
  for (const unsigned status : {429U, 502U, 503U, 504U}) {
    EXPECT_EQ(fate_of({.status = status}), Fate::again) << status;
  }
  for (const unsigned status : {301U, 400U, 401U, 403U, 404U, 405U, 408U, 413U, 415U, 500U, 501U, 505U}) {
    EXPECT_EQ(fate_of({.status = status}), Fate::refused) << status;
  }
  for (const unsigned status : {200U, 202U, 204U}) EXPECT_EQ(fate_of({.status = status}), Fate::taken) << status;
  EXPECT_EQ(fate_of({}), Fate::again) << "no answer at all";
}

TEST(Retry, EachPauseIsLongerThanTheOneBeforeUpToABound) {
  support::SeededRandom random(support::seed_from_env());
  Backoff backoff(random);
  for (const std::int64_t longest : {1'000, 2'000, 4'000, 8'000, 16'000, 30'000, 30'000, 30'000}) {
    const auto pause = backoff.pause({}, Milliseconds(0));
    ASSERT_TRUE(pause);
    EXPECT_LE(pause->count(), longest);
    EXPECT_GE(pause->count(), longest / 2);
  }
  backoff.reset();
  EXPECT_LE(backoff.pause({}, Milliseconds(0))->count(), 1'000);
}

TEST(Retry, TwoBrokersDoNotComeAtOnce) {
  support::SeededRandom one(1), another(2);
  Backoff first(one), second(another);
  int different = 0;
  for (int i = 0; i < 10; ++i) different += first.pause({}, {}) != second.pause({}, {}) ? 1 : 0;
  EXPECT_GE(different, 8);
}

TEST(Retry, WhatACollectorAsksForWinsIfItIsLongerAndNotAbsurd) {
  support::SeededRandom random(1);
  Backoff backoff(random);
  EXPECT_EQ(backoff.pause({.status = 429, .retry_after = Milliseconds(5'000)}, {}), Milliseconds(5'000));
  EXPECT_GE(*backoff.pause({.status = 429, .retry_after = Milliseconds(1)}, {}), Milliseconds(1'000));
  EXPECT_EQ(backoff.pause({.status = 503, .retry_after = Milliseconds(86'400'000)}, {}), asked_pause_max);
}

TEST(Retry, ABatchIsGivenUpAfterAMinute) {
  support::SeededRandom random(1);
  Backoff backoff(random);
  EXPECT_TRUE(backoff.pause({}, patience - Milliseconds(1)));
  EXPECT_FALSE(backoff.pause({}, patience));
}

}  // namespace
}  // namespace millrace::tracing
