#include "millrace/runtime/delivery_runtime.hpp"

#include <gmock/gmock.h>

#include "runtime/world.hpp"

namespace millrace::runtime {
namespace {

using namespace std::chrono_literals;
using delivery::ConsumerId;
using delivery::TokenError;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;
using testing::UnorderedElementsAre;

/// A broker with delivery, spoken to in lines; an event is its partition and offset, "0@3".
struct Bench {
  World world;
  DeliveryListeners listeners;
  std::unique_ptr<DeliveryRuntime> delivery;

  Bench() {
    world.start();
    EXPECT_EQ(world.create("orders", 2), "done");
    open();
  }
  ~Bench() { close(); }
  void open() {
    auto opened = DeliveryRuntime::open(*world.broker, world.context.get_executor(), 3, World::silent(), listeners);
    ASSERT_TRUE(opened) << opened.error().message;
    delivery = std::move(*opened);
  }
  void close() {
    delivery.reset();
    world.run();
  }
  void restart() {
    close();
    world.restart();
    open();
  }
  void crash() {
    close();
    world.crash_and_start();
    open();
  }

  std::string serve(Subscription subscription) {
    Answered<ErrorCode> answer;
    delivery->serve(std::move(subscription), answer.callback());
    return World::said(answer.get());
  }
  std::string serve(delivery::Policy policy = {}) {
    return serve({.id = "s",
                  .topic = "orders",
                  .policy = std::make_shared<delivery::Policy>(policy),
                  .from_start = true,
                  .takes = nullptr});
  }
  std::string forget(const std::string& id) {
    Answered<ErrorCode> answer;
    delivery->forget(id, answer.callback());
    return World::said(answer.get());
  }

  /// One batch of records with these values; the key of each is its first letter.
  void send(PartitionIndex partition, const std::vector<std::string>& values,
            record::Codec codec = record::Codec::none) {
    record::BatchBuilder builder(codec);
    for (const auto& value : values)
      builder.add(
          {.timestamp = 1'700'000'000'000, .key = as_bytes(value).first(1), .value = as_bytes(value), .headers = {}});
    auto bytes = builder.finish();
    ProduceRequest request;
    request.parts.push_back({.topic = {.name = "orders", .id = {}}, .partition = partition, .records = bytes});
    World::Produced answer;
    world.broker->produce(std::move(request), answer.callback());
    EXPECT_EQ(answer.get().front().append.error, ErrorCode::none);
  }

  using Lines = std::vector<std::string>;
  std::vector<Delivered> take(std::size_t max, std::string* error = nullptr) {
    Answered<tl::expected<Received, ErrorCode>> answer;
    delivery->receive("s", max, ConsumerId{1}, answer.callback());
    auto got = answer.get();
    if (!got && error != nullptr) *error = World::said(got.error());
    return got ? std::move(got->events) : std::vector<Delivered>();
  }
  static Lines lines(const std::vector<Delivered>& events) {
    Lines out;
    for (const auto& one : events)
      out.push_back(std::to_string(one.partition) + "@" + std::to_string(one.event.token.offset.value()));
    return out;
  }
  Lines received(std::size_t max) { return lines(take(max)); }
  std::string refused() {
    std::string error;
    (void)take(1, &error);
    return error;
  }

