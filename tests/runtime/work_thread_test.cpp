#include "millrace/runtime/work_thread.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <future>

namespace millrace::runtime {
namespace {

using namespace std::chrono_literals;

struct Bench {
  std::vector<std::string> escaped;
  WorkThread thread{"worker", [this](std::string_view what) { escaped.emplace_back(what); }};

  /// Returns when everything posted before is done.
  void wait() {
    std::promise<void> done;
    thread.post([&done] { done.set_value(); });
    done.get_future().wait();
  }
};

TEST(WorkThread, DoesWhatIsPostedInOrder) {
  Bench bench;
  std::vector<int> done;
  for (int i = 0; i < 100; ++i) bench.thread.post([&done, i] { done.push_back(i); });
  bench.wait();
  ASSERT_EQ(done.size(), 100u);
  EXPECT_TRUE(std::ranges::is_sorted(done));
}

TEST(WorkThread, FinishesWhatIsPostedBeforeItEnds) {
  int done = 0;
  {
    Bench bench;
    std::promise<void> begin;
    bench.thread.post([begun = begin.get_future().share()] { begun.wait(); });
    for (int i = 0; i < 10; ++i) bench.thread.post([&done] { ++done; });
    bench.thread.post([&] { bench.thread.post([&done] { ++done; }); });
    begin.set_value();
  }
  EXPECT_EQ(done, 11) << "also what work itself has posted";
}

TEST(WorkThread, MayBeAskedByItsOwnWorkUntilItHasFinished) {
  auto thread = std::make_unique<WorkThread>("worker", [](std::string_view) {});
  std::promise<void> ending;
  bool posted = false;
  thread->post([&, begun = ending.get_future().share()] {
    begun.wait();
    thread->post([&posted] { posted = true; });
    thread->post_after(1h, [] {});
  });
  ending.set_value();
  thread->finish();
  thread.reset();
  EXPECT_TRUE(posted);
}

TEST(WorkThread, SaysWhatEscapesAndGoesOn) {
  Bench bench;
  bench.thread.post([] { throw std::runtime_error("first"); });
  bench.thread.post([] { throw 42; });
  bench.wait();
  EXPECT_EQ(bench.escaped, (std::vector<std::string>{"first", "unknown exception"}));
}

TEST(WorkThread, DoesLaterWhatHasToWait) {
  Bench bench;
  std::vector<int> done;
  std::promise<void> second;
  bench.thread.post_after(1h, [&done] { done.push_back(3); });
  bench.thread.post_after(std::chrono::milliseconds::max(), [&done] { done.push_back(4); });
  bench.thread.post_after(2ms, [&] {
    done.push_back(2);
    second.set_value();
  });
  bench.thread.post_after(0ms, [&done] { done.push_back(1); });
  ASSERT_EQ(second.get_future().wait_for(20s), std::future_status::ready);
  EXPECT_EQ(done, (std::vector{1, 2}));
}

TEST(WorkThread, RepeatsUntilToldToStop) {
  Bench bench;
  std::promise<void> thrice;
  std::atomic<int> times = 0;
  bench.thread.repeat(1ms, [&] {
    if (++times == 3) thrice.set_value();
  });
  ASSERT_EQ(thrice.get_future().wait_for(20s), std::future_status::ready);
  bench.thread.stop_repeating();
  bench.wait();
  const int at_stop = times;
  bench.wait();
  EXPECT_EQ(times, at_stop);
}

TEST(WorkThread, DoesNotRepeatBeforeTheFirstIntervalIsOver) {
  Bench bench;
  int times = 0;
  bench.thread.repeat(1h, [&] { ++times; });
  bench.wait();
  EXPECT_EQ(times, 0);
}

TEST(WorkThread, RepeatsAgainAfterAnException) {
  Bench bench;
  std::promise<void> twice;
  int times = 0;
  bench.thread.repeat(1ms, [&] {
    if (++times == 2) twice.set_value();
    if (times == 1) throw std::runtime_error("once");
  });
  EXPECT_EQ(twice.get_future().wait_for(20s), std::future_status::ready);
  bench.thread.stop_repeating();
  bench.wait();
  EXPECT_EQ(bench.escaped, std::vector<std::string>{"once"});
}

}  // namespace
}  // namespace millrace::runtime
