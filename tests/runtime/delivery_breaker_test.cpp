// The breaker of a subscription whose events are asked for, in manual time: it opens, nothing is handed out, one event
// at a time shows whether it is over, and no event has died of it.

#include <gmock/gmock.h>

#include "millrace/runtime/delivery_runtime.hpp"
#include "runtime/world.hpp"

namespace millrace::runtime {
namespace {

using namespace std::chrono_literals;
using delivery::BreakerState;
using delivery::ConsumerId;
using testing::IsEmpty;
using testing::SizeIs;

constexpr delivery::BreakerPolicy half_of_ten{.ended_min = 10, .open_first = 60s, .open_max = 10min};

class Outage {
 public:
  Outage() {
    world.start();
    EXPECT_EQ(world.create("orders", 2), "done");
    listeners_.letters = [this](const delivery::Home&, const std::vector<delivery::DeadLetter>& some) {
      letters += some.size();
    };
    auto opened = DeliveryRuntime::open(*world.broker, world.context.get_executor(), 3, World::silent(), listeners_);
    EXPECT_TRUE(opened);
    delivery = std::move(*opened);
    serve(half_of_ten);
  }
  ~Outage() {
    delivery.reset();
    world.run();
  }

  void serve(std::optional<delivery::BreakerPolicy> breaker) {
    delivery::Policy policy;
    policy.max_deliveries = 4;
    policy.backoff = {.base = 1ms, .cap = 1ms, .jitter_percent = 0};
    policy.lock_time = 30s;
    Answered<ErrorCode> answer;
    delivery->serve({.id = "s",
                     .topic = "orders",
                     .policy = std::make_shared<delivery::Policy>(policy),
                     .from_start = true,
                     .takes = nullptr,
                     .breaker = breaker},
                    answer.callback());
    EXPECT_EQ(World::said(answer.get()), "done");
  }
  void send(std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) {
      record::BatchBuilder builder;
      builder.add({.timestamp = 1'700'000'000'000, .key = {}, .value = as_bytes("x"), .headers = {}});
      auto bytes = builder.finish();
      ProduceRequest request;
      request.parts.push_back(
          {.topic = {.name = "orders", .id = {}}, .partition = static_cast<PartitionIndex>(i % 2), .records = bytes});
      World::Produced answer;
      world.broker->produce(std::move(request), answer.callback());
      EXPECT_EQ(answer.get().front().append.error, ErrorCode::none);
    }
  }
  std::vector<DeliveryLock> take(std::size_t max) {
    Answered<tl::expected<Received, ErrorCode>> answer;
    delivery->receive("s", max, ConsumerId{1}, answer.callback());
    auto got = answer.get();
    EXPECT_TRUE(got) << "an open breaker is no error";
    std::vector<DeliveryLock> locks;
    for (const auto& one : got->events) locks.push_back({one.partition, one.event.token});
    return locks;
  }
  using Asked = Answered<tl::expected<std::vector<LockAnswer>, ErrorCode>>;
  void fail(const std::vector<DeliveryLock>& locks) {
    Asked answer;
    delivery->fail("s", locks, {.reason = delivery::Reason::rejected, .message = "away"}, 0ms, answer.callback());
    EXPECT_TRUE(answer.get());
  }
  void acknowledge(const std::vector<DeliveryLock>& locks) {
    Asked answer;
    delivery->acknowledge("s", locks, answer.callback());
    EXPECT_TRUE(answer.get());
  }
  void release(const std::vector<DeliveryLock>& locks) {
    Asked answer;
    delivery->release("s", locks, 0ms, answer.callback());
    EXPECT_TRUE(answer.get());
  }
  /// Time passes, and what is due by then has happened.
  void pass(Milliseconds time) {
    world.clock.advance(time);
    world.run_until([&] { return waiting() == 0; });
  }
  [[nodiscard]] std::size_t waiting() const {
    std::size_t sum = 0;
    for (const auto& facts : delivery->facts("s")) sum += facts ? facts->waiting : 0;
    return sum;
  }
  [[nodiscard]] std::size_t unsettled() const {
    std::size_t sum = 0;
    for (const auto& facts : delivery->facts("s")) sum += facts ? facts->unsettled : 0;
    return sum;
  }
  [[nodiscard]] BreakerState state() const { return delivery->breaker("s").value().state; }

  World world;
  std::unique_ptr<DeliveryRuntime> delivery;
  std::atomic<std::size_t> letters = 0;