  static std::vector<DeliveryLock> locks(const std::vector<Delivered>& events) {
    std::vector<DeliveryLock> out;
    for (const auto& one : events) out.push_back({one.partition, one.event.token});
    return out;
  }
  using Asked = Answered<tl::expected<std::vector<LockAnswer>, ErrorCode>>;
  static std::vector<TokenError> errors(Asked answer) {
    std::vector<TokenError> out;
    const auto got = answer.get();
    if (!got) ADD_FAILURE() << name_of(got.error());
    if (got)
      for (const auto& one : *got) {
        EXPECT_EQ(one.unavailable, ErrorCode::none);
        out.push_back(one.error);
      }
    return out;
  }
  std::vector<TokenError> acknowledge(const std::vector<DeliveryLock>& which) {
    Asked answer;
    delivery->acknowledge("s", which, answer.callback());
    return errors(std::move(answer));
  }
  std::vector<TokenError> acknowledge(const std::vector<Delivered>& events) { return acknowledge(locks(events)); }
};

constexpr auto done = TokenError::none;

TEST(DeliveryRuntime, DeliversEveryPartitionOfATopic) {
  Bench bench;
  bench.send(0, {"a", "b"});
  bench.send(1, {"c"});
  EXPECT_EQ(bench.serve(), "done");
  EXPECT_THAT(bench.received(9), UnorderedElementsAre("0@0", "0@1", "1@0"));
  EXPECT_THAT(bench.received(9), IsEmpty());
  bench.send(1, {"d"});
  EXPECT_THAT(bench.received(9), ElementsAre("1@1"));
}

TEST(DeliveryRuntime, BeginsWithWhatComesUnlessItIsAskedToBeginAtTheStart) {
  Bench bench;
  bench.send(0, {"a", "b"});
  EXPECT_EQ(bench.serve({.id = "s",
                         .topic = "orders",
                         .policy = std::make_shared<delivery::Policy>(),
                         .from_start = false,
                         .takes = nullptr}),
            "done");
  EXPECT_THAT(bench.received(9), IsEmpty());
  bench.send(0, {"c"});
  EXPECT_THAT(bench.received(9), ElementsAre("0@2"));
}

TEST(DeliveryRuntime, WhatWasAcknowledgedIsGoneAfterARestartAndAfterACrash) {
  Bench bench;
  bench.send(0, {"a", "b", "c", "d"});
  (void)bench.serve();
  auto events = bench.take(9);
  ASSERT_THAT(events, SizeIs(4));
  EXPECT_THAT(bench.acknowledge({events[0], events[2]}), ElementsAre(done, done));
  bench.restart();
  (void)bench.serve();
  events = bench.take(9);
  EXPECT_THAT(Bench::lines(events), ElementsAre("0@1", "0@3"));
  EXPECT_THAT(bench.acknowledge({events[1]}), ElementsAre(done));
  bench.crash();
  (void)bench.serve();
  EXPECT_THAT(bench.received(9), ElementsAre("0@1"));
}

TEST(DeliveryRuntime, SaysOfWhichSubscriptionAStartHasMoved) {
  Bench bench;
  (void)bench.serve();
  EXPECT_THAT(bench.delivery->take_moved(), ElementsAre("s")) << "nothing was known of it";
  bench.send(0, {"a", "b"});
  bench.send(1, {"c"});
  const auto events = bench.take(9);
  ASSERT_THAT(Bench::lines(events), UnorderedElementsAre("0@0", "0@1", "1@0"));
  EXPECT_THAT(bench.delivery->take_moved(), IsEmpty()) << "what is in hand is not settled";
  for (const auto& each : events) {
    if (each.event.token.offset == Offset(1)) {
      EXPECT_THAT(bench.acknowledge({each}), ElementsAre(done));
    }
  }
  EXPECT_THAT(bench.delivery->take_moved(), IsEmpty()) << "there is one before it";
  for (const auto& each : events) {
    if (each.event.token.offset == Offset(0)) {
      EXPECT_THAT(bench.acknowledge({each}), ElementsAre(done));
    }
  }
  EXPECT_THAT(bench.delivery->take_moved(), ElementsAre("s"));
  EXPECT_THAT(bench.delivery->take_moved(), IsEmpty());
  bench.restart();
  EXPECT_THAT(bench.delivery->take_moved(), ElementsAre("s")) << "also of those that nobody serves yet";
}

TEST(DeliveryRuntime, EachLockIsAnsweredInItsPlace) {
  Bench bench;
  bench.send(0, {"a"});
  bench.send(1, {"b"});
  (void)bench.serve();
  const auto events = bench.take(9);
  ASSERT_THAT(events, SizeIs(2));
  auto which = Bench::locks(events);
  which.insert(which.begin(), {7, which[0].token});
  which.insert(which.begin() + 2, {-1, which[0].token});
  which.push_back(which[1]);
  EXPECT_THAT(bench.acknowledge(which),
              ElementsAre(TokenError::unknown, done, TokenError::unknown, done, TokenError::lost));
}

TEST(DeliveryRuntime, AnotherFilterHoldsForWhatWasReadAhead) {
  Bench bench;
  bench.send(0, {"a1", "b1", "a2", "b2", "a3", "b3"}, record::Codec::gzip);
  bench.send(1, {"a4", "b4"});
  (void)bench.serve();
  const auto before = bench.take(1);
  ASSERT_THAT(Bench::lines(before), ElementsAre("0@0"));
  const auto takes = [](PartitionIndex, Offset, Timestamp, const record::RecordView& record) {
    return record.value && as_text(*record.value).starts_with("b");
  };
  EXPECT_EQ(bench.serve({.id = "s",
                         .topic = "orders",
                         .policy = std::make_shared<delivery::Policy>(),
                         .from_start = true,
                         .takes = takes}),
            "done");
  EXPECT_THAT(bench.received(9), UnorderedElementsAre("0@1", "0@3", "0@5", "1@1"));
  EXPECT_THAT(bench.acknowledge(before), ElementsAre(done)) << "who has it in hand keeps it";
  bench.send(0, {"a5", "b5"});
  EXPECT_THAT(bench.received(9), ElementsAre("0@7"));
  EXPECT_EQ(bench.delivery->counts("s").acknowledged, 1u);
  const auto home = bench.delivery->home_of("s", 0);
  ASSERT_TRUE(home);
  EXPECT_EQ(bench.delivery->is_unsettled(*home, Offset(2)), false) << "what is passed over is settled";
  EXPECT_EQ(bench.delivery->is_unsettled(*home, Offset(3)), true);
}

TEST(DeliveryRuntime, WhatTheFilterLeavesOutIsPassedOver) {
  Bench bench;
  bench.send(0, {"a1", "b1", "a2", "b2", "b3"}, record::Codec::gzip);
  const auto takes = [](PartitionIndex, Offset, Timestamp, const record::RecordView& record) {
    return record.value && as_text(*record.value).starts_with("a");
  };
  (void)bench.serve({.id = "s",
                     .topic = "orders",
                     .policy = std::make_shared<delivery::Policy>(),
                     .from_start = true,
                     .takes = takes});
  const auto events = bench.take(9);
  EXPECT_THAT(Bench::lines(events), ElementsAre("0@0", "0@2"));
  (void)bench.acknowledge(events);
  EXPECT_EQ(bench.delivery->facts("s")[0]->start, Offset(5));
}

/// A log serves what lies around damage, and so does delivery.
TEST(DeliveryRuntime, DamageIsPassedOver) {
  Bench bench;
  for (const char* value : {"a", "b", "c", "d"}) bench.send(0, {value});
  (void)bench.serve();
  EXPECT_THAT(bench.received(1), ElementsAre("0@0"));
  bench.close();
  ASSERT_TRUE(bench.world.broker->close());
  bench.world.end();
  bench.world.fake->restart();
  const std::string file = "orders-0/00000000000000000000.log";
  const auto size = bench.world.fake->content(file).value().size();
  bench.world.fake->flip(file, size / 4 + size / 8, 0x40);
  bench.world.start();
  bench.open();
  (void)bench.serve();
  EXPECT_THAT(bench.received(9), ElementsAre("0@0", "0@2", "0@3"));
}

TEST(DeliveryRuntime, KeysKeepTheirOrder) {
  Bench bench;
  bench.send(0, {"a1", "a2", "b1"});
  delivery::Policy policy;
  policy.order = delivery::Order::key;
  (void)bench.serve(policy);
  const auto events = bench.take(9);
  EXPECT_THAT(Bench::lines(events), ElementsAre("0@0", "0@2"));
  (void)bench.acknowledge({events[0]});
  EXPECT_THAT(bench.received(9), ElementsAre("0@1"));
}

TEST(DeliveryRuntime, NoMoreIsHandedOutThanWasAskedForAndEveryPartitionHasItsTurn) {
  Bench bench;
  bench.send(0, {"a", "b", "c"});
  bench.send(1, {"d", "e", "f"});
  (void)bench.serve();
  std::vector<std::string> all;
  for (int i = 0; i < 3; ++i) {
    const auto two = bench.received(2);
    EXPECT_THAT(two, SizeIs(2));
    all.insert(all.end(), two.begin(), two.end());
  }
  EXPECT_THAT(all, UnorderedElementsAre("0@0", "0@1", "0@2", "1@0", "1@1", "1@2"));
}

TEST(DeliveryRuntime, ALockThatRunsOutIsSeenWithoutAnybodyAsking) {
  Bench bench;
  bench.send(0, {"a"});
  delivery::Policy policy;
  policy.lock_time = 5ms;
  (void)bench.serve(policy);
  EXPECT_THAT(bench.received(1), SizeIs(1));
  bench.world.clock.advance(10ms);
  bench.world.run_until([&] { return bench.delivery->facts("s")[0]->waiting == 1; });
}

TEST(DeliveryRuntime, AFailedEventIsTriedAgainInTimeAlsoAfterARestart) {
  Bench bench;
  bench.send(0, {"a"});
  (void)bench.serve();
  Bench::Asked failed;
  bench.delivery->fail("s", Bench::locks(bench.take(1)), {.message = "busy"}, 10s, failed.callback());
  EXPECT_THAT(Bench::errors(std::move(failed)), ElementsAre(done));
  bench.restart();
  (void)bench.serve();
  EXPECT_THAT(bench.received(1), IsEmpty());
  bench.world.clock.advance(10s);
  bench.world.run_until([&] { return bench.delivery->facts("s")[0]->ready == 1; });
  EXPECT_EQ(bench.take(1).at(0).event.attempt, 2);
}

TEST(DeliveryRuntime, WhatIsFailedReleasedRejectedAndRenewedComesBackAsItShould) {
  Bench bench;
  bench.send(0, {"a", "b", "c", "d"});
  (void)bench.serve();
  const auto events = bench.take(9);
  ASSERT_THAT(events, SizeIs(4));
  const auto one = [&](std::size_t which) { return Bench::locks({events[which]}); };
  const delivery::FailedAttempt why{.reason = delivery::Reason::http_status, .code = 503, .message = "busy"};
  Bench::Asked failed, released, rejected, renewed;
  bench.delivery->fail("s", one(0), why, 0ms, failed.callback());
  bench.delivery->release("s", one(1), 0ms, released.callback());
  bench.delivery->reject("s", one(2), why, rejected.callback());
  bench.delivery->renew("s", one(3), renewed.callback());
  for (auto* answer : {&failed, &released, &rejected, &renewed})
    EXPECT_THAT(Bench::errors(std::move(*answer)), ElementsAre(done));
  EXPECT_THAT(bench.received(9), ElementsAre("0@1"));
  bench.world.clock.advance(1s);
  bench.world.run_until([&] { return bench.delivery->facts("s")[0]->ready == 1; });
  const auto again = bench.take(9);
  EXPECT_THAT(Bench::lines(again), ElementsAre("0@0"));
  EXPECT_EQ(again[0].event.attempt, 2);
  bench.delivery->consumer_gone("s", ConsumerId{1});
  EXPECT_THAT(bench.received(9), ElementsAre("0@0", "0@1", "0@3"));
}

TEST(DeliveryRuntime, PartitionsThatAreAddedAreDeliveredFromTheirStart) {
  Bench bench;
  (void)bench.serve();
  EXPECT_THAT(bench.received(9), IsEmpty());
  EXPECT_EQ(bench.world.grow("orders", 3), "done");
  bench.send(2, {"a"});
  EXPECT_THAT(bench.received(9), ElementsAre("2@0"));
}

TEST(DeliveryRuntime, GoesOnWhereTheLogBeginsNow) {
  Bench bench;
  bench.send(0, {"a", "b"});
  bench.send(0, {"c"});
  (void)bench.serve();
  EXPECT_EQ(bench.world.delete_records("orders-0", 2), "from 2");
  EXPECT_THAT(bench.received(9), ElementsAre("0@2"));
}

TEST(DeliveryRuntime, ReadsOnBehindMoreThanOneReadHolds) {
  Bench bench;
  const std::string large(200'000, 'x');
  for (int i = 0; i < 20; ++i) bench.send(0, {large});
  (void)bench.serve();
  EXPECT_THAT(bench.received(100), SizeIs(20));
}

TEST(DeliveryRuntime, SaysWhatItCannotServe) {
  Bench bench;
  const auto policy = std::make_shared<delivery::Policy>();
  EXPECT_EQ(bench.refused(), "RESOURCE_NOT_FOUND");
  EXPECT_EQ(bench.forget("s"), "RESOURCE_NOT_FOUND");
  EXPECT_EQ(bench.serve({.id = "s", .topic = "none", .policy = policy, .from_start = false, .takes = nullptr}),
            "UNKNOWN_TOPIC_OR_PARTITION");
  EXPECT_EQ(bench.serve({.id = "", .topic = "orders", .policy = policy, .from_start = false, .takes = nullptr}),
            "INVALID_REQUEST");
  delivery::Policy impossible;
  impossible.lock_time = 0ms;
  EXPECT_EQ(bench.serve(impossible), "INVALID_CONFIG");
  (void)bench.serve();
  EXPECT_EQ(bench.world.remove("orders"), "done");
  EXPECT_EQ(bench.refused(), "UNKNOWN_TOPIC_ID");
  EXPECT_EQ(bench.forget("s"), "done");
}

TEST(DeliveryRuntime, WhatIsForgottenBeginsAnew) {
  Bench bench;
  bench.send(0, {"a"});
  (void)bench.serve();
  (void)bench.acknowledge(bench.take(9));
  EXPECT_EQ(bench.forget("s"), "done");
  EXPECT_EQ(bench.refused(), "RESOURCE_NOT_FOUND");
  (void)bench.serve();
  EXPECT_THAT(bench.received(9), ElementsAre("0@0"));
}

/// How often somebody was woken who waited.
struct Wait {
  std::atomic<int> woken = 0;  ///< on whatever thread
  Cancel cancel;
  explicit Wait(Bench& bench, const std::string& id = "s") {
    cancel = bench.delivery->wait(id, [this] { ++woken; });
  }
};

TEST(DeliveryRuntime, WakesWhoWaitsForAnEvent) {
  Bench bench;
  (void)bench.serve();
  EXPECT_THAT(bench.received(9), IsEmpty());
  Wait wait(bench);
  EXPECT_EQ(wait.woken, 0);
  bench.send(1, {"a"});
  bench.world.run_until([&] { return wait.woken == 1; });
  bench.send(0, {"b"});
  EXPECT_EQ(wait.woken, 1) << "once";
  EXPECT_THAT(bench.received(9), SizeIs(2));
  Wait another(bench);
  EXPECT_EQ(another.woken, 0);
  another.cancel();
  bench.send(0, {"c"});
  EXPECT_EQ(another.woken, 0);
}

TEST(DeliveryRuntime, WakesWhoWaitsForWhatComesBack) {
  Bench bench;
  bench.send(0, {"a"});
  (void)bench.serve();
  const auto events = bench.take(9);
  Wait wait(bench);
  EXPECT_EQ(wait.woken, 0);
  Bench::Asked released;
  bench.delivery->release("s", Bench::locks(events), 0ms, released.callback());
  EXPECT_THAT(Bench::errors(std::move(released)), ElementsAre(done));
  bench.world.run_until([&] { return wait.woken == 1; });
  EXPECT_EQ(Wait(bench).woken, 1) << "it is there already";
}

TEST(DeliveryRuntime, WakesWhoWaitsWhenATopicGrows) {
  Bench bench;
  (void)bench.serve();
  EXPECT_THAT(bench.received(9), IsEmpty());
  Wait wait(bench);
  EXPECT_EQ(wait.woken, 0);
  EXPECT_EQ(bench.world.grow("orders", 3), "done");
  bench.world.run_until([&] { return wait.woken == 1; });
  EXPECT_THAT(bench.received(9), IsEmpty());
  Wait again(bench);
  EXPECT_EQ(again.woken, 0);
  bench.send(2, {"a"});
  bench.world.run_until([&] { return again.woken == 1; });
}

TEST(DeliveryRuntime, WakesWhoWaitsForRoom) {
  Bench bench;
  bench.listeners.letters = [](const delivery::Home&, const std::vector<delivery::DeadLetter>&) {};
  bench.restart();
  bench.send(0, {"a", "b", "c"});
  delivery::Policy policy;
  policy.unsettled_max = 2;
  (void)bench.serve(policy);
  const auto events = bench.take(9);
  ASSERT_THAT(events, SizeIs(2));
  Bench::Asked rejected;
  bench.delivery->reject("s", Bench::locks(events), {}, rejected.callback());
  EXPECT_THAT(Bench::errors(std::move(rejected)), ElementsAre(done, done));
  Wait wait(bench);
  EXPECT_EQ(wait.woken, 0) << "as many are unsettled as may";
  bench.delivery->archived(bench.delivery->home_of("s", 0).value(), Offset(0), Offset(1));
  bench.world.run_until([&] { return wait.woken == 1; });
  EXPECT_THAT(bench.received(9), ElementsAre("0@2"));
}

TEST(DeliveryRuntime, WhoWaitsForNobodyIsToldAtOnce) {
  Bench bench;
  EXPECT_EQ(Wait(bench).woken, 1) << "nothing is served by that name";
  (void)bench.serve();
  Wait wait(bench);
  EXPECT_EQ(wait.woken, 0);
  EXPECT_EQ(bench.forget("s"), "done");
  EXPECT_EQ(wait.woken, 1);
  (void)bench.serve();
  Wait until_the_end(bench);
  bench.delivery->stop();
  EXPECT_EQ(until_the_end.woken, 1);
}

TEST(DeliveryRuntime, LettersAreSaidUntilTheyAreWrittenAndRedrivenEventsResolveThem) {
  Bench bench;
  // Said on whatever thread.
  Guarded<std::vector<delivery::DeadLetter>> letters;
  Guarded<std::vector<delivery::Resolved>> resolved;
  const auto count = [](const auto& all) { return all.with([](const auto& held) { return held.size(); }); };
  bench.listeners.letters = [&](const delivery::Home& home, const std::vector<delivery::DeadLetter>& some) {
    EXPECT_EQ(home, bench.delivery->home_of("s", 0));
    letters.with([&](auto& all) { all.insert(all.end(), some.begin(), some.end()); });
  };
  bench.listeners.resolved = [&](const delivery::Home&, const std::vector<delivery::Resolved>& some) {
    resolved.with([&](auto& all) { all.insert(all.end(), some.begin(), some.end()); });
  };
  bench.restart();
  bench.send(0, {"a"});
  (void)bench.serve();
  Bench::Asked rejected;
  bench.delivery->reject("s", Bench::locks(bench.take(9)), {}, rejected.callback());
  EXPECT_THAT(Bench::errors(std::move(rejected)), ElementsAre(done));
  bench.world.run_until([&] { return count(letters) == 1; });
  const auto home = bench.delivery->home_of("s", 0).value();
  EXPECT_EQ(bench.delivery->is_unsettled(home, Offset(0)), true);
  bench.delivery->archive_failed(home, Offset(0));
  bench.world.clock.advance(1h);
  bench.world.run_until([&] { return count(letters) == 2; });
  bench.delivery->archived(home, Offset(0), Offset(5));
  EXPECT_EQ(bench.delivery->is_unsettled(home, Offset(0)), false);
  EXPECT_EQ(bench.delivery->counts("s").died, 1u);
  Wait wait(bench);
  Answered<tl::expected<std::vector<delivery::RedriveError>, ErrorCode>> redriven;
  bench.delivery->redrive(home, {{.event = {.offset = Offset(0)}, .life = 0, .failures = {}}}, redriven.callback());
  EXPECT_THAT(redriven.get().value(), ElementsAre(delivery::RedriveError::none));
  bench.world.run_until([&] { return wait.woken == 1; });
  (void)bench.acknowledge(bench.take(9));
  bench.world.run_until([&] { return count(resolved) == 1; });
  resolved.with([](const auto& all) { EXPECT_THAT(all, ElementsAre(delivery::Resolved{Offset(0), 0})); });
}

TEST(DeliveryRuntime, AnswersAlsoWhenItHasStopped) {
  Bench bench;
  bench.send(0, {"a"});
  (void)bench.serve();
  const auto events = bench.take(9);
  bench.delivery->stop();
  EXPECT_EQ(bench.refused(), "NOT_COORDINATOR");
  Bench::Asked answer;
  bench.delivery->acknowledge("s", Bench::locks(events), answer.callback());
  EXPECT_EQ(answer.get()->at(0).unavailable, ErrorCode::not_coordinator);
}

}  // namespace
}  // namespace millrace::runtime
