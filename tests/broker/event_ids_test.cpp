#include "millrace/broker/event_ids.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "support/seeded_random.hpp"

namespace millrace::broker {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;

Hash128 hash(std::uint64_t number) { return {number, ~number}; }

TEST(EventIds, FindsWhatItRemembers) {
  EventIds ids;
  EXPECT_EQ(ids.find(hash(1)), std::nullopt);
  ids.remember(hash(1), Offset(5), Instant(1s));
  EXPECT_EQ(ids.find(hash(1)), Offset(5));
  EXPECT_EQ(ids.find(hash(2)), std::nullopt);
  EXPECT_EQ(ids.find(Hash128{1, 1}), std::nullopt) << "half of a hash is not all of it";
}

TEST(EventIds, ForgetsByAge) {
  EventIds ids;
  ids.remember(hash(1), Offset(0), Instant(1s));
  ids.remember(hash(2), Offset(1), Instant(2s));
  ids.forget(Instant(999ms));
  EXPECT_EQ(ids.size(), 2U);
  ids.forget(Instant(1s));
  EXPECT_EQ(ids.find(hash(1)), std::nullopt);
  EXPECT_EQ(ids.find(hash(2)), Offset(1));
  EXPECT_EQ(ids.forgotten_early(), 0U) << "its time was over";
}

TEST(EventIds, ForgetsTheOldestWhereThereAreTooMany) {
  EventIds ids({.ids_max = 3});
  for (int i = 0; i < 5; ++i) ids.remember(hash(static_cast<std::uint64_t>(i)), Offset(i), Instant(1s));
  EXPECT_EQ(ids.size(), 3U);
  EXPECT_EQ(ids.find(hash(1)), std::nullopt);
  EXPECT_EQ(ids.find(hash(2)), Offset(2));
  EXPECT_EQ(ids.forgotten_early(), 2U);
}

TEST(EventIds, OfCopiesOfAnEventTheLastCounts) {
  EventIds ids;
  ids.remember(hash(1), Offset(0), Instant(1s));
  ids.remember(hash(2), Offset(1), Instant(2s));
  ids.remember(hash(1), Offset(9), Instant(3s));
  EXPECT_EQ(ids.find(hash(1)), Offset(9));
  ids.forget(Instant(2s));
  EXPECT_EQ(ids.find(hash(1)), Offset(9)) << "the time of the first copy says nothing about the second";
  ids.forget(Instant(3s));
  EXPECT_EQ(ids.find(hash(1)), std::nullopt);
  EXPECT_EQ(ids.size(), 0U);
}

TEST(EventIds, ATimeBeforeTheLastOneIsTakenForThat) {
  EventIds ids;
  ids.remember(hash(1), Offset(0), Instant(2s));
  ids.remember(hash(2), Offset(1), Instant(1s));
  ids.forget(Instant(1s));
  EXPECT_EQ(ids.find(hash(2)), Offset(1)) << "a window is never shorter";
}

TEST(EventIds, TellsOfABatchWhatIsThereAndWhatItHoldsTwice) {
  EventIds ids;
  ids.remember(hash(1), Offset(7), Instant(1s));
  EXPECT_THAT(ids.find({hash(2), std::nullopt, hash(3)}), IsEmpty());
  EXPECT_THAT(ids.find({hash(2), hash(1), std::nullopt, hash(2), hash(1)}),
              ElementsAre(FirstCopy{}, FirstCopy{.offset = Offset(7)}, FirstCopy{}, FirstCopy{.index = 0},
                          FirstCopy{.offset = Offset(7)}));
}

/// Hashes that meet in their slots, so that slots behind a free one have to move up.
TEST(EventIds, AgreesWithAMapWhateverHappens) {
  constexpr std::size_t most = 100;
  support::SeededRandom chance(support::seed_from_env(7));
  EventIds ids({.ids_max = most});
  std::map<std::uint64_t, Offset> truth;
  std::vector<std::pair<Offset, std::uint64_t>> order;  // of those in the truth
  const auto forget_below = [&](Offset below) {
    std::erase_if(truth, [&](const auto& each) { return each.second < below; });
  };
  Offset next(0);
  for (int step = 0; step < 20'000; ++step) {
    const auto word = chance.below(40) | (chance.below(8) << 61);
    if (chance.chance(2)) {
      const auto below = Offset(std::max<std::int64_t>(0, next.value() - static_cast<std::int64_t>(chance.below(150))));
      ids.forget(Instant(Milliseconds(below.value() - 1)));
      forget_below(below);
    } else if (!ids.find(hash(word))) {
      ids.remember(hash(word), next, Instant(Milliseconds(next.value())));
      truth[word] = next;
      next = next + 1;
      forget_below(next - static_cast<std::int64_t>(most));
    }
    ASSERT_EQ(ids.size(), truth.size()) << "step " << step;
    for (std::uint64_t low = 0; low < 40; ++low) {
      for (std::uint64_t high = 0; high < 8; ++high) {
        const auto each = low | (high << 61);
        const auto found = truth.find(each);
        ASSERT_EQ(ids.find(hash(each)), found == truth.end() ? std::nullopt : std::optional(found->second));
      }
    }
  }
}

}  // namespace
}  // namespace millrace::broker
