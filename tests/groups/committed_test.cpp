// All that is committed, page by page.

#include <gmock/gmock.h>

#include "groups/scenario.hpp"

namespace millrace::groups {
namespace {

using testing::ElementsAre;

/// "g/t-0@5" of every committed offset, read in pages of so many.
std::vector<std::string> all_of(const Coordinator& coordinator, std::size_t page_size) {
  std::vector<std::string> all;
  OffsetKey after{"", "", -1};
  for (bool is_last = false; !is_last;) {
    const auto page = coordinator.committed(after, page_size);
    is_last = page.is_last;
    std::size_t offsets = 0;
    for (const auto& row : page.rows) {
      for (const auto& [partition, offset] : row.offsets) {
        ++offsets;
        after = {row.group, row.topic, partition};
        all.push_back(row.group + "/" + row.topic + "-" + std::to_string(partition) + "@" +
                      std::to_string(offset.value()));
      }
    }
    EXPECT_LE(offsets, page_size);
    EXPECT_TRUE(is_last || offsets > 0) << "a page that is not the last one gets somewhere";
  }
  return all;
}

TEST(Committed, EveryOffsetIsOnExactlyOnePage) {
  Scenario s;
  s.commit_simply({"t", 1, 5}, "b");
  s.commit_simply({"t", 0, 6}, "b");
  s.commit_simply({"s", 7, 1}, "b");
  s.commit_simply({"u", 0, 2}, "a");
  s.commit_simply({"t", 0, 0}, "");
  for (std::size_t page_size = 1; page_size <= 6; ++page_size) {
    EXPECT_THAT(all_of(s.coordinator(), page_size), ElementsAre("/t-0@0", "a/u-0@2", "b/s-7@1", "b/t-0@6", "b/t-1@5"));
  }
}

TEST(Committed, NothingIsOnePageWithNothingOnIt) {
  Scenario s;
  const auto page = s.coordinator().committed({"", "", -1}, 1);
  EXPECT_TRUE(page.is_last);
  EXPECT_TRUE(page.rows.empty());
}

TEST(Totals, CountEveryRebalanceThatBegins) {
  Scenario s;
  EXPECT_EQ(s.coordinator().totals().classic_rebalances, 0U);
  const auto seats = s.stable("a");
  EXPECT_EQ(s.coordinator().totals().classic_rebalances, 1U);
  s.commit(seats[0], {"t", 0, 42});
  EXPECT_EQ(s.coordinator().totals().classic_rebalances, 1U);
}

}  // namespace
}  // namespace millrace::groups
