// Views: what passes of a topic, read as a topic.

#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "runtime/world.hpp"
#include "view_reading.hpp"

namespace millrace::runtime {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

/// Passes records whose value holds the text of the document's filter; "broken" is no filter.
Result<record::TakesRecord> compile(const std::string& document, bool) {
  const auto wanted = nlohmann::json::parse(document).at("filter").get<std::string>();
  if (wanted == "broken") return failure(Errc::invalid, "no such filter");
  return record::TakesRecord([wanted](Offset, Timestamp, const record::RecordView& view) {
    return view.value && as_text(*view.value).find(wanted) != std::string_view::npos;
  });
}

struct Fetching {
  Answered<std::vector<broker::FetchAnswer>> answer;
  Cancel cancel;

  Fetching(World& world, FetchRequest request, Milliseconds max_wait = 1h) {
    request.max_wait = max_wait;
    cancel = world.broker->fetch(std::move(request), world.context.get_executor(), answer.callback());
  }
};

struct Orders : World {
  Orders() {
    options.compile_view = compile;
    start();
    (void)create("orders", 2);
    EXPECT_EQ(show("eu", "orders", "eu"), "done");
  }

  std::string show(const std::string& name, const std::string& topic, const std::string& filter) {
    return change({name, topic, nlohmann::json{{"filter", filter}}.dump()});
  }
  std::string hide(const std::string& name) { return change({name, "", std::nullopt}); }
  std::string change(broker::ChangeView wanted) {
    Answered<broker::ViewAnswer> answer;
    broker->change_view(std::move(wanted), answer.callback());
    const auto got = answer.get();
    last_message = got.message;
    return said(got.error);
  }
  broker::FetchAnswer take(Fetching& fetching) {
    run_until([&] { return fetching.answer.came(); });
    return fetching.answer.get().front();
  }
  /// What a reader at `offset` is given now, by offset, and where he goes on: "0:eu-a 3:eu-b | 4".
  std::string look(std::string_view place, std::int64_t offset = 0, std::int32_t max_bytes = 1 << 20) {
    auto request = from(place, offset);
    request.max_bytes = max_bytes;
    Fetching fetching(*this, std::move(request), 0ms);
    return told(take(fetching));
  }
  static std::string told(const broker::FetchAnswer& answer) {
    if (answer.error != ErrorCode::none) return said(answer.error);
    std::string text;
    Bytes bytes(answer.slice.length);
    if (answer.slice.length > 0) {
      EXPECT_TRUE(answer.slice.file->read_at(answer.slice.position, bytes));
    }
    Offset next = no_offset;
    for (ByteView rest(bytes); const auto batch = record::next_batch(rest);) {
      EXPECT_TRUE(record::check_stored(batch->bytes));
      next = batch->header.next_offset();
      if (batch->header.is_control()) continue;
      const auto records = record::read_records(batch->bytes);
      EXPECT_TRUE(records);
      for (const auto& each : *records)
        text += std::to_string(each.offset.value()) + ":" + std::string(as_text(*each.value)) + " ";
    }
    if (next != no_offset) {
      EXPECT_EQ(next, answer.slice.next);
    }
    return text + "| " + std::to_string(next.value());
  }
};

TEST(Views, ShowWhatPassesAtItsOffsets) {
  Orders world;
  for (const auto* text : {"eu-a", "us-b", "eu-c", "us-d"}) (void)world.send("orders-0", text);
  EXPECT_EQ(world.look("eu-0"), "0:eu-a 2:eu-c | 4");
  EXPECT_EQ(world.look("eu-0", 1), "2:eu-c | 4");
  EXPECT_EQ(world.look("eu-0", 3), "| 4") << "a reader must come behind what is left out";
  EXPECT_EQ(world.look("eu-0", 4), "| -1");
  EXPECT_EQ(world.look("eu-0", 5), "OFFSET_OUT_OF_RANGE");
  EXPECT_EQ(world.look("eu-1"), "| -1");
  EXPECT_EQ(world.look("eu-2"), "UNKNOWN_TOPIC_OR_PARTITION");
  EXPECT_EQ(world.latest("eu-0"), "4");
}

TEST(Views, AreTopicsWithAnIdOfTheirOwnAndThePartitionsOfTheirs) {
  Orders world;
  const auto topology = world.broker->topology();
  const auto view = topology->find("eu");
  ASSERT_TRUE(view);
  EXPECT_NE(view->topic->id, world.id_of("orders"));
  EXPECT_EQ(topology->find(view->topic->id), view);
  EXPECT_EQ(view->partitions, topology->find("orders")->partitions);
  ASSERT_EQ(world.grow("orders", 3), "done");
  EXPECT_EQ(world.broker->topology()->find("eu")->partitions.size(), 3U);
  ASSERT_EQ(world.alter("orders", "retention.ms", "60000"), "done");
  EXPECT_EQ(world.broker->topology()->find("eu")->topic->configs.at("retention.ms"), "60000");
  std::vector<std::string> counted;
  world.broker->topology()->for_each([&](const HostedTopic& topic) { counted.push_back(topic.topic->name); });
  EXPECT_THAT(counted, testing::Not(testing::Contains("eu"))) << "nobody counts its partitions twice";
}

TEST(Views, AFetchWaitsForWhatPasses) {
  Orders world;
  (void)world.send("orders-0", "us-a");
  Fetching fetching(world, World::from("eu-0", 0));
  (void)world.send("orders-0", "us-b");
  for (int i = 0; i < 20; ++i) {
    world.run();
    EXPECT_FALSE(fetching.answer.came());
  }
  (void)world.send("orders-0", "eu-c");
  EXPECT_EQ(world.told(world.take(fetching)), "2:eu-c | 3");
}

TEST(Views, AFetchThatHasWaitedInVainLeadsOn) {
  Orders world;
  (void)world.send("orders-0", "us-a");
  Fetching fetching(world, World::from("eu-0", 0), 20ms);
  EXPECT_EQ(world.told(world.take(fetching)), "| 1");
}

TEST(Views, AFetchWaitsForAsManyBytesAsItWants) {
  Orders world;
  auto request = World::from("eu-0", 0);
  request.min_bytes = static_cast<std::int32_t>(2 * World::batch("eu-a").size());
  Fetching fetching(world, request);
  (void)world.send("orders-0", "eu-a");
  for (int i = 0; i < 5; ++i) (void)world.send("orders-0", "us-much-more-than-that");
  for (int i = 0; i < 20; ++i) {
    world.run();
    EXPECT_FALSE(fetching.answer.came());
  }
  (void)world.send("orders-0", "eu-b");
  EXPECT_EQ(world.told(world.take(fetching)), "0:eu-a 6:eu-b | 7");
}

TEST(Views, ACancelledFetchIsNotAnswered) {
  Orders world;
  Fetching fetching(world, World::from("eu-0", 0));
  ASSERT_TRUE(fetching.cancel);
  fetching.cancel();
  (void)world.send("orders-0", "eu-a");
  Fetching other(world, World::from("eu-0", 0));
  EXPECT_EQ(world.told(world.take(other)), "0:eu-a | 1");
  EXPECT_FALSE(fetching.answer.came());
}

TEST(Views, AndTopicsAreFetchedTogether) {
  Orders world;
  (void)world.send("orders-0", "us-a");
  (void)world.send("orders-0", "eu-b");
  auto request = World::from("orders-0", 0);
  request.parts.push_back(World::from("eu-0", 0).parts.front());
  Fetching fetching(world, request);
  world.run_until([&] { return fetching.answer.came(); });
  const auto answers = fetching.answer.get();
  EXPECT_EQ(world.told(answers[0]), "0:us-a 1:eu-b | 2");
  EXPECT_EQ(world.told(answers[1]), "1:eu-b | 2");
}

TEST(Views, OneRoundLooksAtSoMuchAndNoMore) {
  Orders world;
  const std::string much = "us" + std::string(500'000, 'x');
  int sent = 0;
  for (std::size_t bytes = 0; bytes < 2 * view_bytes_per_round; bytes += much.size(), ++sent)
    (void)world.send("orders-0", much);
  (void)world.send("orders-0", "eu-last");
  // A fetch that may wait is answered with how far it came, again and again, until something passes.
  std::int64_t at = 0;
  int rounds = 0;
  while (true) {
    ASSERT_LT(++rounds, 10);
    Fetching fetching(world, World::from("eu-0", at));
    const auto answer = world.take(fetching);
    ASSERT_GT(answer.slice.next.value(), at);
    at = answer.slice.next.value();
    if (at > sent) {
      EXPECT_THAT(world.told(answer), HasSubstr(":eu-last |"));
      break;
    }
  }
  EXPECT_GE(rounds, 2);
}

TEST(Views, GiveSmallReadersWhatTheyTake) {
  Orders world;
  for (int i = 0; i < 10; ++i) (void)world.send("orders-0", i % 2 == 0 ? "eu" : "us");
  EXPECT_EQ(world.look("eu-0", 0, 1), "0:eu | 1") << "one batch at least";
  EXPECT_EQ(world.look("eu-0", 1, 1), "2:eu | 3");
}

TEST(Views, AreNotWrittenTo) {
  Orders world;
  EXPECT_EQ(world.send("eu-0", "eu-a"), "INVALID_TOPIC_EXCEPTION");
  EXPECT_EQ(world.delete_records("eu-0", 0), "INVALID_TOPIC_EXCEPTION");
  EXPECT_EQ(world.grow("eu", 5), "INVALID_TOPIC_EXCEPTION");
  EXPECT_EQ(world.alter("eu", "retention.ms", "1"), "INVALID_TOPIC_EXCEPTION");
  EXPECT_EQ(world.create("eu"), "TOPIC_ALREADY_EXISTS");
  EXPECT_EQ(world.latest("orders-0"), "0");
}

TEST(Views, HoldTheirTopicAndAreDeletedLikeOne) {
  Orders world;
  (void)world.send("orders-0", "eu-a");
  EXPECT_EQ(world.remove("orders"), "POLICY_VIOLATION");
  EXPECT_EQ(world.remove("eu"), "done");
  EXPECT_EQ(world.look("eu-0"), "UNKNOWN_TOPIC_OR_PARTITION");
  EXPECT_EQ(world.fetch("orders-0"), "eu-a") << "what it showed stays";
  EXPECT_EQ(world.remove("orders"), "done");
}

TEST(Views, WhoWaitsIsToldThatItIsGone) {
  Orders world;
  Fetching fetching(world, World::from("eu-0", 0));
  for (int i = 0; i < 20; ++i) world.run();
  ASSERT_EQ(world.hide("eu"), "done");
  EXPECT_EQ(world.told(world.take(fetching)), "UNKNOWN_TOPIC_OR_PARTITION");
}

TEST(Views, ANewFilterIsInForceForThoseWhoWait) {
  Orders world;
  (void)world.send("orders-0", "us-a");
  Fetching fetching(world, World::from("eu-0", 0));
  for (int i = 0; i < 20; ++i) world.run();
  const auto id = world.broker->topology()->find("eu")->topic->id;
  ASSERT_EQ(world.show("eu", "orders", "us"), "done");
  EXPECT_EQ(world.told(world.take(fetching)), "0:us-a | 1");
  EXPECT_EQ(world.broker->topology()->find("eu")->topic->id, id);
}

TEST(Views, ThatBecomeAnotherTopicsAreToldAsDeleted) {
  Orders world;
  std::vector<std::string> gone;
  world.broker->on_topics_deleted(
      [&](const std::vector<std::string>& names) { gone.insert(gone.end(), names.begin(), names.end()); });
  (void)world.create("payments");
  ASSERT_EQ(world.show("eu", "orders", "x"), "done");
  EXPECT_THAT(gone, testing::IsEmpty());
  ASSERT_EQ(world.show("eu", "payments", "x"), "done");
  ASSERT_EQ(world.hide("eu"), "done");
  EXPECT_THAT(gone, testing::ElementsAre("eu", "eu"));
}

TEST(Views, ComeBackAfterACrash) {
  Orders world;
  (void)world.send("orders-0", "us-a");
  (void)world.send("orders-0", "eu-b");
  const auto id = world.broker->topology()->find("eu")->topic->id;
  world.crash_and_start();
  ASSERT_TRUE(world.broker->topology()->find("eu"));
  EXPECT_EQ(world.broker->topology()->find("eu")->topic->id, id);
  EXPECT_EQ(world.look("eu-0"), "1:eu-b | 2");
}

TEST(Views, WhoseFilterNobodyUnderstandsAreNotServed) {
  Orders world;
  EXPECT_EQ(world.show("odd", "orders", "broken"), "done");
  EXPECT_EQ(world.look("odd-0"), "UNKNOWN_TOPIC_OR_PARTITION");
  EXPECT_EQ(world.look("eu-0"), "| -1");
}

TEST(Views, WhatTheySendIsCountedWithTheirTopic) {
  Orders world;
  (void)world.send("orders-0", "us-a");
  (void)world.send("orders-0", "eu-b");
  EXPECT_EQ(world.look("eu-0"), "1:eu-b | 2");
  EXPECT_EQ(world.broker->topology()->find("orders", 0)->traffic().sent_records.value(), 1U);
}

}  // namespace
}  // namespace millrace::runtime
