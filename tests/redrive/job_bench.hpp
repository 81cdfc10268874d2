#pragma once
// A broker with delivery, dead letters and redrive jobs, for tests. One subscription "s" of the topic "orders", whose
// letters lie in "dlq.s.orders". Time passes as it does for the test, unless it is held.

#include <gmock/gmock.h>

#include <chrono>
#include <map>
#include <string>
#include <vector>

#include "millrace/redrive/jobs.hpp"
#include "runtime/world.hpp"

namespace millrace::redrive {

using runtime::Answered;
using runtime::World;
using namespace std::chrono_literals;

class JobBench {
 public:
  static constexpr const char* letters_topic = "dlq.s.orders";
  World world;
  std::unique_ptr<Letters> letters;
  std::unique_ptr<Jobs> jobs;
  std::unique_ptr<runtime::DeliveryRuntime> delivery;

  explicit JobBench(broker::ConfigMap configs = {}) {
    world.start();
    EXPECT_EQ(world.create("orders", 2, std::move(configs)), "done");
    Answered<broker::AlterAnswer> kept;
    world.broker->change_documents({{.kind = broker::DocumentKind::subscription, .id = "s", .json = R"({"id":"s"})"}},
                                   kept.callback());
    EXPECT_EQ(kept.get().error, ErrorCode::none);
    open();
  }
  ~JobBench() { close(); }

  void open() {
    auto opened = Letters::open(*world.broker, World::silent());
    ASSERT_TRUE(opened) << opened.error().message;
    letters = std::move(*opened);
    auto working = Jobs::open(*world.broker, *letters, World::silent());
    ASSERT_TRUE(working) << working.error().message;
    jobs = std::move(*working);
    auto delivering = runtime::DeliveryRuntime::open(*world.broker, world.context.get_executor(), 2, World::silent(),
                                                     letters->listeners());
    ASSERT_TRUE(delivering) << delivering.error().message;
    delivery = std::move(*delivering);
    letters->attach(*delivery);
    serve();
    jobs->start();
  }
  void close() {
    if (jobs) jobs->stop();
    if (delivery) delivery->stop();
    if (letters) letters->stop();
    jobs.reset();
    delivery.reset();
    letters.reset();
    world.run();
  }
  void restart() {
    close();
    world.restart();
    open();
  }
  void crash() {
    world.fake->cut_power(1);
    close();
    world.crash();
    world.start();
    open();
  }
  void serve() {
    letters->serve("s", {});
    delivery::Policy policy;
    policy.backoff.base = policy.backoff.cap = 0ms;
    Answered<ErrorCode> served;
    delivery->serve({.id = "s",
                     .topic = "orders",
                     .policy = std::make_shared<delivery::Policy>(policy),
                     .from_start = true,
                     .takes = nullptr},
                    served.callback());
    ASSERT_EQ(served.get(), ErrorCode::none);
  }
  void forget_subscription() {
    letters->forget("s");
    Answered<ErrorCode> forgotten;
    delivery->forget("s", forgotten.callback());
    ASSERT_EQ(forgotten.get(), ErrorCode::none);
  }

  /// So many events in binary mode, in batches.
  void send(std::size_t count, PartitionIndex partition = 0) {
    for (std::size_t at = 0; at < count;) {
      record::BatchBuilder builder;
      for (std::size_t n = 0; n < 500 && at < count; ++n, ++at) {
        const auto id = std::to_string(partition) + "." + std::to_string(at);
        const std::pair<std::string_view, std::string_view> texts[] = {
            {"ce_specversion", "1.0"}, {"ce_id", id}, {"ce_source", "/shop"}, {"ce_type", "order.placed"}};
        std::vector<record::HeaderView> headers;
        for (const auto& [key, value] : texts) headers.push_back({key, as_bytes(value)});
        const auto key = std::to_string(at % 7);
        builder.add({.timestamp = 1'700'000'000'000, .key = as_bytes(key), .value = as_bytes(id), .headers = headers});
      }
      auto bytes = builder.finish();
      runtime::ProduceRequest request;
      request.parts.push_back({.topic = {.name = "orders", .id = {}}, .partition = partition, .records = bytes});
      World::Produced answer;
      world.broker->produce(std::move(request), answer.callback());
      ASSERT_EQ(answer.get().front().append.error, ErrorCode::none);
    }
  }

