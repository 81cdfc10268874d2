// Groups through the whole engine: answers come, come only when they are durable, and never are forgotten.

#include "millrace/runtime/group_runtime.hpp"

#include "runtime/world.hpp"

namespace millrace::runtime {
namespace {

using namespace std::chrono_literals;

template <class Reply>
using GroupAnswered = Answered<GroupAnswer<Reply>>;

struct GroupWorld : World {
  std::unique_ptr<GroupRuntime> groups;
  groups::Config config;

  GroupWorld() {
    config.initial_rebalance_delay = 0ms;
    start();
    open_groups();
  }
  ~GroupWorld() { groups.reset(); }

  void open_groups() {
    auto opened = GroupRuntime::open(*broker, context.get_executor(), config, 4, silent());
    ASSERT_TRUE(opened) << opened.error().message;
    groups = std::move(*opened);
  }
  void crash_and_start_all() {
    groups.reset();
    run();
    crash_and_start();
    open_groups();
  }

  static groups::JoinRequest joining(const std::string& group, const std::string& member = "") {
    groups::JoinRequest request;
    request.group_id = group;
    request.member_id = member;
    request.client_id = "client";
    request.session_timeout = 10s;
    request.rebalance_timeout = 60s;
    request.protocol_type = "consumer";
    request.protocols.push_back({.name = "range", .metadata = to_bytes("m")});
    request.fresh_id = std::to_string(random_id_++);
    return request;
  }
  GroupAnswered<groups::JoinReply> begin_join(const std::string& group) {
    GroupAnswered<groups::JoinReply> answer;
    groups->join(joining(group), answer.callback());
    return answer;
  }
  groups::JoinReply join(const std::string& group) { return begin_join(group).get().value(); }
  groups::SyncReply sync(const std::string& group, const groups::JoinReply& seat, std::string_view assignment) {
    groups::SyncRequest request;
    request.group_id = group;
    request.generation_id = seat.generation_id;
    request.member_id = seat.member_id;
    request.assignments.push_back({seat.member_id, to_bytes(assignment)});
    GroupAnswered<groups::SyncReply> answer;
    groups->sync(std::move(request), answer.callback());
    return answer.get().value();
  }
  /// A commit without membership: group, offset of orders-0.
  GroupAnswered<groups::CommitReply> begin_commit(const std::string& group, std::int64_t offset) {
    groups::CommitRequest request;
    request.group_id = group;
    request.topics.push_back({"orders", {{.partition = 0, .offset = Offset(offset), .metadata = ""}}});
    GroupAnswered<groups::CommitReply> answer;
    groups->commit(std::move(request), answer.callback());
    return answer;
  }
  static std::string line_of(GroupAnswered<groups::CommitReply> answer) {
    const auto got = answer.get();
    return said(got ? got->topics.front().partitions.front().error : got.error());
  }
  std::string commit(const std::string& group, std::int64_t offset) { return line_of(begin_commit(group, offset)); }
  GroupAnswered<groups::OffsetFetchReply> begin_committed(const std::vector<std::string>& names) {
    groups::OffsetFetchRequest request;
    for (const auto& name : names)
      request.groups.push_back({.group_id = name, .member_id = {}, .topics = std::nullopt});
    GroupAnswered<groups::OffsetFetchReply> answer;
    groups->fetch_offsets(std::move(request), answer.callback());
    return answer;
  }
  /// "a=5 b=none": what is committed for orders-0.
  std::string committed(const std::vector<std::string>& names) {
    const auto got = begin_committed(names).get();
    if (!got) return said(got.error());
    std::string all;
    for (const auto& group : got->groups) {
      all += (all.empty() ? "" : " ") + group.group_id + "=";
      all += group.topics.empty() ? "none" : std::to_string(group.topics.front().partitions.front().offset.value());
    }
    return all;
  }
  std::string heartbeat(const std::string& group, const groups::JoinReply& seat) {
    GroupAnswered<groups::HeartbeatReply> answer;
    groups::HeartbeatRequest request;
    request.group_id = group;
    request.generation_id = seat.generation_id;
    request.member_id = seat.member_id;
    groups->heartbeat(std::move(request), answer.callback());
    const auto got = answer.get();
    return said(got ? got->error : got.error());
  }

