#include "millrace/forward/forwarder.hpp"

#include <gmock/gmock.h>

#include "runtime/world.hpp"

namespace millrace::forward {
namespace {

using runtime::World;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::UnorderedElementsAre;

/// Two topics, and subscriptions that copy from one to another.
struct Bench {
  World world;
  std::unique_ptr<runtime::DeliveryRuntime> delivery;
  std::unique_ptr<Forwarder> forwarder;
  std::map<std::string, std::shared_ptr<dispatch::Runner>> runners;
  runtime::Guarded<std::vector<delivery::DeadLetter>> told;  ///< a shard tells them, on its own thread

  Bench() {
    world.start();
    for (const auto* topic : {"orders", "copies"}) EXPECT_EQ(world.create(topic), "done");
    open();
  }
  ~Bench() {
    delivery->stop();
    forwarder->stop();
    runners.clear();
    world.run();
    world.end();
    forwarder.reset();
  }
  void open() {
    runtime::DeliveryListeners listeners;
    listeners.letters = [this](const delivery::Home&, const std::vector<delivery::DeadLetter>& more) {
      told.with([&](auto& letters) { letters.insert(letters.end(), more.begin(), more.end()); });
    };
    auto opened = runtime::DeliveryRuntime::open(*world.broker, world.context.get_executor(), 1, World::silent(),
                                                 std::move(listeners));
    ASSERT_TRUE(opened);
    delivery = std::move(*opened);
    forwarder = std::make_unique<Forwarder>(*world.broker, *delivery, nullptr, World::silent());
  }
  void forward(const std::string& id, const std::string& from, const std::string& to) {
    auto subscription = std::make_shared<subscriptions::Subscription>();
    subscription->id = id;
    subscription->protocol = subscriptions::Protocol::kafka;
    subscription->config.topic = from;
    subscription->kafka.edit().topic = to;
    runtime::Answered<ErrorCode> served;
    delivery->serve(
        {.id = id, .topic = from, .policy = std::make_shared<delivery::Policy>(), .from_start = true, .takes = nullptr},
        served.callback());
    EXPECT_EQ(served.get(), ErrorCode::none);
    runners[id] = forwarder->maker()(id, [](const std::string&) {});
    runners[id]->start(subscription);
  }
  void wait_for(std::string_view place, std::size_t count) {
    world.run_until([&] { return world.records(place)->size() >= count; });
  }
  [[nodiscard]] std::vector<std::string> values(std::string_view place) {
    std::vector<std::string> out;
    const auto records = world.records(place);
    for (const auto& [offset, value] : *records) out.push_back(value);
    return out;
  }
  [[nodiscard]] std::vector<delivery::DeadLetter> letters() const {
    return told.with([](const auto& letters) { return letters; });
  }
  [[nodiscard]] bool is_settled(const std::string& id) const {
    const auto facts = delivery->facts(id);
    return !facts.empty() && facts[0] && facts[0]->unsettled == 0;
  }
};

TEST(Forwarder, CopiesWhatIsThereAndWhatComes) {
  Bench bench;
  (void)bench.world.send("orders-0", "apple");
  bench.forward("s", "orders", "copies");
  bench.wait_for("copies-0", 1);
  (void)bench.world.send("orders-0", "pear");
  bench.wait_for("copies-0", 2);
  EXPECT_THAT(bench.values("copies-0"), ElementsAre("apple", "pear"));
  EXPECT_THAT(bench.values("orders-0"), ElementsAre("apple", "pear")) << "untouched";
  bench.world.run_until([&] { return bench.is_settled("s"); });
}

TEST(Forwarder, TwoThatPointAtEachOtherCopyEachRecordOnceEachWay) {
  Bench bench;
  bench.forward("there", "orders", "copies");
  bench.forward("back", "copies", "orders");
  (void)bench.world.send("orders-0", "apple");
  bench.wait_for("orders-0", 2);
  (void)bench.world.send("copies-0", "pear");
  bench.wait_for("copies-0", 3);
  bench.world.run_until([&] {
    return bench.is_settled("there") && bench.is_settled("back") &&
           bench.delivery->facts("there")[0]->told == Offset(3) && bench.delivery->facts("back")[0]->told == Offset(3);
  });
  EXPECT_THAT(bench.values("orders-0"), UnorderedElementsAre("apple", "apple", "pear"));
  EXPECT_THAT(bench.values("copies-0"), UnorderedElementsAre("apple", "pear", "pear"));
}

TEST(Forwarder, WhatTheTopicRefusesForGoodDiesAndTheOthersArrive) {
  Bench bench;
  EXPECT_EQ(bench.world.alter("copies", "max.message.bytes", "2000"), "done");
  (void)bench.world.send("orders-0", "apple");
  (void)bench.world.send("orders-0", std::string(5'000, 'x'));
  (void)bench.world.send("orders-0", "pear");
  bench.forward("s", "orders", "copies");
  bench.wait_for("copies-0", 2);
  bench.world.run_until([&] { return !bench.letters().empty(); });
  EXPECT_THAT(bench.values("copies-0"), ElementsAre("apple", "pear"));
  const auto letters = bench.letters();
  EXPECT_EQ(letters.at(0).offset, Offset(1));
  EXPECT_EQ(letters.at(0).reason, delivery::Reason::too_large);
  EXPECT_THAT(letters.at(0).failures.message, HasSubstr("topic copies"));
}

TEST(Forwarder, ATopicThatIsNotThereIsAFailureAndItIsTriedAgain) {
  Bench bench;
  (void)bench.world.send("orders-0", "apple");
  bench.forward("s", "orders", "later");
  bench.world.run_until([&] { return bench.delivery->counts("s").failed == 1; });
  EXPECT_THAT(bench.runners["s"]->status().last_attempt->message, HasSubstr("topic later is not there"));
  EXPECT_EQ(bench.world.create("later"), "done");
  bench.world.clock.advance(std::chrono::seconds(10));
  bench.wait_for("later-0", 1);
  EXPECT_THAT(bench.values("later-0"), ElementsAre("apple"));
}

TEST(Forwarder, WhatIsStoppedCopiesNothingMore) {
  Bench bench;
  bench.forward("s", "orders", "copies");
  (void)bench.world.send("orders-0", "apple");
  bench.wait_for("copies-0", 1);
  bench.world.run_until([&] { return bench.is_settled("s"); });
  bench.runners["s"]->stop();
  (void)bench.world.send("orders-0", "pear");
  bench.forward("t", "orders", "copies");
  bench.world.run_until([&] { return bench.values("copies-0").size() == 3; });
  EXPECT_EQ(bench.delivery->facts("s")[0]->told, Offset(1));
}

}  // namespace
}  // namespace millrace::forward
