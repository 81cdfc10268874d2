#include "delivery_shard.hpp"

#include <gmock/gmock.h>

#include "runtime/world.hpp"

namespace millrace::runtime {
namespace {

using namespace std::chrono_literals;
using delivery::Acquired;
using delivery::Effects;
using delivery::Home;
using delivery::PartitionDelivery;
using delivery::Token;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

Home home_of(const std::string& subscription) { return {.subscription = subscription, .topic = {}, .partition = 0}; }

/// One shard whose log lies on a disk that can break. Subscriptions are named; each reads a log of ten events.
struct Bench {
  support::FakeDisk fake;
  support::HeldDisk disk{fake};
  support::ManualClock clock;
  Committer committer{disk, 0};
  std::shared_ptr<spdlog::logger> diagnostics = World::silent();
  std::shared_ptr<HostedPartition> partition;
  std::unique_ptr<DeliveryShard> shard;
  std::uint64_t lives = 0;
  std::vector<delivery::DeadLetter> letters;

  Bench() {
    broker::TopicSettings settings;
    settings.log.preallocate = false;
    auto opened = broker::Partition::open(disk, "delivery-0", settings, std::nullopt, false, clock.now());
    partition = std::make_shared<HostedPartition>("delivery-0", std::move(opened->partition), committer);
    take_over();
  }
  ~Bench() {
    disk.release();
    committer.drain();
  }

  /// As a broker that starts would.
  void take_over() {
    DeliveryShard::Listeners listeners;
    listeners.letters = [this](const Home&, const std::vector<delivery::DeadLetter>& more) {
      letters.insert(letters.end(), more.begin(), more.end());
    };
    shard = std::make_unique<DeliveryShard>(
        partition, clock, [this] { return ++lives; }, std::move(listeners), *diagnostics);
    EXPECT_TRUE(shard->load());
  }
  std::string serve(const std::string& subscription, std::int64_t begin = 0) {
    Answered<ErrorCode> answer;
    shard->serve(home_of(subscription), std::make_shared<delivery::Policy>(), Offset(begin), answer.callback());
    return World::said(answer.get());
  }
  std::string forget(const std::string& subscription) {
    Answered<ErrorCode> answer;
    shard->forget(home_of(subscription), answer.callback());
    return World::said(answer.get());
  }

  template <class Decided>
  using Asked = Answered<tl::expected<Decided, ErrorCode>>;

  /// What is handed out: the events, or the error.
  Asked<PartitionDelivery::HandOut> begin_take(const std::string& subscription, std::size_t max) {
    shard->tell(home_of(subscription), [](PartitionDelivery& machine, Now now) {
      const auto wanted = machine.wanted();
      if (!wanted) return Effects{};
      std::vector<delivery::Event> events;
      for (Offset at = wanted->from; at < wanted->to.value_or(Offset(10)); at = at + 1)
        events.push_back({.offset = at});
      const Offset to = events.empty() ? wanted->from : events.back().offset + 1;
      return machine.tell(wanted->from, to, events, now).effects;
    });
    Asked<PartitionDelivery::HandOut> answer;
    shard->ask<PartitionDelivery::HandOut>(
        home_of(subscription),
        [&](PartitionDelivery& machine, Now now) { return machine.acquire(max, delivery::ConsumerId{1}, now); },
        answer.callback());
    return answer;
  }
  std::vector<Token> take(const std::string& subscription, std::size_t max) {
    std::vector<Token> tokens;
    const auto got = begin_take(subscription, max).get();
    if (!got) ADD_FAILURE() << name_of(got.error());
    if (got)
      for (const Acquired& one : got->events) tokens.push_back(one.token);
    return tokens;
  }
  std::vector<std::int64_t> offsets(const std::string& subscription, std::size_t max) {
    std::vector<std::int64_t> out;
    for (const Token& token : take(subscription, max)) out.push_back(token.offset.value());
    return out;
  }

