// Redrive jobs at work, on a broker in memory with a consumer of its own.

#include "millrace/redrive/jobs.hpp"

#include "redrive/job_bench.hpp"

namespace millrace::redrive {
namespace {

using testing::HasSubstr;

TEST(Jobs, EveryLetterIsDeliveredAgainAndResolved) {
  JobBench bench;
  bench.send(300);
  bench.send(200, 1);
  bench.bury(500);
  EXPECT_EQ(bench.count({}).value_or(0), 500u);
  const auto begun = bench.create({});
  ASSERT_TRUE(begun) << begun.error().message;
  const auto done = bench.until(begun->id, JobState::done);
  EXPECT_EQ(done.selected, 500u);
  EXPECT_EQ(done.redriven, 500u);
  EXPECT_EQ(done.resolved, 500u);
  EXPECT_EQ(done.failed, 0u);
  const auto totals = bench.jobs->totals();
  EXPECT_EQ(totals.jobs[static_cast<std::size_t>(JobState::done)], 1u);
  EXPECT_EQ(totals.resolved, 500u);
  EXPECT_EQ(totals.failed, 0u);
  Answered<Result<void>> removed;
  bench.jobs->remove(begun->id, removed.callback());
  EXPECT_TRUE(removed.get());
  EXPECT_EQ(bench.jobs->totals().jobs[static_cast<std::size_t>(JobState::done)], 0u);
  EXPECT_EQ(bench.jobs->totals().resolved, 500u) << "a counter does not go back";
  EXPECT_EQ(bench.state(LetterState::resolved), 500u);
  EXPECT_EQ(bench.delivered.size(), 500u);
  EXPECT_EQ(bench.count({}).value_or(1), 0u);
}

TEST(Jobs, AJobGoesOnAfterARestart) {
  JobBench bench;
  bench.send(3'000);
  bench.bury(3'000);
  JobWish wish;
  wish.rate = 4'000;
  const auto begun = bench.create(wish);
  ASSERT_TRUE(begun);
  bench.until([&] {
    bench.acknowledge();
    return bench.jobs->find(begun->id)->resolved >= 800;
  });
  bench.restart();
  const auto done = bench.until(begun->id, JobState::done);
  EXPECT_EQ(done.wish, begun->wish);
  EXPECT_EQ(done.selected, 3'000u);
  EXPECT_EQ(done.resolved, 3'000u) << "a clean stop loses no count";
  EXPECT_LE(bench.jobs->totals().resolved, 2'200u) << "since the start";
  EXPECT_EQ(bench.state(LetterState::resolved), 3'000u);
}

TEST(Jobs, AfterACrashNoLetterIsPassedOver) {
  JobBench bench;
  bench.send(3'000);
  bench.bury(3'000);
  JobWish wish;
  wish.rate = 4'000;
  const auto begun = bench.create(wish);
  ASSERT_TRUE(begun);
  bench.until([&] {
    bench.acknowledge();
    return bench.jobs->find(begun->id)->resolved >= 800;
  });
  bench.crash();
  const auto done = bench.until(begun->id, JobState::done);
  EXPECT_LE(done.resolved, 3'000u);
  EXPECT_EQ(done.failed, 0u);
  EXPECT_EQ(bench.state(LetterState::resolved), 3'000u);
}

TEST(Jobs, ATopicHasOneAtATime) {
  JobBench bench;
  bench.send(10);
  bench.bury(10);
  JobWish slow;
  slow.rate = 1;
  const auto begun = bench.create(slow);
  ASSERT_TRUE(begun);
  const auto other = bench.create({});
  ASSERT_FALSE(other);
  EXPECT_EQ(other.error().code, Errc::exists);
  EXPECT_THAT(other.error().message, HasSubstr(begun->id));
  ASSERT_TRUE(bench.change(&Jobs::pause, begun->id));
  EXPECT_EQ(bench.create({}).error().code, Errc::exists) << "one that is paused counts";
  EXPECT_EQ(bench.remove(begun->id).error().code, Errc::exists) << "it has not ended";
  ASSERT_TRUE(bench.change(&Jobs::cancel, begun->id));
  EXPECT_EQ(bench.change(&Jobs::resume, begun->id).error().code, Errc::unsupported);
  EXPECT_TRUE(bench.create({}));
  EXPECT_TRUE(bench.remove(begun->id));
  EXPECT_FALSE(bench.jobs->find(begun->id));
  EXPECT_EQ(bench.remove(begun->id).error().code, Errc::not_found);
  bench.restart();
  EXPECT_EQ(bench.jobs->list().size(), 1u);
}

TEST(Jobs, APausedJobBeginsNothingUntilItIsResumed) {
  JobBench bench;
  bench.send(50);
  bench.bury(50);
  JobWish slow;
  slow.rate = 10;
  const auto begun = bench.create(slow);
  ASSERT_TRUE(begun);
  const auto paused = bench.change(&Jobs::pause, begun->id);
  ASSERT_TRUE(paused);
  EXPECT_EQ(paused->state, JobState::paused);
  bench.world.clock.advance(60s);
  bench.restart();
  const auto before = bench.jobs->find(begun->id)->redriven;
  EXPECT_EQ(bench.jobs->find(begun->id)->state, JobState::paused);
  EXPECT_LT(before, 50u);
  ASSERT_TRUE(bench.change(&Jobs::resume, begun->id));
  EXPECT_EQ(bench.until(begun->id, JobState::done).resolved, 50u);
}

TEST(Jobs, ToAGroupThatNothingCanBeHandedToIsRefused) {
  JobBench bench;
  bench.send(5);
  bench.bury(5);
  bench.forget_subscription();
  for (const auto& why : {bench.create({}).error(), bench.count({}).error()}) {
    EXPECT_EQ(why.code, Errc::invalid);
    EXPECT_THAT(why.message, HasSubstr("group s is no subscription of topic orders here"));
    EXPECT_THAT(why.message, HasSubstr("to: \"topic\""));
  }
  EXPECT_THAT(bench.jobs->list(), testing::IsEmpty());
  JobWish wish;
  wish.to = JobTarget::topic;
  EXPECT_EQ(bench.count(wish).value_or(0), 5u);
  const auto begun = bench.create(wish);
  ASSERT_TRUE(begun) << begun.error().message;
  EXPECT_EQ(bench.until(begun->id, JobState::done).resolved, 5u);
  EXPECT_TRUE(bench.create({})) << "there is nothing that it could not do";
}

TEST(Jobs, LettersWhoseSubscriptionGoesMeanwhileFailAndStayOpen) {
  JobBench bench;
  bench.send(5);
  bench.bury(5);
  JobWish wish;
  wish.rate = 10;
  const auto begun = bench.create(wish);
  ASSERT_TRUE(begun);
  bench.forget_subscription();
  bench.until([&] { return bench.jobs->find(begun->id)->state == JobState::done; });
  const auto facts = *bench.jobs->find(begun->id);
  EXPECT_EQ(facts.failed, 5u);
  EXPECT_LE(facts.redriven, 1u);
  EXPECT_THAT(facts.why, HasSubstr("group s is no subscription"));
  EXPECT_EQ(bench.state(LetterState::open), 5u);
}

TEST(Jobs, EventsThatDieAgainAreNotMetBySameJob) {
  JobBench bench;
  bench.send(20);
  bench.bury(20);
  const auto begun = bench.create({});
  ASSERT_TRUE(begun);
  bench.until([&] {
    const auto locks = bench.take();
    if (!locks.empty()) bench.reject(locks);
    return bench.jobs->find(begun->id)->state == JobState::done;
  });
  const auto facts = *bench.jobs->find(begun->id);
  EXPECT_EQ(facts.redriven, 20u);
  EXPECT_EQ(facts.failed, 20u);
  EXPECT_EQ(bench.state(LetterState::superseded), 20u);
  EXPECT_EQ(bench.count({}).value_or(0), 20u) << "they are there once more, for another job";
}

TEST(Jobs, ToTheTopicTheRecordsComeOnceMoreThoughRepeatsAreNotStored) {
  JobBench bench(broker::ConfigMap{{"cloudevents.dedupe.window.ms", "3600000"}});
  bench.send(7);
  bench.bury(7);
  JobWish wish;
  wish.to = JobTarget::topic;
  wish.limit = 5;
  const auto begun = bench.create(wish);
  ASSERT_TRUE(begun) << begun.error().message;
  const auto done = bench.until(begun->id, JobState::done);
  EXPECT_EQ(done.resolved, 5u);
  EXPECT_EQ(bench.state(LetterState::resolved), 5u);
  EXPECT_EQ(bench.state(LetterState::open), 2u);
  EXPECT_EQ(bench.world.latest("orders-0"), "12");
  const auto records = bench.world.records("orders-0");
  ASSERT_TRUE(records);
  EXPECT_EQ(records->at(7), "0.0");
  EXPECT_EQ(records->at(11), "0.4");
}

TEST(Jobs, AWishThatBreaksARuleIsRefused) {
  JobBench bench;
  bench.send(1);
  bench.bury(1);
  JobWish wish;
  wish.where = "type = ";
  EXPECT_THAT(bench.create(wish).error().message, HasSubstr("where"));
  wish = {};
  wish.topic = "orders";
  EXPECT_EQ(bench.create(wish).error().code, Errc::not_found);
  wish = {};
  wish.limit = 0;
  EXPECT_EQ(bench.create(wish).error().code, Errc::invalid);
  wish = {};
  wish.rate = job_rate_max + 1;
  EXPECT_EQ(bench.count(wish).error().code, Errc::invalid);
  wish = {};
  for (std::size_t i = 0; i <= job_ids_max; ++i) wish.ids.push_back("0~" + std::to_string(i));
  EXPECT_EQ(bench.create(wish).error().code, Errc::too_large);
  EXPECT_TRUE(bench.jobs->list().empty());
}

}  // namespace
}  // namespace millrace::redrive
