// Fetches that wait: woken by what they wait for, by nothing else, and never forgotten.

#include "runtime/world.hpp"

namespace millrace::runtime {
namespace {

using namespace std::chrono_literals;

/// One fetch that may wait.
struct Fetching {
  Answered<std::vector<broker::FetchAnswer>> answer;
  Cancel cancel;

  Fetching(World& world, FetchRequest request, Milliseconds max_wait = 1h) {
    request.max_wait = max_wait;
    cancel = world.broker->fetch(std::move(request), world.context.get_executor(), answer.callback());
  }
  [[nodiscard]] std::string text() { return World::text_of(answer.get().front()); }
};

struct Orders : World {
  Orders() {
    start();
    (void)create("orders", 2);
  }
};

TEST(Fetch, ThatFindsEnoughDoesNotWait) {
  Orders world;
  (void)world.send("orders-0", "apple");
  Fetching fetching(world, World::from("orders-0", 0));
  EXPECT_FALSE(fetching.cancel);
  EXPECT_EQ(fetching.text(), "apple");
}

TEST(Fetch, WaitsForTheFirstRecord) {
  Orders world;
  Fetching fetching(world, World::from("orders-0", 0));
  EXPECT_TRUE(fetching.cancel);
  (void)world.send("orders-1", "not this");
  world.run();
  EXPECT_FALSE(fetching.answer.came());
  (void)world.send("orders-0", "apple");
  world.run_until([&] { return fetching.answer.came(); });
  EXPECT_EQ(fetching.text(), "apple");
}

TEST(Fetch, WaitsForAsManyBytesAsItWants) {
  Orders world;
  auto request = World::from("orders-0", 0);
  request.min_bytes = static_cast<std::int32_t>(3 * World::batch("apple").size());
  Fetching fetching(world, request);
  for (int i = 0; i < 2; ++i) {
    (void)world.send("orders-0", "apple");
    world.run();
    EXPECT_FALSE(fetching.answer.came());
  }
  (void)world.send("orders-0", "apple");
  world.run_until([&] { return fetching.answer.came(); });
  EXPECT_EQ(fetching.text(), "apple apple apple");
}

/// "received 3 records, sent 2": the bytes must be those of as many batches of one apple.
std::string traffic_of(World& world, const char* topic) {
  const auto& traffic = world.broker->topology()->find(topic, 0)->traffic();
  const auto size = World::batch("apple").size();
  EXPECT_EQ(traffic.received_bytes.value(), traffic.received_records.value() * size);
  EXPECT_EQ(traffic.sent_bytes.value(), traffic.sent_records.value() * size);
  return "received " + std::to_string(traffic.received_records.value()) + " records, sent " +
         std::to_string(traffic.sent_records.value());
}

TEST(Fetch, IsCountedOnceHoweverOftenItHadToRead) {
  Orders world;
  auto request = World::from("orders-0", 0);
  request.min_bytes = static_cast<std::int32_t>(3 * World::batch("apple").size());
  Fetching fetching(world, request);
  for (int i = 0; i < 2; ++i) {
    (void)world.send("orders-0", "apple");
    world.run();
  }
  EXPECT_EQ(traffic_of(world, "orders"), "received 2 records, sent 0");
  (void)world.send("orders-0", "apple");
  world.run_until([&] { return fetching.answer.came(); });
  EXPECT_EQ(traffic_of(world, "orders"), "received 3 records, sent 3");
}

TEST(Fetch, CountsNothingOfAPartitionThatIsNotThere) {
  Orders world;
  (void)world.send("orders-0", "apple");
  auto request = World::from("nobody-0", 0);
  request.parts.push_back(World::from("orders-0", 0).parts.front());
  Fetching fetching(world, request);
  EXPECT_FALSE(fetching.cancel);
  EXPECT_EQ(traffic_of(world, "orders"), "received 1 records, sent 1");
}

TEST(Fetch, CountsTheBytesOfAllItsPartitions) {
  Orders world;
  auto request = World::from("orders-0", 0);
  request.parts.push_back(World::from("orders-1", 0).parts.front());
  request.min_bytes = static_cast<std::int32_t>(2 * World::batch("apple").size());
  Fetching fetching(world, request);
  (void)world.send("orders-0", "apple");
  world.run();
  EXPECT_FALSE(fetching.answer.came());
  (void)world.send("orders-1", "peach");
  world.run_until([&] { return fetching.answer.came(); });
  const auto answers = fetching.answer.get();
  EXPECT_EQ(World::text_of(answers[0]), "apple");
  EXPECT_EQ(World::text_of(answers[1]), "peach");
}

TEST(Fetch, DoesNotWaitForMoreThanItTakes) {
  Orders world;
  for (int i = 0; i < 10; ++i) (void)world.send("orders-0", "apple");
  auto request = World::from("orders-0", 0);
  request.min_bytes = 1'000'000;
  request.max_bytes = 200;
  EXPECT_FALSE(Fetching(world, request).cancel);
}

TEST(Fetch, DoesNotWaitAtTheEndOfASegmentForWhatLiesInTheNext) {
  World world;
  world.start();
  ASSERT_EQ(world.create("orders", 1, {{"segment.bytes", "65536"}}), "done");
  const std::string large(20'000, 'x');
  for (int i = 0; i < 6; ++i) (void)world.send("orders-0", large);
  auto request = World::from("orders-0", 0);
  request.min_bytes = 100'000;  // two segments hold it, one does not
  Fetching fetching(world, request);
  EXPECT_FALSE(fetching.cancel);
}

TEST(Fetch, AnswersWithWhatThereIsWhenItsTimeIsOver) {
  Orders world;
  (void)world.send("orders-0", "apple");
  auto request = World::from("orders-0", 0);
  request.min_bytes = 10'000;
  Fetching fetching(world, request, 1ms);
  world.run_until([&] { return fetching.answer.came(); });
  EXPECT_EQ(fetching.text(), "apple");
}

TEST(Fetch, AnswersAtOnceWhenAPartitionIsWrong) {
  Orders world;
  auto request = World::from("orders-0", 0);
  request.parts.push_back(World::from("nowhere-0", 0).parts.front());
  request.parts.push_back(World::from("orders-0", 5).parts.front());
  Fetching fetching(world, request);
  EXPECT_FALSE(fetching.cancel);
  const auto answers = fetching.answer.get();
  EXPECT_EQ(World::text_of(answers[0]), "nothing");
  EXPECT_EQ(World::text_of(answers[1]), "UNKNOWN_TOPIC_OR_PARTITION");
  EXPECT_EQ(World::text_of(answers[2]), "OFFSET_OUT_OF_RANGE");
}

TEST(Fetch, LearnsThatItsTopicIsDeleted) {
  Orders world;
  Fetching fetching(world, World::from("orders-0", 0));
  (void)world.remove("orders");
  world.run_until([&] { return fetching.answer.came(); });
  EXPECT_EQ(fetching.text(), "UNKNOWN_TOPIC_OR_PARTITION");
}

TEST(Fetch, IsAnsweredWhenTheBrokerStops) {
  Orders world;
  Fetching parked(world, World::from("orders-0", 0));
  world.broker->stop_waiting();
  world.run();
  EXPECT_EQ(parked.text(), "nothing");
  Fetching late(world, World::from("orders-0", 0));
  EXPECT_FALSE(late.cancel);
}

TEST(Fetch, ThatIsCancelledIsDestroyedUnansweredAndForgotten) {
  Orders world;
  auto owned = std::make_shared<int>(0);
  auto request = World::from("orders-0", 0);
  request.max_wait = 1h;
  auto cancel = world.broker->fetch(request, world.context.get_executor(),
                                    [owned](const std::vector<broker::FetchAnswer>&) { ++*owned; });
  ASSERT_TRUE(cancel);
  cancel();
  EXPECT_EQ(owned.use_count(), 1);
  (void)world.send("orders-0", "apple");
  world.run();
  EXPECT_EQ(*owned, 0);
}

TEST(Fetch, ThatIsCancelledAfterItWasWokenStaysSilent) {
  Orders world;
  int answers = 0;
  auto request = World::from("orders-0", 0);
  request.max_wait = 1h;
  auto cancel = world.broker->fetch(request, world.context.get_executor(),
                                    [&](const std::vector<broker::FetchAnswer>&) { ++answers; });
  (void)world.send("orders-0", "apple");  // it has been posted, and did not run
  cancel();
  world.run();
  EXPECT_EQ(answers, 0);
}

TEST(Fetch, OfReadersSeesNothingBeforeItIsDurable) {
  Orders world;
  Fetching fetching(world, World::from("orders-0", 0));
  world.disk->hold();
  const auto sent = world.begin_send("orders-0", "apple");
  world.disk->wait_until_waiting();
  world.run();
  EXPECT_FALSE(fetching.answer.came());
  world.disk->release();
  world.run_until([&] { return fetching.answer.came(); });
  EXPECT_EQ(fetching.text(), "apple");
}

TEST(Fetch, MissesNoWakeUpWhileManyThreadsWrite) {
  Orders world;
  constexpr int per_writer = 60;
  std::vector<std::thread> writers;
  for (const auto* place : {"orders-0", "orders-1"}) {
    writers.emplace_back([&world, place] {
      for (int i = 0; i < per_writer; ++i) (void)world.send(place, "x");
    });
  }
  std::int64_t next[2] = {0, 0};
  while (next[0] < per_writer || next[1] < per_writer) {
    auto request = World::from("orders-0", next[0]);
    request.parts.push_back(World::from("orders-1", next[1]).parts.front());
    Fetching fetching(world, request);
    world.run_until([&] { return fetching.answer.came(); });
    if (!fetching.answer.came()) break;
    const auto answers = fetching.answer.get();
    for (std::size_t i = 0; i < 2; ++i) {
      const auto text = World::text_of(answers[i]);
      if (text != "nothing") next[i] += (static_cast<std::int64_t>(text.size()) + 1) / 2;
    }
  }
  for (auto& writer : writers) writer.join();
  EXPECT_EQ(next[0], per_writer);
  EXPECT_EQ(next[1], per_writer);
}

}  // namespace
}  // namespace millrace::runtime
