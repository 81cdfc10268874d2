// Letters that point to their record instead of having it.

#include "millrace/filter/cesql.hpp"
#include "redrive/bench.hpp"

namespace millrace::redrive {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

struct LinkBench : Bench {
  LinkBench() {
    target.links = true;
    serve();
    send(0, "a");
    send(0, "b", "order.paid");
    EXPECT_EQ(reject_all(), 2U);
    settle();
  }
  std::optional<Found> find(const std::string& id) {
    Answered<Result<Found>> answer;
    letters->find("dlq.s.orders", id, answer.callback());
    auto got = answer.get();
    return got ? std::optional(*std::move(got)) : std::nullopt;
  }
};

TEST(Links, AreReadWithTheRecordWhereItDied) {
  LinkBench bench;
  const auto partition = bench.world.broker->topology()->find("dlq.s.orders", 0);
  ASSERT_TRUE(partition);
  const auto stored = World::records_of(bench.world.broker->peek(*partition, Offset(0), limits::MiB));
  ASSERT_TRUE(stored);
  for (const auto& record : *stored) EXPECT_EQ(record.value, std::nullopt);
  const auto letters = bench.found();
  ASSERT_EQ(letters.size(), 2U);
  EXPECT_EQ(as_text(*letters[0].original.value), "a");
  EXPECT_EQ(letters[0].original.headers.size(), 6U);
  EXPECT_FALSE(letters[0].is_source_gone);
  const auto one = bench.find("s~orders~0~1~0");
  ASSERT_TRUE(one);
  EXPECT_EQ(as_text(*one->original.value), "b");
  Selection paid;
  paid.where = filter::parse_cesql("type = 'order.paid' AND EXISTS datacontenttype").value();
  EXPECT_EQ(bench.found(std::move(paid)).size(), 1U);
}

TEST(Links, AreRedrivenLikeOthers) {
  LinkBench bench;
  EXPECT_THAT(bench.redrive(bench.found()), ElementsAre("none", "none"));
  bench.acknowledge(bench.take());
  bench.wait_for("0~0~0 resolved");
  bench.wait_for("0~1~0 resolved");
}

TEST(Links, SayThatTheirRecordIsGone) {
  LinkBench bench;
  EXPECT_EQ(bench.world.delete_records("orders-0", 1), "from 1");
  const auto letters = bench.found();
  ASSERT_EQ(letters.size(), 2U);
  EXPECT_TRUE(letters[0].is_source_gone);
  EXPECT_EQ(letters[0].original.value, std::nullopt);
  EXPECT_FALSE(letters[1].is_source_gone);
  EXPECT_THAT(bench.redrive(letters), ElementsAre("source-gone", "none"));
  // Nothing is handed out in its stead.
  EXPECT_EQ(bench.world.delete_records("orders-0", 2), "from 2");
  const auto home = bench.delivery->home_of("s", 0);
  ASSERT_TRUE(home);
  EXPECT_EQ(bench.letters->original_of(*home, Offset(1)), std::nullopt);
}

TEST(Links, OfARecordThatIsAnotherOneNowAreGone) {
  LinkBench bench;
  EXPECT_EQ(bench.world.remove("orders"), "done");
  EXPECT_EQ(bench.world.create("orders", 2), "done");
  bench.send(0, "another");
  const auto letters = bench.found();
  ASSERT_EQ(letters.size(), 2U);
  EXPECT_TRUE(letters[0].is_source_gone);
  EXPECT_TRUE(letters[1].is_source_gone);
}

}  // namespace
}  // namespace millrace::redrive
