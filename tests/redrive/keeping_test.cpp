// Records stay that open links point to, whatever the retention of their topic.

#include "linked_records.hpp"
#include "redrive/bench.hpp"

namespace millrace::redrive {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

/// Of "orders" each record has a segment of its own, whose time has been over for long.
struct KeepingBench : Bench {
  KeepingBench() : Bench({.configs = {{"segment.ms", "1000"}, {"segment.jitter.ms", "0"}, {"retention.ms", "1000"}}}) {
    target.links = true;
    serve();
  }
  void send_apart(std::initializer_list<const char*> ids) {
    for (const char* id : ids) {
      send(0, id);
      world.clock.advance(2s);
    }
  }
  void kill(std::initializer_list<const char*> ids) {
    send_apart(ids);
    EXPECT_EQ(reject_all(), ids.size());
    settle();
  }
  /// Where the records begin after retention has gone through them.
  std::int64_t retained_from() {
    const auto log = world.broker->topology()->find("orders", 0);
    return log->with([&](broker::Partition& each) {
      EXPECT_TRUE(each.retire(world.clock.now()));
      return each.start().value();
    });
  }
  std::size_t discard_of(std::initializer_list<int> events) {
    std::vector<Found> which;
    for (auto& each : found())
      if (std::ranges::count(events, each.letter.name.offset.value()) > 0) which.push_back(std::move(each));
    return discard(std::move(which));
  }
};

TEST(RecordsOfLinks, StayUntilTheirLettersAreSettled) {
  KeepingBench bench;
  bench.send_apart({"x"});
  bench.acknowledge(bench.take());
  bench.kill({"a", "b", "c"});
  EXPECT_EQ(bench.retained_from(), 1) << "nobody points to what was acknowledged";
  EXPECT_EQ(bench.discard_of({2}), 1U);
  EXPECT_EQ(bench.retained_from(), 1) << "the first one is open";
  EXPECT_EQ(bench.discard_of({1}), 1U);
  EXPECT_EQ(bench.retained_from(), 3);
  EXPECT_THAT(bench.redrive(bench.found()), ElementsAre("none"));
  EXPECT_EQ(bench.retained_from(), 3) << "it may come back";
  bench.acknowledge(bench.take());
  bench.wait_for("0~3~0 resolved");
  EXPECT_EQ(bench.retained_from(), 4);
}

TEST(RecordsOfLinks, StayForTheLetterOfALaterDeath) {
  KeepingBench bench;
  bench.kill({"a"});
  EXPECT_THAT(bench.redrive(bench.found()), ElementsAre("none"));
  EXPECT_EQ(bench.reject_all(), 1U);
  bench.settle();
  EXPECT_THAT(bench.lines(), ElementsAre("0~0~0 superseded", "0~0~1 open"));
  EXPECT_EQ(bench.retained_from(), 0);
  EXPECT_EQ(bench.discard_of({0}), 1U);
  EXPECT_EQ(bench.retained_from(), 1);
}

TEST(RecordsOfLinks, GoWhereLettersHaveThem) {
  KeepingBench bench;
  bench.target.links = false;
  bench.serve();
  bench.kill({"a", "b"});
  EXPECT_EQ(bench.retained_from(), 2);
  // One who was a link has what he pointed to when he is edited.
  bench.target.links = true;
  bench.serve();
  bench.kill({"c"});
  EXPECT_EQ(bench.retained_from(), 2);
  auto link = bench.found().back();
  Letters::Revision revision{.original = link.original};
  Answered<Result<Found>> revised;
  bench.letters->revise(std::move(link), std::move(revision), revised.callback());
  ASSERT_TRUE(revised.get());
  EXPECT_EQ(bench.retained_from(), 3);
}

TEST(RecordsOfLinks, AllStayAfterAStartUntilLettersHaveBeenLookedAt) {
  KeepingBench bench;
  bench.send_apart({"x"});
  bench.acknowledge(bench.take());
  bench.kill({"a", "b"});
  bench.close();
  bench.world.crash();
  bench.world.start();
  EXPECT_EQ(bench.retained_from(), 0) << "nobody has said yet what may go";
  bench.open();
  bench.look_through();
  EXPECT_EQ(bench.retained_from(), 1);
  EXPECT_EQ(bench.discard_of({1, 2}), 2U);
  EXPECT_EQ(bench.retained_from(), 3);
}

TEST(RecordsOfLinks, StayWhicheverReadOfTheirLettersFails) {
  bool has_failed = true;
  for (std::uint64_t nth = 1; has_failed; ++nth) {
    KeepingBench bench;
    bench.kill({"a", "b"});
    bench.world.fake->fail(nth, Errc::io, support::Call::read);
    bench.look_through();
    has_failed = bench.world.fake->failed();
    bench.world.fake->fail(0);
    ASSERT_EQ(bench.retained_from(), 0) << "read " << nth;
    bench.look_through();
    EXPECT_EQ(bench.discard_of({0, 1}), 2U);
    EXPECT_EQ(bench.retained_from(), 2);
  }
}

TEST(RecordsOfLinks, OfATopicThatWasMadeAnewAreNotThoseOfTheOldOne) {
  KeepingBench bench;
  bench.kill({"a"});
  EXPECT_EQ(bench.world.remove("orders"), "done");
  EXPECT_EQ(bench.world.create("orders", 2, {{"segment.ms", "1000"}, {"retention.ms", "1000"}}), "done");
  bench.send_apart({"another"});
  bench.restart();
  bench.look_through();
  EXPECT_EQ(bench.retained_from(), 1);
}

TEST(RecordsOfLinks, ThatAreGoneKeepNothingBack) {
  KeepingBench bench;
  bench.kill({"a", "b"});
  EXPECT_EQ(bench.world.delete_records("orders-0", 1), "from 1");
  bench.send_apart({"x"});
  EXPECT_EQ(bench.discard_of({1}), 1U);
  EXPECT_EQ(bench.retained_from(), 3);
}

TEST(RecordsOfLinks, AreKnownHoweverManyThereAre) {
  constexpr std::int64_t many = LinkedRecords::remembered_max + 40;
  KeepingBench bench;
  for (std::int64_t i = 0; i < many; ++i) bench.send(0, std::to_string(i));
  while (bench.reject_all() > 0) bench.settle();
  bench.world.clock.advance(2s);
  bench.send_apart({"x"});
  bench.acknowledge(bench.take());
  auto letters = bench.found();
  ASSERT_EQ(letters.size(), static_cast<std::size_t>(many));
  std::vector<Found> last(std::make_move_iterator(letters.end() - 1), std::make_move_iterator(letters.end()));
  letters.pop_back();
  EXPECT_EQ(bench.discard(std::move(letters)), static_cast<std::size_t>(many - 1));
  EXPECT_EQ(bench.retained_from(), 0) << "they are all in one segment";
  EXPECT_EQ(bench.discard(std::move(last)), 1U);
  EXPECT_EQ(bench.retained_from(), 0) << "there may be others";
  bench.look_through();
  EXPECT_EQ(bench.retained_from(), many + 1);
}

}  // namespace
}  // namespace millrace::redrive
