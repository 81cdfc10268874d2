#include "millrace/delivery/policy.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "millrace/delivery/event.hpp"

namespace millrace::delivery {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

TEST(Policy, TheDefaultsAreWithinTheirBounds) { EXPECT_TRUE(check(Policy{}).has_value()); }

template <class Change>
std::string objection(Change change) {
  Policy policy;
  change(policy);
  const auto result = check(policy);
  return result ? std::string() : result.error().message;
}

TEST(Policy, AnObjectionNamesTheFieldTheValueAndTheRule) {
  EXPECT_EQ(objection([](Policy& p) { p.unsettled_max = 1'000'001; }),
            "unsettled-max is 1000001; it may be from 1 to 1000000");
  EXPECT_THAT(objection([](Policy& p) { p.max_deliveries = 0; }), HasSubstr("max-deliveries is 0"));
  EXPECT_THAT(objection([](Policy& p) { p.max_age = 0ms; }), HasSubstr("max-age is 0"));
  EXPECT_THAT(objection([](Policy& p) { p.backoff.cap = 500ms; }),
              HasSubstr("backoff.cap is 500; it may be from 1000"));
  EXPECT_THAT(objection([](Policy& p) { p.backoff.factor_percent = 99; }), HasSubstr("backoff.factor is 99"));
  EXPECT_THAT(objection([](Policy& p) { p.backoff.jitter_percent = 101; }), HasSubstr("backoff.jitter is 101"));
  EXPECT_THAT(objection([](Policy& p) { p.lock_time = 25h; }), HasSubstr("lock-time is 90000000"));
  EXPECT_THAT(objection([](Policy& p) { p.in_flight_max = 0; }), HasSubstr("in-flight-max is 0"));
  EXPECT_THAT(objection([](Policy& p) { p.per_key_max = 0; }), HasSubstr("per-key-max is 0"));
  EXPECT_THAT(objection([](Policy& p) { p.read_ahead = SIZE_MAX; }), HasSubstr("read-ahead is 9223372036854775807"));
  EXPECT_THAT(objection([](Policy& p) { p.message_bytes_max = 40'000; }), HasSubstr("message-limit is 40000"));
}

TEST(Backoff, DoublesUpToTheCap) {
  const Backoff backoff{.base = 1s, .factor_percent = 200, .cap = 300s, .jitter_percent = 0};
  EXPECT_EQ(delay_after(backoff, 1, 0), 1s);
  EXPECT_EQ(delay_after(backoff, 2, 0), 2s);
  EXPECT_EQ(delay_after(backoff, 9, 0), 256s);
  EXPECT_EQ(delay_after(backoff, 10, 0), 300s);
  EXPECT_EQ(delay_after(backoff, UINT32_MAX, 0), 300s);
}

TEST(Backoff, MayStayTheSameOrNotWaitAtAll) {
  EXPECT_EQ(delay_after({.base = 7s, .factor_percent = 100, .cap = 300s, .jitter_percent = 0}, 65'535, 9), 7s);
  EXPECT_EQ(delay_after({.base = 0s, .factor_percent = 200, .cap = 300s, .jitter_percent = 20}, 65'535, 9), 0s);
}

TEST(Backoff, JitterShortensByItsShareAtMost) {
  const Backoff backoff{.base = 1s, .factor_percent = 200, .cap = 300s, .jitter_percent = 20};
  Milliseconds least = 1h, most = 0ms;
  for (std::uint64_t chance = 0; chance < 1'000; ++chance) {
    least = std::min(least, delay_after(backoff, 1, chance));
    most = std::max(most, delay_after(backoff, 1, chance));
  }
  EXPECT_EQ(least, 800ms);
  EXPECT_EQ(most, 1s);
}

TEST(Reasons, HaveTheNamesOfDeadLetters) {
  EXPECT_EQ(name_of(Reason::max_deliveries), "max-deliveries");
  EXPECT_EQ(name_of(Reason::manual), "manual");
  EXPECT_EQ(name_of(Reason::none), "");
}

TEST(KeyHash, IsNeverThatOfNoKey) {
  EXPECT_NE(hash_of_key({}), no_key);
  EXPECT_NE(hash_of_key(as_bytes("a")), hash_of_key(as_bytes("b")));
}

}  // namespace
}  // namespace millrace::delivery
