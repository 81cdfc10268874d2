// A hundred thousand letters brought back; fewer where a sanitizer looks on.

#include "millrace/redrive/jobs.hpp"
#include "redrive/job_bench.hpp"
#include "support/sanitized.hpp"

namespace millrace::redrive {
namespace {

TEST(Jobs, AHundredThousandAtABoundedPaceCancelledMidwayAndTheRestByAnother) {
  constexpr std::size_t each = support::is_sanitized ? 5'000 : 50'000, all = 2 * each;
  JobBench bench;
  bench.send(each);
  bench.send(each, 1);
  bench.bury(all);
  JobWish wish;
  wish.rate = all / 5;
  const auto first = bench.create(wish);
  ASSERT_TRUE(first) << first.error().message;
  bench.until([&] {
    bench.acknowledge();
    return bench.jobs->find(first->id)->resolved >= all / 5;
  });
  ASSERT_TRUE(bench.change(&Jobs::cancel, first->id));
  bench.until([&] {
    bench.acknowledge();
    const auto facts = *bench.jobs->find(first->id);
    return facts.resolved == facts.selected;
  });
  const auto cancelled = *bench.jobs->find(first->id);
  EXPECT_EQ(cancelled.state, JobState::cancelled);
  EXPECT_LT(cancelled.resolved, all);
  EXPECT_EQ(bench.state(LetterState::resolved), cancelled.resolved);
  EXPECT_EQ(bench.state(LetterState::open), all - cancelled.resolved);
  const auto second = bench.create({});
  ASSERT_TRUE(second) << second.error().message;
  const auto done = bench.until(second->id, JobState::done);
  EXPECT_EQ(done.resolved, all - cancelled.resolved);
  EXPECT_EQ(bench.state(LetterState::resolved), all);
  ASSERT_EQ(bench.delivered.size(), all);
  for (const auto& [event, times] : bench.delivered) ASSERT_EQ(times, 1);
}

}  // namespace
}  // namespace millrace::redrive
