// A seed makes a world: sinks that are well, fail, hang, ask to be left alone and recover; each with its own grant and
// limits; a sender that always has something for each of them and asks again when it was told to; a wall clock that
// jumps, by which sinks name dates; a machine that sleeps. Whatever happens, the checks hold:
//
//   no minute has more requests to a sink than it granted;
//   no sink has more under way than it may, and a probing one has one;
//   nothing is sent while a sink is paused or its breaker is open, whatever the wall clock says;
//   a sender that waits is told when to come back, or has something under way: nobody is forgotten;
//   a breaker opens for a sink that is dead, and every sink that is well in the end is served again.
//
// MILLRACE_SEED=<n> repeats one world.

#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "millrace/push/sink_state.hpp"
#include "support/seeded_random.hpp"

namespace millrace::push {
namespace {

using namespace std::chrono_literals;
using support::SeededRandom;

constexpr int sinks = 4;
constexpr std::uint64_t seeds = 30;

enum class Mood : std::uint8_t { well, failing, hanging, busy };

struct Flying {
  SinkState::Ticket ticket;
  Attempt attempt;
  std::string retry_after;
};

struct Sink {
  Sink(const SinkPolicy& rules, Instant now) : policy(rules), state(rules, now), ask_at(now) {}

  SinkPolicy policy;
  SinkState state;
  std::optional<Instant> ask_at;  ///< nothing: when a request has ended
  Mood mood = Mood::well;
  std::multimap<Instant, Flying> flying;
  std::deque<Instant> minute;
  Instant paused_until{};
  int sent = 0;
  int opened = 0;
};

class World {
 public:
  explicit World(std::uint64_t seed) : chance_(seed) {
    for (int i = 0; i < sinks; ++i) {
      SinkPolicy policy = new_policy();
      if (i == 0) {
        // This one dies in the end: so much must end in a window that the breaker sees it.
        policy.rate = {};
        policy.in_flight_max = policy.breaker.ended_min;
      }
      sinks_.emplace_back(policy, now_);
    }
  }

