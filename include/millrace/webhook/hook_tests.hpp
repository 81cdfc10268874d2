#pragma once
// Tests of web hooks: a sink is asked whether it wants events and, if so, sent one that is made up, exactly as the
// events of the subscription go out: its method, mode, credentials and header fields, and the same bounds of time and
// addresses. It happens beside the subscription's pusher, which knows nothing of it: what the test says is counted
// nowhere, and neither a rate, a pause nor a breaker of the sink holds it up.
//
// Owned by app; what is given must outlive it. stop() when the doors are to be drained, so that none waits for a sink.
// Any thread; nothing waits.

#include <memory>

#include "millrace/dispatch/sink_test.hpp"
#include "millrace/webhook/web_hooks.hpp"

namespace millrace::webhook {

struct HookTestWorks {
  runtime::BrokerRuntime& broker;
  Send send;
  Options options{};  ///< WebHooks::open() has checked them
};

/// Under way at once: each is a connection and somebody who waits for it.
inline constexpr std::size_t hook_tests_max = 64;

class HookTests final : public dispatch::SinkTests {
 public:
  explicit HookTests(HookTestWorks works);
  ~HookTests() override;

  void test(dispatch::SubscriptionPtr subscription, runtime::Callback<void(Result<dispatch::SinkTest>)> done) override;
  /// Whoever waits is told so at once, and nothing further is sent.
  void stop();

  struct Shared;

 private:
  std::shared_ptr<Shared> shared_;
};

}  // namespace millrace::webhook
