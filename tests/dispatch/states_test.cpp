// What happens to subscriptions: where they begin, topics that go, runners that give up, owners who resume.

#include "dispatch/bench.hpp"

namespace millrace::dispatch {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;
using testing::UnorderedElementsAre;

std::string starting(const std::string& from) {
  return R"({"config":{"topic":"orders","startfrom":")" + from + R"("}})";
}

TEST(Start, AtTheEarliestTheLatestOrATime) {
  Bench bench;
  bench.send(0, "a", 1'700'000'000'000);
  bench.send(0, "b", 1'700'000'060'000);
  bench.send(1, "c", 1'700'000'000'000);
  const auto earliest = bench.create(starting("earliest"));
  const auto latest = bench.create(starting("latest"));
  const auto later = bench.create(starting("2023-11-14T22:14:00Z"));
  bench.send(1, "d", 1'700'000'070'000);
  EXPECT_THAT(bench.received(earliest), UnorderedElementsAre("0@0", "0@1", "1@0", "1@1"));
  EXPECT_THAT(bench.received(latest), ElementsAre("1@1"));
  EXPECT_THAT(bench.received(later), UnorderedElementsAre("0@1", "1@1"));
}

TEST(Start, HoldsThoughNobodyHasReceivedBeforeACrash) {
  Bench bench;
  const auto id = bench.create(starting("latest"));
  bench.send(0, "a");
  bench.crash();
  EXPECT_THAT(bench.received(id), ElementsAre("0@0"));
}

TEST(Start, PartitionsThatComeLaterAreDeliveredFromTheirBeginning) {
  Bench bench;
  const auto id = bench.create(starting("latest"));
  ASSERT_EQ(bench.world.grow("orders", 3), "done");
  bench.send(2, "a");
  bench.restart();
  EXPECT_THAT(bench.received(id), ElementsAre("2@0"));
}

TEST(Topics, ThatAreDeletedSuspend) {
  Bench bench;
  const auto id = bench.create(pulled);
  bench.send(0, "a");
  bench.acknowledge(id, bench.take(id));
  ASSERT_EQ(bench.world.remove("orders"), "done");
  bench.wait_for_state(id, "suspended topic-deleted");
  EXPECT_FALSE(bench.resume(id));
  EXPECT_EQ(bench.why, Refusal::Why::unresumable);
  bench.restart();
  EXPECT_EQ(bench.state(id), "suspended topic-deleted");
  ASSERT_EQ(bench.world.create("orders", 2), "done");
  bench.send(0, "b");
  EXPECT_EQ(bench.state(id), "suspended topic-deleted") << "the new one is not its topic until somebody says so";
  EXPECT_TRUE(bench.replace(id, pulled));
  EXPECT_THAT(bench.received(id), IsEmpty()) << "nor when it is replaced";
  EXPECT_TRUE(bench.resume(id));
  EXPECT_EQ(bench.state(id), "active");
  EXPECT_THAT(bench.received(id), ElementsAre("0@0")) << "of the new topic nothing was settled";
  bench.restart();
  EXPECT_THAT(bench.received(id), ElementsAre("0@0"));
}

TEST(Topics, ThatWereDeletedUnnoticedSuspendAtTheNextStart) {
  Bench bench;
  const auto id = bench.create(pulled);
  bench.dispatcher->stop();
  ASSERT_EQ(bench.world.remove("orders"), "done");
  ASSERT_EQ(bench.world.create("orders", 2), "done");
  bench.restart();
  bench.wait_for_state(id, "suspended topic-deleted");
}

TEST(Runners, RunWhileTheyMay) {
  Bench bench(true);
  const auto id = bench.create(pushed("https://one.example/"));
  ASSERT_THAT(bench.runners, SizeIs(1));
  EXPECT_EQ(bench.runners[0]->id, id);
  EXPECT_TRUE(bench.replace(id, pushed("https://one.example/")));
  EXPECT_THAT(bench.runners[0]->notes(), ElementsAre("start https://one.example/", "start https://one.example/"));
  EXPECT_TRUE(bench.replace(id, R"({"config":{"topic":"orders"}})"));
  EXPECT_THAT(bench.runners[0]->notes(),
              ElementsAre("start https://one.example/", "start https://one.example/", "stop"))
      << "it is pulled from now on";
  EXPECT_TRUE(bench.replace(id, pushed("https://one.example/")));
  ASSERT_THAT(bench.runners, SizeIs(2));
  EXPECT_TRUE(bench.remove(id));
  EXPECT_THAT(bench.runners[1]->notes(), ElementsAre("start https://one.example/", "stop"));
}

TEST(Runners, OfOneSinkSayNothingOfAnother) {
  Bench bench(true);
  const auto id = bench.create(pushed("https://one.example/"));
  EXPECT_TRUE(bench.replace(id, pushed("https://two.example/")));
  ASSERT_THAT(bench.runners, SizeIs(2));
  EXPECT_THAT(bench.runners[0]->notes(), ElementsAre("start https://one.example/", "stop"));
  EXPECT_THAT(bench.runners[1]->notes(), ElementsAre("start https://two.example/"));
  bench.runners[0]->suspend("sink-refused");
  // Changes are made one after the other.
  EXPECT_TRUE(bench.replace(id, pushed("https://two.example/")));
  EXPECT_EQ(bench.state(id), "active") << "it was asked before the other sink was known";
}

TEST(Runners, AreStoppedWithTheDispatcherAndRunAgainAfterAStart) {
  Bench bench(true);
  (void)bench.create(pushed("https://one.example/"));
  bench.restart();
  ASSERT_THAT(bench.runners, SizeIs(2));
  EXPECT_THAT(bench.runners[0]->notes(), ElementsAre("start https://one.example/", "stop"));
  EXPECT_THAT(bench.runners[1]->notes(), ElementsAre("start https://one.example/"));
}

TEST(Runners, SuspendThemselvesUntilSomebodyResumes) {
  Bench bench(true);
  const auto id = bench.create(pushed("https://one.example/"));
  bench.runners[0]->suspend("sink-retired");
  bench.wait_for_state(id, "suspended sink-retired");
  EXPECT_THAT(bench.runners[0]->notes(), ElementsAre("start https://one.example/", "stop"));
  bench.restart();
  EXPECT_EQ(bench.state(id), "suspended sink-retired");
  EXPECT_THAT(bench.runners, SizeIs(1)) << "it is not run";
  EXPECT_TRUE(bench.resume(id));
  ASSERT_THAT(bench.runners, SizeIs(2));
  EXPECT_EQ(bench.state(id), "active");
}

TEST(Runners, ThatWereStoppedSuspendNothing) {
  Bench bench(true);
  const auto id = bench.create(pushed("https://one.example/"));
  bench.runners[0]->suspend("sink-retired");
  bench.wait_for_state(id, "suspended sink-retired");
  ASSERT_TRUE(bench.resume(id));
  bench.runners[0]->suspend("too late");
  // Changes are made one after the other.
  ASSERT_TRUE(bench.replace(id, pushed("https://two.example/")));
  EXPECT_EQ(bench.state(id), "active");
}

TEST(Runners, SayThatTheSinkHasNotConsented) {
  Bench bench(true);
  const auto id = bench.create(pushed("https://one.example/"));
  bench.runners[0]->say({.is_pending = true, .last_attempt = Attempt{.time = 5, .status = 405, .message = "no"}});
  EXPECT_EQ(bench.state(id), "pending-validation");
  EXPECT_EQ(bench.dispatcher->status(id)->last_attempt->status, 405);
}

TEST(Runners, OfAProtocolThatIsNoLongerServedWait) {
  Bench bench(true);
  const auto id = bench.create(pushed("https://one.example/"));
  bench.serves_http = false;
  bench.restart();
  EXPECT_EQ(bench.state(id), "suspended protocol-not-served");
  EXPECT_FALSE(bench.resume(id));
  bench.send(0, "a");
  bench.serves_http = true;
  bench.restart();
  EXPECT_EQ(bench.state(id), "active");
  EXPECT_THAT(bench.received(id), ElementsAre("0@0")) << "nothing is lost meanwhile";
}

TEST(Progress, IsToldOfEachPartition) {
  Bench bench;
  EXPECT_FALSE(bench.dispatcher->status("nobody"));
  const auto id = bench.create(pulled);
  bench.send(0, "a");
  bench.send(0, "b");
  bench.send(1, "c");
  auto events = bench.take(id);
  ASSERT_THAT(events, SizeIs(3));
  std::erase_if(events, [](const auto& each) { return each.partition == 1; });
  bench.acknowledge(id, events);
  const auto status = bench.dispatcher->status(id);
  ASSERT_THAT(status->partitions, SizeIs(2));
  EXPECT_EQ(status->partitions[0].facts.start, Offset(2));
  EXPECT_EQ(status->partitions[0].high_watermark, Offset(2));
  EXPECT_EQ(status->partitions[1].facts.acquired, 1U);
  EXPECT_EQ(status->counts.acknowledged, 2U);
}

TEST(Progress, IsCommittedAsThatOfAGroup) {
  Bench bench;
  const auto id = bench.create(pulled);
  bench.world.run_until([&] { return bench.committed(id) == "0:0 1:0"; });
  bench.send(0, "a");
  bench.acknowledge(id, bench.take(id));
  bench.world.run_until([&] { return bench.committed(id) == "0:1 1:0"; });
}

}  // namespace
}  // namespace millrace::dispatch
