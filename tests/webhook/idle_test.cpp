// What subscriptions cost that have nothing to do.

#include <gmock/gmock.h>
#include <malloc.h>

#include "bench.hpp"
#include "support/sanitized.hpp"

namespace millrace::webhook {
namespace {

using testing::IsEmpty;

TEST(IdleWebHooks, CostLittleMemory) {
  constexpr std::size_t count = support::is_sanitized ? 200 : 2'000;
  constexpr std::size_t bytes_each = 5 * limits::KiB;  // 10,000 of them in 50 MiB
  Bench bench;
  bench.start();
  bench.until([&] { return bench.sink.questions.size() == 1; });
  bench.sink.questions.reserve(2 * count);
  const std::size_t before = mallinfo2().uordblks;
  std::vector<std::shared_ptr<dispatch::Runner>> runners;
  for (std::size_t i = 0; i < count; ++i) {
    auto subscription = bench.subscription;
    subscription.id = "idle-" + std::to_string(i);
    runtime::Answered<ErrorCode> served;
    runtime::Subscription wanted;
    wanted.id = subscription.id;
    wanted.topic = "orders";
    wanted.policy = std::make_shared<delivery::Policy>(subscriptions::policy_of(subscription));
    bench.delivery->serve(std::move(wanted), served.callback());
    ASSERT_EQ(served.get(), ErrorCode::none);
    runners.push_back(bench.hooks->make(subscription.id, [](const std::string&) { FAIL(); }));
    runners.back()->start(std::make_shared<const subscriptions::Subscription>(std::move(subscription)));
  }
  const auto is_active = [](const auto& runner) {
    const auto status = runner->status();
    return !status.is_pending && status.last_attempt.has_value();
  };
  bench.until([&] { return std::ranges::all_of(runners, is_active); }, 10ms);
  for (int i = 0; i < 20; ++i) bench.world.run();
  bench.sink.questions.clear();
  const std::size_t used = mallinfo2().uordblks - before;
  RecordProperty("bytes_each", static_cast<int>(used / count));
  if (!support::is_sanitized) {
    EXPECT_LT(used / count, bytes_each);  // A sanitizer has memory of its own.
  }
  EXPECT_THAT(bench.sink.requests, IsEmpty());
  for (const auto& runner : runners) runner->stop();
  bench.world.run();
}

}  // namespace
}  // namespace millrace::webhook