  void run() {
    for (int i = 0; i < 60 && !testing::Test::HasFailure(); ++i) {
      for (Sink& sink : sinks_) {
        if (chance_.chance(20)) sink.mood = static_cast<Mood>(chance_.below(4));
      }
      if (chance_.chance(20)) wall_ += static_cast<Timestamp>(chance_.below(200'000'000)) - 100'000'000;
      if (chance_.chance(5)) skip(Milliseconds(chance_.below(7'200'000)));
      live(Milliseconds(1 + chance_.below(60'000)));
    }
    come_to_rest();
  }

  [[nodiscard]] int opened() const { return opened_; }
  [[nodiscard]] int pauses() const { return pauses_; }

 private:
  SinkPolicy new_policy() {
    SinkPolicy policy;
    if (chance_.chance(70)) policy.rate.per_minute = static_cast<std::uint32_t>(1 + chance_.below(300));
    policy.in_flight_max = 1 + chance_.below(20);
    policy.breaker.ended_min = static_cast<std::uint32_t>(1 + chance_.below(20));
    policy.breaker.probes = static_cast<std::uint32_t>(1 + chance_.below(4));
    policy.breaker.open_max = policy.breaker.open_first + Milliseconds(chance_.below(200'000));
    EXPECT_TRUE(check(policy).has_value());
    return policy;
  }

  /// The machine slept: nothing happened, and everything is late.
  void skip(Milliseconds length) {
    now_ += length;
    wall_ += length.count();
  }

  void live(Milliseconds length) {
    const Instant end = now_ + length;
    while (!testing::Test::HasFailure()) {
      Instant next = end;
      for (Sink& sink : sinks_) {
        ASSERT_TRUE(sink.ask_at || !sink.flying.empty()) << "forgotten";
        if (sink.ask_at) next = std::min(next, *sink.ask_at);
        if (!sink.flying.empty()) next = std::min(next, sink.flying.begin()->first);
      }
      if (next >= end) break;
      if (next > now_) skip(next - now_);
      for (Sink& sink : sinks_) step(sink);
    }
    if (now_ < end) skip(end - now_);
  }

  void step(Sink& sink) {
    while (!sink.flying.empty() && sink.flying.begin()->first <= now_) land(sink);
    while (sink.ask_at && *sink.ask_at <= now_ && !testing::Test::HasFailure()) ask(sink);
  }

  void ask(Sink& sink) {
    const auto before = sink.state.facts(now_);
    const auto answer = sink.state.begin(now_);
    if (!answer.ticket) {
      ASSERT_NE(answer.wait, Wait::none);
      if (answer.wake) {
        ASSERT_GT(*answer.wake, now_);
      }
      sink.ask_at = answer.wake;
      return;
    }
    ASSERT_GE(now_, sink.paused_until) << "sent into a pause";
    if (before.open_until) {
      ASSERT_GE(now_, *before.open_until) << "sent though the breaker is open";
    }
    const auto facts = sink.state.facts(now_);
    ASSERT_LE(facts.in_flight, sink.policy.in_flight_max);
    ASSERT_EQ(facts.in_flight, sink.flying.size() + 1);
    ++sink.sent;
    note_rate(sink);
    take_off(sink, *answer.ticket);
  }

  void note_rate(Sink& sink) {
    while (!sink.minute.empty() && sink.minute.front() <= now_ - 1min) sink.minute.pop_front();
    sink.minute.push_back(now_);
    if (sink.policy.rate.per_minute) {
      ASSERT_LE(sink.minute.size(), *sink.policy.rate.per_minute);
    }
  }

  void take_off(Sink& sink, SinkState::Ticket ticket) {
    Flying flying{.ticket = ticket, .attempt = {}, .retry_after = {}};
    Milliseconds takes(50 + chance_.below(2'000));
    switch (sink.mood) {
      case Mood::well: flying.attempt.status = chance_.chance(98) ? 204 : 500; break;
      case Mood::failing: flying.attempt.status = chance_.chance(90) ? 503 : 200; break;
      case Mood::busy:
        flying.attempt.status = 429;
        flying.retry_after = std::to_string(chance_.below(90));
        if (chance_.chance(30)) flying.retry_after = "Thu, 01 Jan 2026 00:00:00 GMT";
        break;
      case Mood::hanging:
        flying.attempt.ending = Ending::timeout;
        takes = 30s;
        break;
    }
    sink.flying.emplace(now_ + takes, std::move(flying));
  }

  void land(Sink& sink) {
    Flying flying = std::move(sink.flying.begin()->second);
    sink.flying.erase(sink.flying.begin());
    flying.attempt.retry_after = flying.retry_after;
    const Verdict verdict = judge(flying.attempt, {}, {}, wall_);
    const bool was_open = sink.state.facts(now_).breaker == Breaker::open;
    sink.state.ended(flying.ticket, verdict.health, now_);
    if (!was_open && sink.state.facts(now_).breaker == Breaker::open) {
      ++sink.opened;
      ++opened_;
    }
    if (verdict.pause > 0ms) {
      ++pauses_;
      sink.state.pause(verdict.pause, now_);
      sink.paused_until = std::max(sink.paused_until, now_ + verdict.pause);
    }
    if (!sink.ask_at) sink.ask_at = now_;
  }

  void come_to_rest() {
    sinks_[0].mood = Mood::hanging;
    for (std::size_t i = 1; i < sinks_.size(); ++i) sinks_[i].mood = Mood::well;
    live(1min);  // What is under way ends, and may ask for a pause;
    skip(25h);   // that is a day at most.
    live(10min);
    std::vector<int> sent;
    for (const Sink& sink : sinks_) sent.push_back(sink.sent);
    live(30min);
    if (testing::Test::HasFailure()) return;
    EXPECT_GT(sinks_[0].opened, 0);
    EXPECT_LE(sinks_[0].sent - sent[0], 31) << "a dead sink gets a probe a minute: 30 s open, 30 s until it has failed";
    for (std::size_t i = 1; i < sinks_.size(); ++i) {
      EXPECT_GE(sinks_[i].sent - sent[i], sinks_[i].policy.rate.per_minute ? 15 : 300) << "sink " << i << " is well";
    }
  }

  SeededRandom chance_;
  Instant now_{1s};
  Timestamp wall_ = 1'767'200'000'000;  ///< a day before 2026-01-01, of which sinks speak
  std::vector<Sink> sinks_;
  int opened_ = 0;
  int pauses_ = 0;
};

TEST(SinkSimulation, EverySinkGetsWhatItGrantedAndNoMore) {
  const std::uint64_t first = support::seed_from_env();
  const std::uint64_t count = support::seed_count_from_env(seeds);
  int opened = 0, pauses = 0;
  for (std::uint64_t seed = first; seed < first + count && !HasFailure(); ++seed) {
    SCOPED_TRACE("MILLRACE_SEED=" + std::to_string(seed));
    World world(seed);
    world.run();
    opened += world.opened();
    pauses += world.pauses();
  }
  EXPECT_GT(opened, 0);
  EXPECT_GT(pauses, 0);
}

}  // namespace
}  // namespace millrace::push
