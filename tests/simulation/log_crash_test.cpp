// The promise of storage, tried: whatever flushed() confirmed is there after any crash at any disk call.

#include <gtest/gtest.h>

#include "simulation/log_world.hpp"

namespace millrace::simulation {
namespace {

using support::Crash;

constexpr int steps = 60;

std::string story(std::uint64_t seed, std::uint64_t call, Crash how) {
  return "MILLRACE_SEED=" + std::to_string(seed) + ", the power goes at call " + std::to_string(call) + ", crash " +
         std::to_string(static_cast<int>(how));
}

/// Starts after a crash and checks; with `again`, the power goes once more in the middle of starting.
std::string survive(LogWorld& world, std::uint64_t again) {
  if (again > 0) {
    world.disk().cut_power(again);
    (void)world.start();
    world.drop_log();
    world.disk().crash(again % 2 == 0 ? Crash::random : Crash::lose, again);
  }
  if (const auto error = world.start()) return "the log does not open: " + error->message;
  return world.check();
}

std::uint64_t calls_of_whole_run(std::uint64_t seed) {
  LogWorld world(seed);
  world.run(steps);
  return world.disk().calls();
}

TEST(LogCrash, KeepsWhatWasConfirmedWhereverThePowerGoes) {
  const auto first = support::seed_from_env(1);
  const auto seeds = support::seed_count_from_env(3);
  for (auto seed = first; seed < first + seeds; ++seed) {
    const auto calls = calls_of_whole_run(seed);
    for (std::uint64_t call = 1; call <= calls; ++call) {
      LogWorld before(seed);
      before.disk().cut_power(call);
      before.run(steps);
      before.drop_log();
      // Two kinds of crash at each call; neighbouring calls see the others.
      for (const auto kind : {call, call + 2}) {
        const Crash how = support::all_crashes[kind % std::size(support::all_crashes)];
        const auto world = before.copy();
        world->disk().crash(how, seed * 1000 + call);
        const auto again = call % 3 == 0 ? 1 + call % 23 : 0;
        ASSERT_EQ(survive(*world, again), "") << story(seed, call, how);
      }
    }
  }
}

/// Life goes on after a crash, and the next crash finds a log that was recovered once already.
TEST(LogCrash, KeepsWhatWasConfirmedThroughManyLives) {
  const auto first = support::seed_from_env(1);
  const auto seeds = support::seed_count_from_env(200);
  for (auto seed = first; seed < first + seeds; ++seed) {
    support::SeededRandom random(seed);
    LogWorld world(seed);
    for (int life = 0; life < 8; ++life) {
      world.disk().cut_power(1 + random.below(400));
      world.run(steps);
      world.drop_log();
      const auto how = support::all_crashes[random.below(std::size(support::all_crashes))];
      world.disk().crash(how, random.next());
      ASSERT_EQ(survive(world, random.chance(30) ? 1 + random.below(20) : 0), "")
          << "MILLRACE_SEED=" << seed << ", life " << life;
    }
  }
}

TEST(LogCrash, LosesNothingWhenOnlyTheProcessDies) {
  const auto first = support::seed_from_env(1);
  const auto seeds = support::seed_count_from_env(50);
  for (auto seed = first; seed < first + seeds; ++seed) {
    LogWorld world(seed);
    world.run(steps);
    if (world.log() == nullptr) continue;
    const Offset end = world.log()->end();
    world.drop_log();
    world.disk().restart();
    ASSERT_EQ(survive(world, 0), "") << "MILLRACE_SEED=" << seed;
    EXPECT_EQ(world.log()->end(), end) << "MILLRACE_SEED=" << seed;
    EXPECT_EQ(world.report().cut_bytes, 0U) << "MILLRACE_SEED=" << seed;
  }
}

/// whatever call fails, the log either goes on or says that it is offline; it is never wrong.
TEST(LogFault, LeavesAUsableOrOfflineLogWhicheverCallFails) {
  const auto first = support::seed_from_env(1);
  const auto seeds = support::seed_count_from_env(2);
  for (auto seed = first; seed < first + seeds; ++seed) {
    for (const Errc how : {Errc::io, Errc::no_space, Errc::busy}) {
      for (std::uint64_t call = 1;; ++call) {
        LogWorld world(seed);
        world.disk().fail(call, how);
        world.run(steps, true);
        if (!world.disk().failed()) break;
        const auto where = "MILLRACE_SEED=" + std::to_string(seed) + ", call " + std::to_string(call) + " fails with " +
                           std::string(name_of(how));
        if (world.log() != nullptr && !world.log()->offline()) {
          ASSERT_EQ(world.check(), "") << where;
        }
        world.drop_log();
        world.disk().crash(Crash::random, call);
        ASSERT_EQ(survive(world, 0), "") << where;
      }
    }
  }
}

}  // namespace
}  // namespace millrace::simulation
