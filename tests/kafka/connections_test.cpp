#include "connections.hpp"

#include <gtest/gtest.h>

namespace millrace::kafka {
namespace {

/// Sessions that were never started: only who they are counts here.
struct Bench {
  runtime::asio::io_context context{1};
  SessionLimits limits;
  Session::Handle handle;
  Counts counts;
  Connections connections;

  Bench(std::int32_t total_max, std::int32_t per_address_max, std::size_t lanes = 1)
      : connections(total_max, per_address_max, lanes) {}
  std::shared_ptr<Session> session(const std::string& host) {
    const auto executor = context.get_executor();
    Peer peer{.address = host + ":1", .host = host, .listener = 0, .reached = {}, .executor = executor};
    return std::make_shared<Session>(runtime::Socket(context), std::move(peer), limits, handle, counts,
                                     [](const std::shared_ptr<Session>&, const std::string&) {});
  }
  /// The session that was let in, or nothing.
  std::shared_ptr<Session> come(const std::string& host, std::size_t lane = 0) {
    refused = connections.admit(host, lane).value_or("");
    if (!refused.empty()) return nullptr;
    auto admitted = session(host);
    connections.add(lane, admitted);
    return admitted;
  }
  std::string refused;
};

TEST(Connections, RefusesBeyondTheTotal) {
  Bench bench(2, 10);
  const auto a = bench.come("a"), b = bench.come("b");
  EXPECT_EQ(bench.come("c"), nullptr);
  EXPECT_EQ(bench.refused, "max_connections 2 is reached");
  EXPECT_EQ(bench.connections.size(), 2u);
  bench.connections.remove(0, a);
  EXPECT_NE(bench.come("c"), nullptr);
}

TEST(Connections, RefusesBeyondWhatOneAddressMayHave) {
  Bench bench(10, 2);
  const auto first = bench.come("a"), second = bench.come("a");
  EXPECT_EQ(bench.come("a"), nullptr);
  EXPECT_EQ(bench.refused, "max_connections_per_address 2 is reached");
  EXPECT_NE(bench.come("b"), nullptr);
  bench.connections.remove(0, first);
  EXPECT_NE(bench.come("a"), nullptr);
}

TEST(Connections, FollowsLimitsThatChange) {
  Bench bench(1, 1);
  const auto first = bench.come("a");
  bench.connections.set_limits(2, 2);
  EXPECT_NE(bench.come("a"), nullptr);
  bench.connections.set_limits(1, 1);
  EXPECT_EQ(bench.come("b"), nullptr) << "those that are there stay, nobody comes";
  EXPECT_EQ(bench.connections.size(), 2u);
}

TEST(Connections, CountsARemovalOnce) {
  Bench bench(10, 10);
  const auto a = bench.come("a"), b = bench.come("b");
  bench.connections.remove(0, a);
  bench.connections.remove(0, a);
  EXPECT_EQ(bench.connections.size(), 1u);
}

TEST(Connections, NamesTheLaneWithTheFewest) {
  Bench bench(10, 10, 3);
  const auto a = bench.come("a", 0), b = bench.come("b", 1);
  EXPECT_EQ(bench.connections.lightest_lane(), 2u);
  const auto c = bench.come("c", 2), d = bench.come("d", 2);
  bench.connections.remove(1, b);
  EXPECT_EQ(bench.connections.lightest_lane(), 1u);
  EXPECT_EQ(bench.connections.of_lane(2).size(), 2u);
  EXPECT_TRUE(bench.connections.of_lane(1).empty());
}

TEST(Connections, SaysOnceWhenTheLastOneIsGone) {
  Bench bench(10, 10, 2);
  int empty = 0;
  bench.connections.when_empty([&] { ++empty; });
  EXPECT_EQ(empty, 1) << "at once when there is none";
  const auto a = bench.come("a", 0), b = bench.come("b", 1);
  bench.connections.when_empty([&] { ++empty; });
  bench.connections.remove(0, a);
  EXPECT_EQ(empty, 1);
  bench.connections.remove(1, b);
  EXPECT_EQ(empty, 2);
}

}  // namespace
}  // namespace millrace::kafka