  using Locks = std::vector<runtime::DeliveryLock>;
  Locks take(std::size_t max = 1'000) {
    Answered<tl::expected<runtime::Received, ErrorCode>> answer;
    delivery->receive("s", max, delivery::ConsumerId{1}, answer.callback());
    auto got = answer.get();
    Locks locks;
    if (got) {
      for (const auto& one : got->events) locks.push_back({one.partition, one.event.token});
    }
    return locks;
  }
  using Settled = Answered<tl::expected<std::vector<runtime::LockAnswer>, ErrorCode>>;
  void reject(const Locks& locks) {
    Settled answer;
    delivery->reject("s", locks, {.reason = delivery::Reason::rejected, .code = 422, .message = "no"},
                     answer.callback());
    ASSERT_TRUE(answer.get());
  }
  /// Acknowledges what there is, and counts how often each event was delivered.
  std::size_t acknowledge() {
    const auto locks = take();
    if (locks.empty()) return 0;
    Settled answer;
    delivery->acknowledge("s", locks, answer.callback());
    EXPECT_TRUE(answer.get());
    for (const auto& lock : locks) ++delivered[{lock.partition, lock.token.offset.value()}];
    return locks.size();
  }
  std::map<std::pair<PartitionIndex, std::int64_t>, int> delivered;

  /// Everything that was sent becomes a letter.
  void bury(std::size_t count) {
    for (std::size_t dead = 0; dead < count;) {
      const auto locks = take();
      reject(locks);
      dead += locks.size();
      if (locks.empty()) pass(1ms);
    }
    until([&] { return state(LetterState::open) == count; });
  }

  /// The clock follows that of the test.
  void pass(std::chrono::milliseconds time) {
    world.context.restart();
    world.context.run_for(time);
    world.clock.advance(time);
  }
  void until(const std::function<bool()>& done) {
    const auto limit = std::chrono::steady_clock::now() + 100s;
    while (!done()) {
      ASSERT_LT(std::chrono::steady_clock::now(), limit) << "it never came";
      pass(1ms);
    }
  }
  /// Until the job is in that state; what is redriven is acknowledged.
  JobFacts until(const std::string& id, JobState wanted) {
    until([&] {
      acknowledge();
      return jobs->find(id)->state == wanted;
    });
    return *jobs->find(id);
  }

  Result<JobFacts> create(JobWish wish) {
    if (wish.topic.empty()) wish.topic = letters_topic;
    Answered<Result<JobFacts>> answer;
    jobs->create(std::move(wish), answer.callback());
    return answer.get();
  }
  Result<std::uint64_t> count(JobWish wish) {
    if (wish.topic.empty()) wish.topic = letters_topic;
    Answered<Result<std::uint64_t>> answer;
    jobs->count(std::move(wish), answer.callback());
    return answer.get();
  }
  using Verb = void (Jobs::*)(const std::string&, Told<JobFacts>);
  Result<JobFacts> change(Verb verb, const std::string& id) {
    Answered<Result<JobFacts>> answer;
    (*jobs.*verb)(id, answer.callback());
    return answer.get();
  }
  Result<void> remove(const std::string& id) {
    Answered<Result<void>> answer;
    jobs->remove(id, answer.callback());
    return answer.get();
  }
  /// How many letters are in it.
  std::size_t state(LetterState which) {
    Answered<Result<std::vector<Summary>>> answer;
    letters->summarise(answer.callback());
    const auto got = answer.get();
    if (!got) return 0;
    for (const auto& each : *got) {
      if (each.topic != letters_topic) continue;
      switch (which) {
        case LetterState::open: return each.open;
        case LetterState::redriving: return each.redriving;
        case LetterState::resolved: return each.resolved;
        case LetterState::discarded: return each.discarded;
        case LetterState::superseded: return each.superseded;
      }
    }
    return 0;
  }
};

}  // namespace millrace::redrive