  using Settled = Asked<PartitionDelivery::Answer>;
  Settled begin_acknowledge(const std::string& subscription, std::vector<Token> tokens) {
    Settled answer;
    shard->ask<PartitionDelivery::Answer>(
        home_of(subscription), [&](PartitionDelivery& machine, Now now) { return machine.acknowledge(tokens, now); },
        answer.callback());
    return answer;
  }
  Settled begin_reject(const std::string& subscription, Token token) {
    Settled answer;
    shard->ask<PartitionDelivery::Answer>(
        home_of(subscription),
        [&](PartitionDelivery& machine, Now now) {
          return machine.reject({&token, 1}, {.reason = delivery::Reason::rejected, .code = 1, .message = "no"}, now);
        },
        answer.callback());
    return answer;
  }
  static std::string line_of(Settled answer) {
    const auto got = answer.get();
    if (!got) return World::said(got.error());
    std::string line;
    for (const auto error : got->errors)
      line += (line.empty() ? "" : " ") + std::string(error == delivery::TokenError::none ? "done" : name_of(error));
    return line;
  }
  std::string acknowledge(const std::string& subscription, std::vector<Token> tokens) {
    return line_of(begin_acknowledge(subscription, std::move(tokens)));
  }
};

TEST(DeliveryShard, WhatWasAcknowledgedIsNotHandedOutAgainByTheNextOne) {
  Bench bench;
  EXPECT_EQ(bench.serve("a"), "done");
  const auto tokens = bench.take("a", 5);
  ASSERT_THAT(tokens, SizeIs(5));
  EXPECT_EQ(bench.acknowledge("a", {tokens[0], tokens[3]}), "done done");
  bench.take_over();
  EXPECT_EQ(bench.serve("a", 7), "done") << "where it begins is known, and not seven";
  EXPECT_THAT(bench.offsets("a", 9), ElementsAre(1, 2, 4, 5, 6, 7, 8, 9));
}

TEST(DeliveryShard, AnAnswerWaitsUntilItIsDurable) {
  Bench bench;
  (void)bench.serve("a");
  const auto tokens = bench.take("a", 2);
  bench.disk.hold();
  auto first = bench.begin_acknowledge("a", {tokens[0]});
  auto second = bench.begin_acknowledge("a", {tokens[1]});
  auto third = bench.begin_take("a", 1);
  bench.disk.wait_until_waiting();
  EXPECT_FALSE(first.came());
  EXPECT_FALSE(second.came());
  EXPECT_FALSE(third.came()) << "it may have seen what is not durable";
  bench.disk.release();
  EXPECT_EQ(Bench::line_of(std::move(first)), "done");
  EXPECT_EQ(Bench::line_of(std::move(second)), "done");
  EXPECT_THAT(third.get()->events, SizeIs(1));
}

TEST(DeliveryShard, WhoHasWrittenNothingDoesNotWaitForOthers) {
  Bench bench;
  (void)bench.serve("a");
  (void)bench.serve("b");
  const auto tokens = bench.take("a", 1);
  bench.disk.hold();
  auto waiting = bench.begin_acknowledge("a", tokens);
  bench.disk.wait_until_waiting();
  EXPECT_THAT(bench.offsets("b", 1), ElementsAre(0));
  EXPECT_FALSE(waiting.came());
  bench.disk.release();
  EXPECT_EQ(Bench::line_of(std::move(waiting)), "done");
}

TEST(DeliveryShard, ALetterLeavesWhenTheDeathIsDurable) {
  Bench bench;
  (void)bench.serve("a");
  const auto tokens = bench.take("a", 1);
  bench.disk.hold();
  auto rejected = bench.begin_reject("a", tokens[0]);
  bench.disk.wait_until_waiting();
  EXPECT_THAT(bench.letters, IsEmpty());
  bench.disk.release();
  EXPECT_EQ(Bench::line_of(std::move(rejected)), "done");
  bench.committer.drain();
  ASSERT_THAT(bench.letters, SizeIs(1));
  EXPECT_EQ(bench.letters[0].offset, Offset(0));
  EXPECT_EQ(bench.letters[0].failures.message, "no");
}

TEST(DeliveryShard, GivesUpItsMachinesWhenItCannotWriteAndComesBack) {
  Bench bench;
  (void)bench.serve("a");
  const auto tokens = bench.take("a", 2);
  EXPECT_EQ(bench.acknowledge("a", {tokens[0]}), "done");
  bench.fake.fail(1, Errc::no_space, support::Call::write);
  EXPECT_EQ(bench.acknowledge("a", {tokens[1]}), "NOT_COORDINATOR");
  EXPECT_EQ(bench.acknowledge("a", {tokens[1]}), "NOT_COORDINATOR");
  EXPECT_EQ(bench.shard->next_deadline(), bench.clock.now().steady + 1s);
  bench.clock.advance(1s);
  bench.shard->run_timers();
  EXPECT_EQ(bench.acknowledge("a", {tokens[1]}), "token-lost") << "it belongs to a machine that is gone";
  EXPECT_THAT(bench.offsets("a", 2), ElementsAre(1, 2)) << "what was refused is not known";
}

TEST(DeliveryShard, LeavesNobodyWaitingWhenAWriteTakesItsLogOffline) {
  Bench bench;
  (void)bench.serve("a");
  const auto tokens = bench.take("a", 2);
  bench.disk.hold();
  auto first = bench.begin_acknowledge("a", {tokens[0]});
  bench.disk.wait_until_waiting();
  bench.fake.fail(1, Errc::io, support::Call::write);
  EXPECT_EQ(bench.acknowledge("a", {tokens[1]}), "NOT_COORDINATOR");
  bench.disk.release();
  EXPECT_EQ(Bench::line_of(std::move(first)), "NOT_COORDINATOR");
}

TEST(DeliveryShard, ServesAfterAllWhatCouldNotBeWrittenTheFirstTime) {
  Bench bench;
  bench.fake.fail(1, Errc::no_space, support::Call::write);
  EXPECT_EQ(bench.serve("a", 4), "NOT_COORDINATOR");
  bench.clock.advance(1s);
  bench.shard->run_timers();
  EXPECT_THAT(bench.offsets("a", 1), ElementsAre(4));
}

TEST(DeliveryShard, RunsTheTimersOfAllItsMachines) {
  Bench bench;
  (void)bench.serve("a");
  (void)bench.serve("b");
  (void)bench.take("a", 1);
  bench.clock.advance(10s);
  (void)bench.take("b", 1);
  EXPECT_EQ(bench.shard->next_deadline(), bench.clock.now().steady + 20s);
  bench.clock.advance(30s);
  bench.shard->run_timers();
  for (const char* subscription : {"a", "b"}) {
    const auto waiting =
        bench.shard->look(home_of(subscription), [](const auto& machine) { return machine.facts().waiting; });
    EXPECT_EQ(waiting, 1u) << subscription;
  }
}

TEST(DeliveryShard, NobodyIsServedUntilItIsSaidHow) {
  Bench bench;
  EXPECT_EQ(bench.acknowledge("a", {}), "RESOURCE_NOT_FOUND");
  EXPECT_EQ(bench.forget("a"), "RESOURCE_NOT_FOUND");
  (void)bench.serve("a");
  (void)bench.take("a", 1);
  bench.take_over();
  EXPECT_EQ(bench.acknowledge("a", {}), "RESOURCE_NOT_FOUND") << "its log is known, its policy is not";
}

TEST(DeliveryShard, WhatIsForgottenBeginsAnew) {
  Bench bench;
  (void)bench.serve("a");
  const auto tokens = bench.take("a", 5);
  EXPECT_EQ(bench.acknowledge("a", {tokens[0], tokens[1]}), "done done");
  EXPECT_EQ(bench.forget("a"), "done");
  EXPECT_EQ(bench.acknowledge("a", {tokens[2]}), "RESOURCE_NOT_FOUND");
  bench.take_over();
  EXPECT_EQ(bench.serve("a", 1), "done");
  EXPECT_THAT(bench.offsets("a", 2), ElementsAre(1, 2));
}

TEST(DeliveryShard, StaysStoppedOnceItWasStopped) {
  Bench bench;
  (void)bench.serve("a");
  bench.shard->stop();
  EXPECT_EQ(bench.shard->next_deadline(), std::nullopt);
  EXPECT_TRUE(bench.shard->load()) << "as a timer does that came in between";
  EXPECT_EQ(bench.acknowledge("a", {}), "NOT_COORDINATOR");
  EXPECT_EQ(bench.serve("b"), "NOT_COORDINATOR");
}

}  // namespace
}  // namespace millrace::runtime
