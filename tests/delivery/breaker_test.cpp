#include "millrace/delivery/breaker.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "story.hpp"

namespace millrace::delivery {
namespace {

constexpr BreakerPolicy usual{};
constexpr Instant epoch{};

TEST(Breaker, OpensAtItsShareOfWhatEndedWithinTheWindow) {
  Breaker breaker(usual, epoch);
  breaker.settled(50, 49, epoch);
  EXPECT_EQ(breaker.facts(epoch), (Breaker::Facts{.ended = 99, .failed = 49})) << "too few to say anything";
  breaker.settled(0, 1, epoch + Milliseconds(1));
  EXPECT_EQ(breaker.facts(epoch + Milliseconds(1)).state, BreakerState::open);
  EXPECT_FALSE(breaker.room(epoch + Milliseconds(1)).has_place);
  EXPECT_EQ(breaker.room(epoch + Milliseconds(1)).wake, epoch + Milliseconds(1) + usual.open_first);
}

TEST(Breaker, StaysClosedBelowItsShareAndForgetsWhatIsOlderThanTheWindow) {
  Breaker breaker(usual, epoch);
  breaker.settled(600, 400, epoch);
  EXPECT_EQ(breaker.facts(epoch).state, BreakerState::closed);
  const Instant later = epoch + 2 * usual.window;
  breaker.settled(0, 99, later);
  EXPECT_EQ(breaker.facts(later), (Breaker::Facts{.ended = 99, .failed = 99}));
  breaker.settled(1, 0, later);
  EXPECT_EQ(breaker.facts(later).state, BreakerState::closed) << "a good end opens nothing";
  breaker.settled(0, 1, later);
  EXPECT_EQ(breaker.facts(later).state, BreakerState::open);
}

TEST(Breaker, LetsOneProbeThroughAtATimeAndClosesWhenEnoughAreGood) {
  Breaker breaker(usual, epoch);
  breaker.settled(0, 100, epoch);
  const Instant half = epoch + usual.open_first;
  for (std::uint32_t i = 0; i < usual.probes; ++i) {
    EXPECT_TRUE(breaker.room(half).is_limited);
    EXPECT_TRUE(breaker.room(half).has_place);
    const auto probe = breaker.begin();
    EXPECT_EQ(breaker.facts(half).state, BreakerState::half_open);
    EXPECT_FALSE(breaker.room(half).has_place);
    breaker.settled(500, 500, half);  // what flowed before it opened says nothing any more
    breaker.ended(probe, Health::good, half);
  }
  EXPECT_EQ(breaker.facts(half), Breaker::Facts{}) << "closed, with nothing counted";
  EXPECT_FALSE(breaker.room(half).is_limited);
}

TEST(Breaker, ABadProbeOpensItForTwiceAsLongUpToABound) {
  Breaker breaker(usual, epoch);
  breaker.settled(0, 100, epoch);
  Instant now = epoch;
  Milliseconds open = usual.open_first;
  for (int i = 0; i < 6; ++i) {
    ASSERT_EQ(breaker.facts(now).open_until, now + open);
    now += open;
    ASSERT_TRUE(breaker.room(now).has_place);
    breaker.ended(breaker.begin(), Health::bad, now);
    open = std::min(2 * open, usual.open_max);
  }
}

TEST(Breaker, AProbeOfWhichNobodySaysAnythingGivesItsPlaceBack) {
  Breaker breaker(usual, epoch);
  breaker.settled(0, 100, epoch);
  const Instant half = epoch + usual.open_first;
  const auto old = breaker.begin();
  breaker.ended(old, Health::unknown, half);
  EXPECT_TRUE(breaker.room(half).has_place);
  EXPECT_EQ(breaker.facts(half).state, BreakerState::half_open);
}

/// Hand-outs that end at any time in any way: it is only ever open after enough has failed, closes only after probes,
/// and there is always a moment at which something is let through again.
TEST(Breaker, NeverStaysShut) {
  for (unsigned seed = 0; seed < 200; ++seed) {
    std::mt19937 chance(seed);
    BreakerPolicy policy;
    const auto below = [&](std::uint32_t bound) { return static_cast<std::uint32_t>(chance() % bound); };
    policy.ended_min = 1 + below(50);
    policy.failed_percent = 1 + below(100);
    policy.probes = 1 + below(4);
    Breaker breaker(policy, epoch);
    std::vector<Breaker::Ticket> flying;
    Instant now = epoch;
    auto before = breaker.facts(now);
    for (int step = 0; step < 500; ++step) {
      now += Milliseconds(below(3'000));
      const auto room = breaker.room(now);
      if (!room.has_place && flying.empty()) {
        ASSERT_TRUE(room.wake) << "seed " << seed;
        now = *room.wake;
        ASSERT_TRUE(breaker.room(now).has_place) << "seed " << seed;
      }
      if (breaker.room(now).has_place && below(2) == 0) flying.push_back(breaker.begin());
      if (!flying.empty() && below(2) == 0) {
        breaker.ended(flying.front(), static_cast<Health>(below(3)), now);
        flying.erase(flying.begin());
      }
      const auto after = breaker.facts(now);
      if (before.state == BreakerState::closed) {
        ASSERT_NE(after.state, BreakerState::half_open) << "seed " << seed;
        if (after.state == BreakerState::open) {
          ASSERT_GE(after.ended, policy.ended_min) << "seed " << seed;
          ASSERT_GE(after.failed * 100, after.ended * policy.failed_percent) << "seed " << seed;
        }
      }
      before = after;
    }
  }
}

TEST(Breaker, RulesHaveBounds) {
  EXPECT_TRUE(check(usual));
  auto policy = usual;
  policy.failed_percent = 101;
  EXPECT_EQ(check(policy).error().message, "breaker.rate is 101; it may be from 1 to 100");
  policy = usual;
  policy.open_max = policy.open_first - Milliseconds(1);
  EXPECT_FALSE(check(policy));
}

/// What the machine tells a breaker.
Settled sum(const std::vector<Settled>& all) {
  Settled out;
  for (const auto& each : all) {
    out.good += each.good;
    out.bad += each.bad;
    out.probes_good += each.probes_good;
    out.probes_bad += each.probes_bad;
    out.probes_back += each.probes_back;
  }
  return out;
}

class Told {
 public:
  Told() {
    (void)machine_.loaded();
    (void)machine_.begin(Offset(0));
    std::vector<Event> events;
    for (std::int64_t at = 0; at < 10; ++at) events.push_back({.offset = Offset(at)});
    (void)machine_.tell(Offset(0), Offset(10), events, now);
  }
  std::vector<Token> take(std::size_t max, bool is_probe) {
    std::vector<Token> tokens;
    for (const auto& each : machine_.acquire(max, ConsumerId{1}, now, is_probe).events) tokens.push_back(each.token);
    return tokens;
  }
  void note(const Effects& effects) { told.push_back(effects.settled); }
  PartitionDelivery& machine() { return machine_; }

  Now now{.steady = epoch, .wall = noon};
  std::vector<Settled> told;

 private:
  PartitionDelivery machine_{std::make_shared<const Policy>(plain()), 7};
};

TEST(Settled, SaysHowHandOutsEndedAndProbesApart) {
  Told s;
  const auto tokens = s.take(5, false);
  s.note(s.machine().acknowledge(std::span(tokens).first(2), s.now).effects);
  s.note(s.machine().fail(std::span(tokens).subspan(2, 1), {}, Milliseconds(0), s.now).effects);
  s.note(s.machine().reject(std::span(tokens).subspan(3, 1), {}, s.now).effects);
  s.note(s.machine().release(std::span(tokens).subspan(4, 1), Milliseconds(0), s.now).effects);
  s.note(s.machine().acknowledge(tokens, s.now).effects);  // lost, all of them
  EXPECT_EQ(sum(s.told), (Settled{.good = 2, .bad = 2}));

  s.told.clear();
  const auto good = s.take(1, true), back = s.take(1, true), bad = s.take(1, true), late = s.take(1, true);
  s.note(s.machine().acknowledge(good, s.now).effects);
  s.note(s.machine().release(back, Milliseconds(0), s.now).effects);
  s.note(s.machine().fail(bad, {}, Milliseconds(0), s.now).effects);
  s.now.steady += Policy().lock_time;
  s.note(s.machine().tick(s.now));
  EXPECT_EQ(sum(s.told), (Settled{.good = 1, .bad = 2, .probes_good = 1, .probes_bad = 2, .probes_back = 1}));
  s.told.clear();
  const auto again = s.take(9, false);
  s.note(s.machine().acknowledge(again, s.now).effects);
  EXPECT_EQ(sum(s.told).probes_good, 0U) << "a probe that came back is one no longer";
  EXPECT_EQ(s.machine().counts().timed_out, 1U);
  EXPECT_EQ(s.machine().counts().rejected, 1U);
  EXPECT_EQ(s.machine().counts().failed, 4U);
  EXPECT_GE(s.machine().counts().redelivered, 2U);
}

}  // namespace
}  // namespace millrace::delivery
