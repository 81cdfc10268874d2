// Defaults of subscriptions at work: they hold for who says nothing, at once, and over starts and crashes.

#include "dispatch/bench.hpp"

namespace millrace::dispatch {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Pair;

struct DefaultsBench : Bench {
  using Bench::Bench;

  /// "done", or why not.
  std::string set(const std::string& topic, const std::string& json, bool dry_run = false) {
    runtime::Answered<Answered<subscriptions::Defaults>> answer;
    dispatcher->set_defaults(topic, json, dry_run, answer.callback());
    const auto got = answer.get();
    if (got) return "done";
    why = got.error().why;
    return got.error().faults.empty() ? got.error().detail : got.error().faults.front().detail;
  }
  [[nodiscard]] int attempts(const std::string& id) const {
    return dispatcher->find(id)->subscription->config.attempts_max;
  }
  [[nodiscard]] auto inherited(const std::string& id) const {
    return subscriptions::inherited(*dispatcher->find(id)->subscription, *dispatcher->inheritance());
  }
  [[nodiscard]] std::size_t documents() const {
    const auto catalog = world.broker->catalog();
    return catalog->documents(broker::DocumentKind::defaults).size();
  }
  /// How often its next event is handed out until it is dead.
  int attempts_at_work(const std::string& id) {
    int count = 0;
    for (auto events = take(id); !events.empty(); events = take(id)) {
      ++count;
      runtime::Answered<tl::expected<std::vector<runtime::LockAnswer>, ErrorCode>> answer;
      delivery->fail(id, {{events[0].partition, events[0].event.token}}, {}, Milliseconds(0), answer.callback());
      EXPECT_TRUE(answer.get());
      world.clock.advance(std::chrono::hours(1));
      world.run();
    }
    return count;
  }
};

const std::string own = R"({"config":{"topic":"orders","maxattempts":"4"}})";

TEST(DefaultsAtWork, HoldForWhoSaysNothing) {
  DefaultsBench bench;
  const auto silent = bench.create(pulled), says = bench.create(own);
  EXPECT_EQ(bench.set("", R"({"maxattempts":"2"})"), "done");
  EXPECT_EQ(bench.attempts(silent), 2);
  EXPECT_EQ(bench.attempts(says), 4);
  EXPECT_EQ(bench.attempts(bench.create(pulled)), 2);
  bench.send(0, "a");
  EXPECT_EQ(bench.attempts_at_work(silent), 2);
  EXPECT_EQ(bench.set("orders", R"({"maxattempts":"3"})"), "done");
  EXPECT_EQ(bench.attempts(silent), 3);
  EXPECT_THAT(bench.inherited(silent), ElementsAre(Pair("maxattempts", subscriptions::Origin::topic)));
  EXPECT_THAT(bench.inherited(says), IsEmpty());
  bench.send(0, "b");
  EXPECT_EQ(bench.attempts_at_work(silent), 3);
  EXPECT_EQ(bench.set("orders", "{}"), "done");
  EXPECT_EQ(bench.attempts(silent), 2);
  EXPECT_EQ(bench.set("", "{}"), "done");
  EXPECT_EQ(bench.attempts(silent), 10);
  EXPECT_EQ(bench.documents(), 0U);
}

TEST(DefaultsAtWork, AreThereAfterStartsAndCrashes) {
  DefaultsBench bench;
  const auto silent = bench.create(pulled);
  EXPECT_EQ(bench.set("", R"({"maxattempts":"2","maxage":"none"})"), "done");
  EXPECT_EQ(bench.set("orders", R"({"backoffbase":"9"})"), "done");
  bench.restart();
  EXPECT_EQ(bench.attempts(silent), 2);
  bench.crash();
  EXPECT_EQ(bench.attempts(silent), 2);
  EXPECT_EQ(bench.dispatcher->find(silent)->subscription->config.backoff.base, Milliseconds(9));
  bench.send(0, "a");
  EXPECT_EQ(bench.attempts_at_work(silent), 2);
}

TEST(DefaultsAtWork, StartTheRunnersAnew) {
  DefaultsBench bench(true);
  (void)bench.create(pushed("https://one.example/"));
  EXPECT_EQ(bench.set("", R"({"contentmode":"batch"})"), "done");
  ASSERT_EQ(bench.runners.size(), 1U);
  EXPECT_THAT(bench.runners[0]->notes(), ElementsAre("start https://one.example/", "start https://one.example/"));
  EXPECT_EQ(bench.set("", R"({"contentmode":"batch","breaker":"off"})"), "done");
  EXPECT_EQ(bench.runners[0]->notes().size(), 2U) << "nothing of it is for who is pushed to";
}

TEST(DefaultsAtWork, ThatBreakARuleChangeNothing) {
  DefaultsBench bench;
  const auto says = bench.create(R"({"config":{"topic":"orders","backoffbase":"5000"}})");
  const auto silent = bench.create(pulled);
  const auto refused = bench.set("orders", R"({"backoffbase":"1","backoffcap":"4000","maxattempts":"3"})");
  EXPECT_THAT(refused, HasSubstr("subscription " + says + ": "));
  EXPECT_EQ(bench.why, Refusal::Why::invalid);
  EXPECT_THAT(bench.set("", R"({"backoffcap":"1"})"), HasSubstr("backoff"));
  EXPECT_THAT(bench.set("", R"({"patience":"1"})"), HasSubstr("no key of config"));
  EXPECT_EQ(bench.set("nothing", R"({"maxattempts":"3"})"), "topic nothing does not exist");
  EXPECT_EQ(bench.why, Refusal::Why::unknown_topic);
  EXPECT_EQ(bench.set("__millrace_metadata", R"({"maxattempts":"3"})"), "topic __millrace_metadata does not exist");
  EXPECT_EQ(bench.set("orders", R"({"maxattempts":"3"})", true), "done") << "a dry run";
  EXPECT_EQ(bench.attempts(silent), 10);
  EXPECT_EQ(bench.documents(), 0U);
}

TEST(DefaultsAtWork, GoWithTheirTopic) {
  DefaultsBench bench;
  EXPECT_EQ(bench.set("orders", R"({"maxattempts":"3"})"), "done");
  const auto id = bench.create(pulled);
  EXPECT_EQ(bench.world.remove("orders"), "done");
  bench.wait_for_state(id, "suspended topic-deleted");
  bench.world.run_until([&] { return bench.documents() == 0; });
  EXPECT_EQ(bench.world.create("orders", 1), "done");
  EXPECT_TRUE(bench.resume(id));
  EXPECT_EQ(bench.attempts(id), 10);
  EXPECT_THAT(bench.dispatcher->inheritance()->topics, IsEmpty());
}

TEST(DefaultsAtWork, OfATopicThatWentWhileNobodyLookedAreNotItsSuccessors) {
  DefaultsBench bench;
  EXPECT_EQ(bench.set("orders", R"({"maxattempts":"3"})"), "done");
  bench.dispatcher->stop();
  bench.dispatcher.reset();
  EXPECT_EQ(bench.world.remove("orders"), "done");
  EXPECT_EQ(bench.world.create("orders", 1), "done");
  bench.restart();
  EXPECT_EQ(bench.attempts(bench.create(pulled)), 10);
  bench.world.run_until([&] { return bench.documents() == 0; });
}

}  // namespace
}  // namespace millrace::dispatch
