// How letters go: their time is over, or nobody needs them any more.

#include "redrive/bench.hpp"

namespace millrace::redrive {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::int64_t start_of(Bench& bench, PartitionIndex partition = 0, const std::string& topic = "dlq.s.orders") {
  const auto log = bench.world.broker->topology()->find(topic, partition);
  return log ? log->with([](broker::Partition& each) { return each.start().value(); }) : -1;
}

void kill(Bench& bench, std::initializer_list<const char*> ids) {
  for (const char* id : ids) bench.send(0, id);
  EXPECT_EQ(bench.reject_all(), ids.size());
  bench.settle();
}

/// The first record of a partition of "orders", for the group "audit".
void reject_for_audit(Bench& bench, PartitionIndex partition) {
  Answered<Result<Letters::Rejected>> put;
  bench.letters->write(
      {.group = "audit", .topic = "orders", .partition = partition, .offset = Offset(0), .message = "forged"},
      put.callback());
  ASSERT_TRUE(put.get());
}

TEST(LettersThatAge, AreGivenUpByTheTimeOfTheirDeath) {
  Bench bench;
  kill(bench, {"a", "b"});  // whose records are of the year 2023
  bench.world.clock.advance(50min);
  kill(bench, {"c"});
  bench.world.clock.advance(20min);
  bench.look_through(24h);
  EXPECT_THAT(bench.lines(), ElementsAre("0~0~0 open", "0~1~0 open", "0~2~0 open"));
  bench.look_through(1h);
  EXPECT_THAT(bench.lines(), ElementsAre("0~0~0 discarded", "0~1~0 discarded", "0~2~0 open"));
  EXPECT_EQ(start_of(bench), 0) << "what is settled stays for a week";
}

TEST(LettersThatAge, StayForThirtyDaysWhereNobodySaysOtherwise) {
  Bench bench;
  bench.send(0, "a");
  reject_for_audit(bench, 0);
  const auto open = [&] { return bench.found({}, "dlq.audit.orders").size(); };
  bench.world.clock.advance(24h * 29);
  bench.look_through();
  EXPECT_EQ(open(), 1U);
  bench.world.clock.advance(24h);
  bench.look_through();
  EXPECT_EQ(open(), 0U);
}

TEST(LettersThatAge, LetGoOfWhatTheyHoldBack) {
  Bench bench;
  bench.hold_back_one();
  bench.world.clock.advance(2h);
  bench.look_through(1h);
  EXPECT_EQ(bench.take().size(), 1U);
}

TEST(LettersThatAge, StayWhileTheyAreRedriven) {
  Bench bench;
  kill(bench, {"a", "b"});
  EXPECT_THAT(bench.redrive({bench.found().front()}), ElementsAre("none"));
  bench.world.clock.advance(24h * 30);
  bench.look_through(1h);
  EXPECT_THAT(bench.lines(), ElementsAre("0~0~0 redriving", "0~1~0 discarded"));
  EXPECT_EQ(start_of(bench), 0);
  bench.acknowledge(bench.take());
  bench.wait_for("0~0~0 resolved");
  bench.look_through();
  EXPECT_EQ(start_of(bench), 2);
  EXPECT_THAT(bench.lines(), IsEmpty());
}

TEST(LettersThatAge, ThatAreSettledMakeRoomUpToTheFirstThatIsNot) {
  Bench bench;
  kill(bench, {"a", "b", "c", "d"});
  const auto letters = bench.found();
  ASSERT_EQ(letters.size(), 4U);
  EXPECT_EQ(bench.discard({letters[0], letters[1], letters[3]}), 3U);
  bench.look_through();
  EXPECT_EQ(start_of(bench), 0);
  bench.world.clock.advance(24h * 7);
  bench.look_through();
  EXPECT_EQ(start_of(bench), 2);
  EXPECT_THAT(bench.lines(), ElementsAre("0~2~0 open", "0~3~0 discarded"));
  bench.restart();
  EXPECT_EQ(start_of(bench), 2);
  EXPECT_THAT(bench.lines(), ElementsAre("0~2~0 open", "0~3~0 discarded"));
}

TEST(LettersThatAge, StayForGoodWhereTheTopicSaysSo) {
  Bench bench;
  kill(bench, {"a"});
  EXPECT_EQ(bench.world.alter("dlq.s.orders", "millrace.letters.settled.retention.ms", "-1"), "done");
  EXPECT_EQ(bench.discard(bench.found()), 1U);
  bench.world.clock.advance(24h * 365);
  bench.look_through(24h * 3'650);
  EXPECT_EQ(start_of(bench), 0);
  EXPECT_EQ(bench.world.alter("dlq.s.orders", "millrace.letters.settled.retention.ms", "0"), "done");
  bench.look_through(24h * 3'650);
  EXPECT_EQ(start_of(bench), 1);
}

TEST(LettersThatAge, OfGroupsThatSayNothingFollowTheirTopic) {
  Bench bench;
  bench.send(1, "a");
  reject_for_audit(bench, 1);
  const auto open = [&] { return bench.found({}, "dlq.audit.orders").size(); };
  bench.world.clock.advance(2h);
  bench.look_through(1h);
  EXPECT_EQ(open(), 1U) << "another group's is not its";
  EXPECT_EQ(bench.world.alter("dlq.audit.orders", "millrace.letters.retention.ms", "3600000"), "done");
  bench.look_through(1h);
  EXPECT_EQ(open(), 0U);
}

TEST(LettersThatAge, OfOneTopicMayHaveDifferentTimes) {
  Bench bench;
  EXPECT_EQ(bench.world.create("dlq.shared", 1, {{"errors.deadletterqueue.group.enable", "true"}}), "done");
  bench.target.dead_letter_topic = "dlq.shared";
  bench.serve();
  bench.letters->serve("audit", {.dead_letter_topic = "dlq.shared", .retention = 24h});
  bench.send(0, "a");
  reject_for_audit(bench, 0);
  EXPECT_EQ(bench.reject_all(), 1U);
  bench.settle();
  bench.world.clock.advance(2h);
  bench.look_through(1h);
  const auto open = bench.found({}, "dlq.shared");
  ASSERT_EQ(open.size(), 1U);
  EXPECT_EQ(open[0].letter.name.group, "audit");
}

}  // namespace
}  // namespace millrace::redrive
