// The promise of compaction, tried: the last value of every key at its offset, tombstones for as long as they were
// promised, producers and transactions as they were, after any crash at any disk call.

#include <gtest/gtest.h>

#include "simulation/compaction_world.hpp"

namespace millrace::simulation {
namespace {

using support::Crash;

constexpr int steps = 120;

/// Starts after a crash and checks; with `again`, the power goes once more in the middle of starting.
std::string survive(CompactionWorld& world, std::uint64_t again) {
  if (again > 0) {
    world.disk().cut_power(again);
    (void)world.start();
    world.drop_partition();
    world.disk().crash(again % 2 == 0 ? Crash::random : Crash::lose, again);
  }
  if (const auto error = world.start()) return "it does not open: " + error->message;
  return world.check();
}

TEST(CompactionCrash, KeepsTheLastOfEachKeyWhereverThePowerGoes) {
  const auto first = support::seed_from_env(1);
  const auto seeds = support::seed_count_from_env(1);
  for (auto seed = first; seed < first + seeds; ++seed) {
    CompactionWorld whole(seed);
    whole.run(steps);
    ASSERT_GT(whole.passes(), 0) << "MILLRACE_SEED=" << seed << " says nothing about compaction";
    const auto calls = whole.disk().calls();
    for (std::uint64_t call = 1; call <= calls; ++call) {
      CompactionWorld before(seed);
      before.disk().cut_power(call);
      before.run(steps);
      before.drop_partition();
      for (const auto kind : {call, call + 2}) {
        const Crash how = support::all_crashes[kind % std::size(support::all_crashes)];
        const auto world = before.copy();
        world->disk().crash(how, seed * 1000 + call);
        const auto again = call % 3 == 0 ? 1 + call % 23 : 0;
        ASSERT_EQ(survive(*world, again), "") << "MILLRACE_SEED=" << seed << ", the power goes at call " << call
                                              << ", crash " << static_cast<int>(how) << ", again " << again;
      }
    }
  }
}

TEST(CompactionCrash, KeepsTheLastOfEachKeyThroughManyLives) {
  const auto first = support::seed_from_env(1);
  const auto seeds = support::seed_count_from_env(100);
  for (auto seed = first; seed < first + seeds; ++seed) {
    support::SeededRandom random(seed);
    CompactionWorld world(seed);
    for (int life = 0; life < 8; ++life) {
      world.disk().cut_power(1 + random.below(600));
      world.run(steps);
      world.drop_partition();
      const auto how = support::all_crashes[random.below(std::size(support::all_crashes))];
      world.disk().crash(how, random.next());
      ASSERT_EQ(survive(world, random.chance(30) ? 1 + random.below(20) : 0), "")
          << "MILLRACE_SEED=" << seed << ", life " << life;
    }
  }
}

TEST(CompactionCrash, IsRightWhileItRuns) {
  const auto first = support::seed_from_env(1);
  const auto seeds = support::seed_count_from_env(60);
  for (auto seed = first; seed < first + seeds; ++seed) {
    CompactionWorld world(seed);
    for (int part = 0; part < 30; ++part) {
      world.run(20);
      if (world.partition() == nullptr) continue;
      ASSERT_EQ(world.check(), "") << "MILLRACE_SEED=" << seed << ", part " << part;
    }
  }
}

/// Whatever call fails, the partition either goes on or says that it is offline; it is never wrong.
TEST(CompactionFault, IsNeverWrongWhicheverCallFails) {
  const auto first = support::seed_from_env(1);
  const auto seeds = support::seed_count_from_env(1);
  for (auto seed = first; seed < first + seeds; ++seed) {
    for (const Errc how : {Errc::io, Errc::no_space, Errc::busy}) {
      for (std::uint64_t call = 1;; ++call) {
        CompactionWorld world(seed);
        world.disk().fail(call, how);
        world.run(steps, true);
        if (!world.disk().failed()) break;
        const auto where = "MILLRACE_SEED=" + std::to_string(seed) + ", call " + std::to_string(call) + " fails with " +
                           std::string(name_of(how));
        if (world.partition() != nullptr && !world.partition()->offline()) {
          ASSERT_EQ(world.check(), "") << where;
        }
        world.drop_partition();
        world.disk().crash(Crash::random, call);
        ASSERT_EQ(survive(world, 0), "") << where;
      }
    }
  }
}

}  // namespace
}  // namespace millrace::simulation