 private:
  static inline int random_id_ = 0;
};

TEST(GroupRuntime, LetsAMemberJoinSyncCommitAndFetch) {
  GroupWorld world;
  const auto seat = world.join("g");
  EXPECT_EQ(seat.error, ErrorCode::none);
  EXPECT_EQ(seat.leader, seat.member_id);
  EXPECT_EQ(world.sync("g", seat, "all of it").assignment, to_bytes("all of it"));
  EXPECT_EQ(world.heartbeat("g", seat), "done");
  EXPECT_EQ(world.commit("other", 5), "done");
  EXPECT_EQ(world.committed({"other", "g"}), "other=5 g=none");
}

TEST(GroupRuntime, KeepsCommitsAndMembersInACrash) {
  GroupWorld world;
  const auto seat = world.join("g");
  (void)world.sync("g", seat, "all of it");
  EXPECT_EQ(world.commit("a", 5), "done");
  EXPECT_EQ(world.commit("b", 6), "done");
  EXPECT_EQ(world.commit("a", 7), "done");
  world.crash_and_start_all();
  EXPECT_EQ(world.committed({"b", "a", "c"}), "b=6 a=7 c=none");
  EXPECT_EQ(world.heartbeat("g", seat), "done");
}

TEST(GroupRuntime, HoldsAnAnswerUntilItIsDurable) {
  GroupWorld world;
  world.disk->hold();
  auto answer = world.begin_commit("a", 5);
  world.disk->wait_until_waiting();
  EXPECT_FALSE(answer.came());
  auto reading = world.begin_committed({"a"});
  EXPECT_FALSE(reading.came()) << "it has seen what a crash could take back";
  world.disk->release();
  EXPECT_EQ(GroupWorld::line_of(std::move(answer)), "done");
  EXPECT_EQ(reading.get()->groups.front().topics.front().partitions.front().offset, Offset(5));
}

TEST(GroupRuntime, SendsClientsAwayWhenItsLogCannotBeFlushed) {
  GroupWorld world;
  world.disk->hold();
  auto answer = world.begin_commit("a", 5);
  world.fake->fail(1, Errc::io, support::Call::sync);
  world.disk->release();
  EXPECT_EQ(GroupWorld::line_of(std::move(answer)), "NOT_COORDINATOR");
  EXPECT_EQ(world.commit("a", 6), "NOT_COORDINATOR");
  EXPECT_EQ(world.committed({"a"}), "NOT_COORDINATOR") << "what it knows may be lost in a crash";
}

TEST(GroupRuntime, AnswersEverythingThatIsParkedWhenItStops) {
  GroupWorld world;
  const auto seat = world.join("g");
  (void)world.sync("g", seat, "all of it");
  auto parked = world.begin_join("g");  // a second member: waits until the first one joins again
  EXPECT_FALSE(parked.came());
  world.groups->stop();
  EXPECT_EQ(parked.get().error(), ErrorCode::not_coordinator);
  EXPECT_EQ(world.begin_join("g").get().error(), ErrorCode::not_coordinator);
  EXPECT_EQ(world.committed({"a", "b"}), "NOT_COORDINATOR");
}

TEST(GroupRuntime, ForgetsWhatWasCommittedForADeletedTopic) {
  GroupWorld world;
  ASSERT_EQ(world.create("orders"), "done");
  EXPECT_EQ(world.commit("a", 5), "done");
  EXPECT_EQ(world.remove("orders"), "done");
  EXPECT_EQ(world.committed({"a"}), "a=none");
  world.crash_and_start_all();
  EXPECT_EQ(world.committed({"a"}), "a=none");
}

TEST(GroupRuntime, ListsAndDescribesGroupsOfAllItsCoordinators) {
  GroupWorld world;
  for (int i = 0; i < 8; ++i) (void)world.join("g" + std::to_string(i));
  GroupAnswered<groups::ListReply> listed;
  world.groups->list({}, listed.callback());
  EXPECT_EQ(listed.get()->groups.size(), 8u);
  GroupAnswered<groups::DescribeReply> described;
  world.groups->describe({.group_ids = {"g7", "nobody", "g0"}}, described.callback());
  const auto groups = described.get().value().groups;
  ASSERT_EQ(groups.size(), 3u);
  EXPECT_EQ(groups[0].group_id, "g7");
  EXPECT_EQ(groups[0].state, groups::GroupState::completing_rebalance);
  EXPECT_EQ(groups[1].state, groups::GroupState::dead);
  EXPECT_EQ(groups[2].group_id, "g0");
}

TEST(GroupRuntime, AnswersARequestForNothingWithNothing) {
  GroupWorld world;
  EXPECT_EQ(world.committed({}), "");
}

TEST(GroupRuntime, TakesCommitsFromManyThreads) {
  GroupWorld world;
  std::vector<std::thread> threads;
  std::atomic<int> done = 0;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&, i] {
      for (int n = 1; n <= 40; ++n) done += world.commit("g" + std::to_string(i), n) == "done" ? 1 : 0;
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(done, 160);
  EXPECT_EQ(world.committed({"g0", "g1", "g2", "g3"}), "g0=40 g1=40 g2=40 g3=40");
}

TEST(GroupRuntime, WhatIsSetForAGroupReachesItsMembersAndOutlivesACrash) {
  GroupWorld world;
  const auto interval = [&](const std::string& group) {
    groups::ConsumerHeartbeatRequest request;
    request.group_id = group;
    request.member_id = "a";
    request.rebalance_timeout = 60s;
    request.subscribed_topics = std::vector<std::string>{"orders"};
    request.owned = groups::Assignment{};
    GroupAnswered<groups::ConsumerHeartbeatReply> answer;
    world.groups->consumer_heartbeat(request, answer.callback());
    return answer.get().value().heartbeat_interval;
  };
  EXPECT_EQ(interval("g"), 5s);
  EXPECT_EQ(world.alter_group("g", "consumer.heartbeat.interval.ms", "9000"), "done") << world.last_message;
  EXPECT_EQ(interval("g"), 9s);
  EXPECT_EQ(interval("other"), 5s);
  EXPECT_EQ(world.alter_group("g", "consumer.heartbeat.interval.ms", "1"), "INVALID_CONFIG");
  world.crash_and_start_all();
  EXPECT_EQ(interval("g"), 9s);
}

}  // namespace
}  // namespace millrace::runtime
