// Names are looked up side by side, and each of them once at a time.

#include "lookups.hpp"

#include <gmock/gmock.h>

#include <atomic>
#include <future>

namespace millrace::sender {
namespace {

using testing::HasSubstr;

const std::vector<subscriptions::Address> somewhere{*subscriptions::parse_address("192.0.2.1")};

std::future<Lookups::Found> find(Lookups& lookups, const std::string& name) {
  auto promise = std::make_shared<std::promise<Lookups::Found>>();
  auto found = promise->get_future();
  lookups.find(name, [promise](const Lookups::Found& all) { promise->set_value(all); });
  return found;
}

TEST(Lookups, ANameThatIsSlowHoldsUpNoOther) {
  std::promise<void> end;
  std::atomic<int> slow_ones = 0;
  Lookups lookups(2, [&, ended = end.get_future().share()](const std::string& name) -> Lookups::Found {
    if (name == "slow.test") {
      ++slow_ones;
      ended.wait();
    }
    return somewhere;
  });
  std::vector<std::future<Lookups::Found>> waiting;
  for (int i = 0; i < 10; ++i) waiting.push_back(find(lookups, "slow.test"));
  for (const std::string name : {"a.test", "b.test", "a.test"}) {
    EXPECT_EQ(find(lookups, name).get().value(), somewhere);
  }
  end.set_value();
  for (auto& one : waiting) EXPECT_EQ(one.get().value(), somewhere);
  EXPECT_EQ(slow_ones, 1);
}

/// As those of dead sinks are, again and again.
TEST(Lookups, ManyNamesThatAreNotFoundHoldUpNoOther) {
  std::promise<void> end;
  std::atomic<bool> is_slow = false;
  Lookups lookups(4, [&, ended = end.get_future().share()](const std::string& name) -> Lookups::Found {
    if (!name.starts_with("dead")) return somewhere;
    if (is_slow) ended.wait();
    return failure(Errc::io, "nobody answers");
  });
  const auto dead = [](int number) { return "dead" + std::to_string(number) + ".test"; };
  for (int i = 0; i < 8; ++i) EXPECT_FALSE(find(lookups, dead(i)).get());
  is_slow = true;
  std::vector<std::future<Lookups::Found>> waiting;
  for (int i = 0; i < 8; ++i) waiting.push_back(find(lookups, dead(i)));
  for (const std::string name : {"a.test", "b.test", "c.test"}) EXPECT_EQ(find(lookups, name).get().value(), somewhere);
  end.set_value();
  for (auto& one : waiting) EXPECT_FALSE(one.get());
}

TEST(Lookups, FailuresAndExceptionsAreTold) {
  Lookups lookups(1, [](const std::string& name) -> Lookups::Found {
    if (name == "thrown.test") throw std::bad_alloc();
    return failure(Errc::not_found, name + " is not there");
  });
  EXPECT_EQ(find(lookups, "gone.test").get().error().message, "gone.test is not there");
  EXPECT_THAT(find(lookups, "thrown.test").get().error().message, HasSubstr("thrown.test cannot be looked up"));
  EXPECT_EQ(find(lookups, "gone.test").get().error().code, Errc::not_found);
}

TEST(Lookups, NothingIsToldAfterTheEnd) {
  std::atomic<int> told = 0;
  Lookups lookups(1, [](const std::string&) -> Lookups::Found { return somewhere; });
  lookups.close();
  lookups.find("late.test", [&](const Lookups::Found&) { ++told; });
  EXPECT_EQ(told, 0);
}

}  // namespace
}  // namespace millrace::sender
