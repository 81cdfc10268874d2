// A seed makes a story of one subscription: events come, consumers take, acknowledge, fail and forget them, and the
// power goes while answers are under way. Whatever the disk then has lost, what was answered counts: no acknowledged
// event comes back, no failure is forgotten, and in the end every event was acknowledged. MILLRACE_SEED=<n> repeats a
// seed; threads take their own turns in it.

#include <gtest/gtest.h>

#include <map>
#include <set>

#include "millrace/runtime/delivery_runtime.hpp"
#include "runtime/world.hpp"
#include "support/seeded_random.hpp"

namespace millrace::runtime {
namespace {

using namespace std::chrono_literals;
using delivery::TokenError;

constexpr std::uint64_t seeds = 15;
constexpr int steps = 60;
constexpr PartitionIndex partitions = 2;

using At = std::pair<PartitionIndex, std::int64_t>;

class Story {
 public:
  explicit Story(std::uint64_t seed) : chance_(seed), world_(seed) {
    world_.start();
    EXPECT_EQ(world_.create("orders", partitions), "done");
    open();
  }
  ~Story() { close(); }

  void run() {
    for (int i = 0; i < steps && !testing::Test::HasFailure(); ++i) step();
    finish();
  }

 private:
  using Settled = Answered<tl::expected<std::vector<LockAnswer>, ErrorCode>>;
  struct Asked {
    std::vector<Delivered> events;
    bool is_failure = false;
    Settled answer;
  };

  void open() {
    auto opened = DeliveryRuntime::open(*world_.broker, world_.context.get_executor(), 2, World::silent());
    ASSERT_TRUE(opened) << opened.error().message;
    delivery_ = std::move(*opened);
    delivery::Policy policy;
    policy.max_deliveries.reset();
    policy.backoff.cap = policy.backoff.base = 0ms;
    policy.lock_time = 10min;
    Subscription subscription{.id = "s",
                              .topic = "orders",
                              .policy = std::make_shared<delivery::Policy>(policy),
                              .from_start = true,
                              .takes = nullptr};
    Answered<ErrorCode> served;
    delivery_->serve(std::move(subscription), served.callback());
    ASSERT_EQ(served.get(), ErrorCode::none);
  }
  void close() {
    delivery_.reset();
    world_.run();
  }

  void step() {
    switch (chance_.below(8)) {
      case 0:
      case 1: publish(); break;
      case 2: hear(); break;
      case 3:
        if (chance_.below(3) == 0) crash();
        break;
      default: take_and_settle(1 + chance_.below(10));
    }
  }

  void publish() {
    const auto partition = static_cast<PartitionIndex>(chance_.below(partitions));
    const auto line = world_.send("orders-" + std::to_string(partition), "event");
    ASSERT_TRUE(line.starts_with("at ")) << line;
    published_.insert({partition, std::stoll(line.substr(3))});
  }

  std::vector<Delivered> take(std::size_t max) {
    Answered<tl::expected<Received, ErrorCode>> answer;
    delivery_->receive("s", max, delivery::ConsumerId{1}, answer.callback());
    auto got = answer.get();
    EXPECT_TRUE(got) << name_of(got.error());
    if (!got) return {};
    for (const Delivered& one : got->events) {
      const At at{one.partition, one.event.token.offset.value()};
      EXPECT_FALSE(acknowledged_.contains(at)) << at.first << "@" << at.second << " was acknowledged";
      EXPECT_GE(one.event.attempt - 1, failures_[at]) << at.first << "@" << at.second;
    }
    return std::move(got->events);
  }

  void take_and_settle(std::size_t max) {
    std::vector<Delivered> good, bad;
    for (const Delivered& one : take(max)) {
      const auto fate = chance_.below(10);
      if (fate < 6) good.push_back(one);
      if (fate >= 6 && fate < 8) bad.push_back(one);
    }
    ask(std::move(good), false);
    ask(std::move(bad), true);
  }

  void ask(std::vector<Delivered> events, bool is_failure) {
    std::vector<DeliveryLock> locks;
    for (const Delivered& one : events) {
      locks.push_back({one.partition, one.event.token});
      if (!is_failure) asked_for_.insert({one.partition, one.event.token.offset.value()});
    }
    Asked& asked = asked_.emplace_back();
    asked.events = std::move(events);
    asked.is_failure = is_failure;
    if (is_failure) {
      delivery_->fail("s", locks, {.reason = delivery::Reason::http_status, .code = 500, .message = "no"}, 0ms,
                      asked.answer.callback());
    } else {
      delivery_->acknowledge("s", locks, asked.answer.callback());
    }
  }

  /// Takes in all that was answered. Before a crash some of it may still be under way.
  void hear(bool waits = true) {
    for (Asked& asked : std::exchange(asked_, {})) {
      if (!waits && !asked.answer.came()) {
        asked_.push_back(std::move(asked));
        continue;
      }
      const auto got = asked.answer.get();
      for (std::size_t i = 0; got && i < asked.events.size(); ++i) {
        if ((*got)[i] != LockAnswer{}) continue;
        const Delivered& event = asked.events[i];
        const At at{event.partition, event.event.token.offset.value()};
        if (asked.is_failure) {
          failures_[at] = std::max<int>(failures_[at], event.event.attempt);
        } else {
          acknowledged_.insert(at);
        }
      }
    }
    // A back-off of nothing is over as soon as a timer has looked.
    world_.run();
  }

  void crash() {
    // What the power finds answered is heard, what comes later is a failure of the disk.
    world_.fake->cut_power(1 + chance_.below(4));
    if (chance_.below(2) == 0) take_and_settle_in_the_dark();
    hear(false);
    const auto how = support::all_crashes[chance_.below(std::size(support::all_crashes))];
    close();
    world_.crash(how, chance_.next());
    hear(true);
    world_.start();
    open();
  }

  /// The power may be gone by now: nothing of this has to be answered.
  void take_and_settle_in_the_dark() {
    Answered<tl::expected<Received, ErrorCode>> answer;
    delivery_->receive("s", 5, delivery::ConsumerId{1}, answer.callback());
    const auto got = answer.get();
    if (got) ask(got->events, false);
  }

  void finish() {
    hear();
    close();
    world_.crash_and_start();
    open();
    for (int i = 0; i < 10; ++i) {
      ask(take(1'000), false);
      hear();
    }
    for (const At& at : published_)
      EXPECT_TRUE(acknowledged_.contains(at) || asked_for_.contains(at)) << at.first << "@" << at.second << " is lost";
    EXPECT_TRUE(take(1'000).empty());
  }

  support::SeededRandom chance_;
  World world_;
  std::unique_ptr<DeliveryRuntime> delivery_;
  std::set<At> published_;
  std::set<At> acknowledged_;  ///< and that was answered
  std::set<At> asked_for_;     ///< to be acknowledged: a crash may have kept that and lost its answer
  std::map<At, int> failures_;
  std::vector<Asked> asked_;
};

TEST(DeliveryCrash, WhatWasAnsweredOutlivesThePower) {
  const std::uint64_t first = support::seed_from_env(1);
  for (std::uint64_t seed = first; seed < first + support::seed_count_from_env(seeds); ++seed) {
    SCOPED_TRACE("MILLRACE_SEED=" + std::to_string(seed));
    Story(seed).run();
    if (testing::Test::HasFailure()) return;
  }
}

}  // namespace
}  // namespace millrace::runtime