 private:
  DeliveryListeners listeners_;
};

TEST(DeliveryBreaker, OpensPausesProbesAndClosesAndNothingDiesMeanwhile) {
  Outage outage;
  outage.send(40);
  outage.fail(outage.take(9));
  EXPECT_EQ(outage.state(), BreakerState::closed) << "nine say nothing";
  outage.fail(outage.take(1));
  EXPECT_EQ(outage.state(), BreakerState::open);
  EXPECT_EQ(outage.delivery->breaker("s")->failed, 10U);
  outage.pass(59'999ms);
  EXPECT_THAT(outage.take(100), IsEmpty()) << "a minute is not over";
  outage.pass(1ms);
  // It is not well yet: one event pays for each try, and the others for none.
  outage.fail(outage.take(100));
  EXPECT_EQ(outage.state(), BreakerState::open);
  outage.pass(119'999ms);
  EXPECT_THAT(outage.take(100), IsEmpty()) << "twice as long";
  outage.pass(1ms);
  for (int i = 0; i < 3; ++i) {
    const auto probe = outage.take(100);
    EXPECT_THAT(probe, SizeIs(1));
    EXPECT_THAT(outage.take(100), IsEmpty()) << "one at a time";
    EXPECT_EQ(outage.state(), BreakerState::half_open);
    outage.acknowledge(probe);
  }
  EXPECT_EQ(outage.state(), BreakerState::closed);
  const auto rest = outage.take(100);
  EXPECT_THAT(rest, SizeIs(37));
  outage.acknowledge(rest);
  EXPECT_EQ(outage.unsettled(), 0U);
  EXPECT_EQ(outage.letters.load(), 0U);
  EXPECT_EQ(outage.delivery->counts("s").acknowledged, 40U);
  EXPECT_EQ(outage.delivery->counts("s").died, 0U);
}

TEST(DeliveryBreaker, WhatWasGivenBackSaysNothingAndALockThatRanOutHasFailed) {
  Outage outage;
  outage.send(30);
  for (int i = 0; i < 5; ++i) outage.release(outage.take(30));
  EXPECT_EQ(outage.delivery->breaker("s")->ended, 0U);
  EXPECT_THAT(outage.take(10), SizeIs(10));
  outage.world.clock.advance(30s);
  outage.world.run_until([&] { return outage.state() == BreakerState::open; });
  EXPECT_EQ(outage.delivery->breaker("s")->failed, 10U);
}

TEST(DeliveryBreaker, AProbeThatIsGivenBackIsTriedAgain) {
  Outage outage;
  outage.send(20);
  outage.fail(outage.take(10));
  outage.pass(60s);
  outage.release(outage.take(100));
  EXPECT_EQ(outage.state(), BreakerState::half_open);
  EXPECT_THAT(outage.take(100), SizeIs(1));
}

TEST(DeliveryBreaker, WhoWaitsIsWokenWhenItLetsOneThrough) {
  Outage outage;
  outage.send(20);
  outage.fail(outage.take(10));
  outage.pass(10ms);  // they have come back, and nothing else happens by itself
  std::atomic<int> woken = 0;
  const auto cancel = outage.delivery->wait("s", [&] { ++woken; });
  EXPECT_EQ(woken.load(), 0) << "there are ready events, and nobody may have them";
  outage.world.clock.advance(60s);
  outage.world.run_until([&] { return woken.load() == 1; });
  const auto probe = outage.take(1);
  ASSERT_THAT(probe, SizeIs(1));
  const auto later = outage.delivery->wait("s", [&] { ++woken; });
  EXPECT_EQ(woken.load(), 1);
  outage.acknowledge(probe);
  EXPECT_EQ(woken.load(), 2) << "the next one may go";
}

TEST(DeliveryBreaker, StaysAsItIsWhenItsRulesChangeAndEndsWhenItIsTakenAway) {
  Outage outage;
  outage.send(20);
  outage.fail(outage.take(10));
  auto other = half_of_ten;
  other.probes = 1;
  outage.serve(other);
  EXPECT_EQ(outage.state(), BreakerState::open);
  outage.pass(60s);
  outage.acknowledge(outage.take(100));
  EXPECT_EQ(outage.state(), BreakerState::closed) << "one is enough now";
  outage.fail(outage.take(10));
  EXPECT_EQ(outage.state(), BreakerState::open);
  outage.serve(std::nullopt);
  EXPECT_EQ(outage.delivery->breaker("s"), std::nullopt);
  EXPECT_THAT(outage.take(100), testing::Not(IsEmpty()));
  other.failed_percent = 0;
  Answered<ErrorCode> answer;
  outage.delivery->serve({.id = "s",
                          .topic = "orders",
                          .policy = std::make_shared<delivery::Policy>(),
                          .takes = nullptr,
                          .breaker = other},
                         answer.callback());
  EXPECT_EQ(World::said(answer.get()), "INVALID_CONFIG");
}

}  // namespace
}  // namespace millrace::runtime
