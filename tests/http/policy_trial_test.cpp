// When an event would be tried whose every attempt ends alike, and what follows.

#include "routes/policy_trial.hpp"

#include <gmock/gmock.h>

namespace millrace::http::routes {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::SizeIs;
using End = Trial::End;
using Kind = TrialOutcome::Kind;

delivery::Policy policy() {
  delivery::Policy policy;
  policy.max_deliveries = 4;
  policy.backoff = {.base = 1s, .factor_percent = 200, .cap = 3s, .jitter_percent = 20};
  return policy;
}

TrialOutcome answered(unsigned status, std::string_view retry_after = {}) {
  return {.kind = Kind::pushed, .attempt = {.status = status, .retry_after = retry_after}};
}

TEST(PolicyTrial, WhatFailsIsTriedWithBackOffAndDies) {
  const auto trial = tried(policy(), {.kind = Kind::fails});
  EXPECT_THAT(trial.attempts, ElementsAre(0s, 1s, 3s, 6s)) << "1 s, 2 s, and 3 s at most; nothing for chance";
  EXPECT_EQ(trial.end, End::dead);
  EXPECT_EQ(trial.ended, 6s);
  EXPECT_EQ(trial.reason, delivery::Reason::max_deliveries);
  EXPECT_EQ(trial.failures.count, 4);
}

TEST(PolicyTrial, WhatIsRejectedDiesAtOnce) {
  const auto trial = tried(policy(), {.kind = Kind::rejects});
  EXPECT_THAT(trial.attempts, ElementsAre(0s));
  EXPECT_EQ(trial.end, End::dead);
  EXPECT_EQ(trial.reason, delivery::Reason::rejected);
}

TEST(PolicyTrial, ALockThatRunsOutIsAFailureAfterItsTime) {
  auto slow = policy();
  slow.lock_time = 10s;
  slow.max_deliveries = 2;
  const auto trial = tried(slow, {.kind = Kind::runs_out});
  EXPECT_THAT(trial.attempts, ElementsAre(0s, 11s));
  EXPECT_EQ(trial.ended, 21s);
  EXPECT_EQ(trial.failures.history.at(0).reason, delivery::Reason::lock_timeout);
}

TEST(PolicyTrial, StatusesMeanWhatTheyMeanToWebHooks) {
  EXPECT_EQ(tried(policy(), answered(204)).end, End::settled);
  EXPECT_THAT(tried(policy(), answered(503)).attempts, SizeIs(4));
  const auto permanent = tried(policy(), answered(400));
  EXPECT_THAT(permanent.attempts, SizeIs(1));
  EXPECT_EQ(permanent.reason, delivery::Reason::http_status);
  EXPECT_EQ(permanent.failures.code, 400);
  const auto retired = tried(policy(), answered(410));
  EXPECT_EQ(retired.end, End::suspended);
  EXPECT_EQ(retired.suspension, push::Suspension::retired);
  EXPECT_EQ(tried(policy(), answered(401)).suspension, push::Suspension::unauthorized);
  const auto timeout = tried(policy(), {.kind = Kind::pushed, .attempt = {.ending = push::Ending::timeout}});
  EXPECT_EQ(timeout.failures.history.at(0).reason, delivery::Reason::http_timeout);
}

TEST(PolicyTrial, WhatTheSubscriptionSaysOtherwiseCounts) {
  auto outcome = answered(503);
  outcome.overrides.fail_on = push::Statuses::parse("503").value();
  EXPECT_EQ(tried(policy(), outcome).end, End::dead);
  EXPECT_THAT(tried(policy(), outcome).attempts, SizeIs(1));
  outcome = answered(404);
  outcome.overrides.fail_on = push::Statuses::parse("404").value();
  EXPECT_THAT(tried(policy(), outcome).attempts, SizeIs(1));
  outcome = answered(400);
  outcome.overrides.retry_on = push::Statuses::parse("4xx").value();
  EXPECT_THAT(tried(policy(), outcome).attempts, SizeIs(4));
}

TEST(PolicyTrial, WhatASinkAsksForIsKeptTo) {
  EXPECT_THAT(tried(policy(), answered(503, "5")).attempts, ElementsAre(0s, 5s, 10s, 15s));
  EXPECT_THAT(tried(policy(), answered(429, "7")).attempts, ElementsAre(0s, 7s, 14s, 21s));
}

TEST(PolicyTrial, AnAgeEndsIt) {
  auto old = policy();
  old.max_deliveries.reset();
  old.max_age = 5s;
  const auto trial = tried(old, {.kind = Kind::fails});
  EXPECT_THAT(trial.attempts, ElementsAre(0s, 1s, 3s));
  EXPECT_EQ(trial.ended, 5s);
  EXPECT_EQ(trial.reason, delivery::Reason::expired);
}

TEST(PolicyTrial, WithoutALimitItGoesOn) {
  auto endless = policy();
  endless.max_deliveries.reset();
  const auto trial = tried(endless, {.kind = Kind::fails});
  EXPECT_EQ(trial.end, End::goes_on);
  EXPECT_THAT(trial.attempts, SizeIs(trial_attempts_max));
}

TEST(PolicyTrial, WithoutLettersWhatDiesIsGone) {
  auto none = policy();
  none.dead_letters = false;
  EXPECT_EQ(tried(none, {.kind = Kind::rejects}).end, End::discarded);
}

}  // namespace
}  // namespace millrace::http::routes
