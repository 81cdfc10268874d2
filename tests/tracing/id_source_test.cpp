#include "id_source.hpp"

#include <gtest/gtest.h>

#include <mutex>
#include <set>
#include <thread>

#include "support/seeded_random.hpp"

namespace millrace::tracing {
namespace {

TEST(IdSource, OneSeedGivesOneSequence) {
  support::SeededRandom random(5), same(5), other(6);
  IdSource ids(random), again(same), others(other);
  for (int i = 0; i < 100; ++i) {
    const auto id = ids.trace();
    EXPECT_EQ(id, again.trace());
    EXPECT_NE(id, others.trace());
  }
}

TEST(IdSource, NoIdComesTwiceWhoeverAsks) {
  support::SeededRandom random(support::seed_from_env());
  IdSource ids(random);
  std::mutex mutex;
  std::set<SpanId> seen;
  const auto ask = [&] {
    for (int i = 0; i < 10'000; ++i) {
      const auto id = ids.span();
      const std::lock_guard lock(mutex);
      seen.insert(id);
    }
  };
  std::thread one(ask), another(ask);
  one.join();
  another.join();
  EXPECT_EQ(seen.size(), 20'000U);
  EXPECT_FALSE(seen.contains(SpanId{}));
}

}  // namespace
}  // namespace millrace::tracing
